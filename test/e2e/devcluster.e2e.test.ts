/** `make devcluster` as a user meets it: what it prints works when pasted. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));
const started: ChildProcess[] = [];
after(async () => {
  for (const child of started.reverse()) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill("SIGTERM");
    await once(child, "exit");
  }
});

/** Resolves with the first line, of stdout or stderr, that matches. */
async function lineOf(child: ChildProcess, wanted: RegExp): Promise<string> {
  const { stdout, stderr } = child;
  assert.ok(stdout && stderr);
  const seen: string[] = [];
  return new Promise((resolve, reject) => {
    for (const stream of [stdout, stderr]) {
      createInterface({ input: stream }).on("line", (line) => {
        seen.push(line);
        if (wanted.test(line)) resolve(line);
      });
    }
    child.once("exit", (code) =>
      reject(new Error(`ended with ${code} before ${wanted}:\n${seen.join("\n")}`)),
    );
  });
}

function shell(command: string): ChildProcess {
  const child = spawn("/bin/sh", ["-c", command], { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
  started.push(child);
  return child;
}

test("make devcluster prints a command that starts the manager under its own rights, and Ctrl-C ends it", async () => {
  const devcluster = shell(`exec '${process.execPath}' devcluster/main.ts`);
  const command = await lineOf(devcluster, /src\/main\.ts/);
  const flags = "--health-probe-bind-address=0 --metrics-bind-address=0";
  const manager = shell(`${command.replace(" && ", " && exec ")} ${flags}`);
  assert.match(await lineOf(manager, /controller started/), /"controller":"seinode"/);
  manager.kill("SIGTERM");
  assert.deepEqual(await once(manager, "exit"), [0, null]);
  devcluster.kill("SIGINT");
  assert.deepEqual(await once(devcluster, "exit"), [0, null]);
});

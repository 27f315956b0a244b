import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, type TestContext, test } from "node:test";
import { systemClock } from "#clock";
import { removeWhenWeEnd, startChild, tailOf } from "./child.ts";
import { descendants, stillRunning } from "./process-tree.ts";

let folder = "";
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "child-test-"));
});
after(() => rm(folder, { recursive: true, force: true }));

function shell(name: string, script: string) {
  return startChild({
    name,
    command: "/bin/sh",
    args: ["-c", script],
    cwd: folder,
    logFile: join(folder, `${name}.log`),
  });
}

async function eventually(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = systemClock.monotonic() + 15_000;
  while (!(await isSo())) {
    assert.ok(systemClock.monotonic() < deadline, `still not after 15 s: ${what}`);
    await systemClock.sleep(20);
  }
}

test("a server that ends by itself tells its exit code, and its last words are in the log", async () => {
  const child = await shell("fails", "echo one; echo two >&2; exit 3");
  assert.equal(await child.exited, "exit code 3");
  assert.equal(child.gone, true);
  assert.equal(await tailOf(join(folder, "fails.log"), 1), "two");
});

test("a server that was killed by us is gone with its watcher, and a second kill does no harm", async () => {
  const child = await shell("killed", "sleep 1000");
  let own: number[] = [];
  await eventually("the server, its sleep, its watcher and the watcher's cat run", async () => {
    own = [child.pid, ...(await descendants(child.pid))];
    return own.length >= 3;
  });
  await child.kill();
  await child.kill();
  assert.equal(await child.exited, "signal SIGKILL");
  await eventually("no process is left", async () => (await stillRunning(own)).length === 0);
});

test("a server gets its arguments as they are", async () => {
  const child = await startChild({
    name: "echo",
    command: "/bin/echo",
    args: ["a b", "$HOME", "'; exit 9 #"],
    cwd: folder,
    logFile: join(folder, "echo.log"),
  });
  assert.equal(await child.exited, "exit code 0");
  assert.equal(await tailOf(join(folder, "echo.log")), "a b $HOME '; exit 9 #");
});

test("a binary that is not there ends with the shell's words in the log", async () => {
  const child = await startChild({
    name: "absent",
    command: "/nonexistent/etcd",
    args: [],
    cwd: folder,
    logFile: join(folder, "absent.log"),
  });
  assert.equal(await child.exited, "exit code 127");
  assert.match(await tailOf(join(folder, "absent.log")), /nonexistent\/etcd/);
});

/**
 * A parent that starts a server, wants its folder removed, and then does as `then` says. Resolves with the pids of all
 * that it started.
 */
async function startParent(t: TestContext, then: string) {
  const owned = await mkdtemp(join(folder, "owned-"));
  const script = join(folder, "parent.ts");
  await writeFile(
    script,
    `import { removeWhenWeEnd, startChild } from ${JSON.stringify(join(import.meta.dirname, "child.ts"))};
     removeWhenWeEnd(${JSON.stringify(owned)});
     await startChild({ name: "server", command: "/bin/sh", args: ["-c", "sleep 1000 & sleep 1000"],
       cwd: ${JSON.stringify(owned)}, logFile: ${JSON.stringify(join(folder, "server.log"))} });
     ${then}`,
  );
  const parent = spawn(process.execPath, [script], { stdio: ["pipe", "inherit", "inherit"] });
  t.after(() => parent.kill("SIGKILL"));
  let pids: number[] = [];
  // The server's shell, its two sleeps, its watcher with its cat, and the cleaner with its cat.
  await eventually("all seven run", async () => {
    pids = parent.pid === undefined ? [] : await descendants(parent.pid);
    return pids.length === 7;
  });
  return { parent, owned, pids };
}

for (const signal of ["SIGKILL", "SIGTERM", "SIGINT"] as const) {
  test(`a parent that gets ${signal} leaves no server, no watcher and no folder`, async (t) => {
    const { parent, owned, pids } = await startParent(t, "process.stdin.resume();");
    parent.kill(signal);
    await once(parent, "exit");
    await eventually("no process is left", async () => (await stillRunning(pids)).length === 0);
    assert.equal(existsSync(owned), false);
  });
}

test("a parent with nothing left to do ends although its server runs, and takes the server along", async (t) => {
  const untilTold = `await new Promise((told) => process.stdin.once("data", told)); process.stdin.destroy();`;
  const { parent, owned, pids } = await startParent(t, untilTold);
  parent.stdin?.write("go on\n");
  assert.deepEqual(await once(parent, "exit"), [0, null]);
  await eventually("no process is left", async () => (await stillRunning(pids)).length === 0);
  assert.equal(existsSync(owned), false);
});

test("a removal that was called off twice leaves the folder and does no harm", async () => {
  const kept = await mkdtemp(join(folder, "kept-"));
  const before = await descendants(process.pid);
  const callOff = removeWhenWeEnd(kept);
  const cleaner = (await descendants(process.pid)).filter((pid) => !before.includes(pid));
  callOff();
  await eventually("the cleaner is gone", async () => (await stillRunning(cleaner)).length === 0);
  callOff();
  assert.equal(existsSync(kept), true);
});

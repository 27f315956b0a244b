/** Runs the script of the bootstrap's seid for real: what the kubelet is told about its end decides whether the node lives. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { testNode, testSettings } from "./fixtures.ts";
import { renderBootstrapJob } from "./index.ts";

/** Starts the script beside a ready sidecar, with `body` as the program seid. */
async function start(t: TestContext, body: string) {
  const dir = await mkdtemp(join(tmpdir(), "bootstrap-script-"));
  const server = createServer((socket) => {
    socket.on("error", () => socket.destroy());
    socket.once("data", () => socket.end("HTTP/1.0 200 OK\r\n\r\n"));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await writeFile(join(dir, "seid"), `#!/bin/bash\nprintf '%s ' "$@" > '${dir}/calls'\n${body}\n`);
  await chmod(join(dir, "seid"), 0o755);

  const snapshot = { s3: { targetHeight: 7 }, bootstrapImage: "sei:v0" };
  const job = renderBootstrapJob(testNode({ fullNode: { snapshot }, sidecar: { port } }), testSettings);
  const script = job.spec.template.spec?.containers[0]?.command?.[2];
  assert.ok(script);
  const child = spawn("/bin/bash", ["-c", script], {
    env: { HOME: dir, PATH: `${dir}:/usr/bin:/bin` },
    stdio: ["ignore", "pipe", "pipe"],
  });
  t.after(async () => {
    child.kill("SIGKILL");
    await new Promise((resolve) => server.close(resolve));
    await rm(dir, { recursive: true });
  });
  let output = "";
  const lookers = new Set<() => void>();
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    output += chunk;
    for (const look of lookers) look();
  });
  const printed = (text: string) =>
    new Promise<void>((resolve) => {
      const look = () => {
        if (output.includes(text)) resolve();
      };
      lookers.add(look);
      look();
    });
  const done = new Promise<{ code: number | null; signal: string | null }>((resolve) =>
    child.on("close", (code, signal) => resolve({ code, signal })),
  );
  return { child, printed, done, calls: () => readFile(join(dir, "calls"), "utf8"), dir };
}

for (const [what, body, code] of [
  ["an exit with 130 at the halt height is a success", "exit 130", 0],
  ["an interrupt seid sends itself at the halt height is a success", "kill -INT $BASHPID; sleep 5", 0],
  ["an exit with 0 is a success", "exit 0", 0],
  ["any other end is told as it is", "exit 7", 7],
] as const) {
  test(`of the bootstrap's seid, ${what}`, async (t) => {
    const script = await start(t, body);
    assert.deepEqual(await script.done, { code, signal: null });
    assert.equal(await script.calls(), `start --home ${script.dir} --halt-height 7 `);
  });
}

test("the kubelet's SIGTERM reaches the bootstrap's seid, whose own end is waited for and is no success", async (t) => {
  const body = `trap 'echo "state written"; exit 0' TERM; echo "seid runs"; while true; do sleep 0.02; done`;
  const script = await start(t, body);
  await script.printed("seid runs");
  script.child.kill("SIGTERM");
  assert.deepEqual(await script.done, { code: 143, signal: null });
  await script.printed("state written");
});

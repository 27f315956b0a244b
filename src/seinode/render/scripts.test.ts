/** Runs the rendered scripts for real: bash, a scratch HOME, stand-ins for seid and for what the pod listens on. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { oneOfEachMode, testNode, testSettings } from "./fixtures.ts";
import { renderStatefulSet } from "./index.ts";

/** `sleep` of the script, so that a test need not wait: says that it was called and returns. */
const quickSleep = 'sleep() { echo "slept $1"; command sleep 0.01; }\n';

function scriptOf(container: string, spec: Parameters<typeof testNode>[0] = {}): string {
  const pod = renderStatefulSet(testNode(spec), testSettings).spec.template.spec;
  const found = [...(pod?.initContainers ?? []), ...(pod?.containers ?? [])].find(
    ({ name }) => name === container,
  );
  const [shell, flag, script] = found?.command ?? [];
  assert.deepEqual([shell, flag], ["/bin/bash", "-c"]);
  assert.ok(script);
  return script;
}

/** A HOME, and a `seid` on the PATH that writes down its arguments, one a line, and exits with `exitCode`. */
async function sandbox(t: TestContext, exitCode = 0) {
  const dir = await mkdtemp(join(tmpdir(), "seid-script-"));
  t.after(() => rm(dir, { recursive: true }));
  const [home, bin, calls] = [join(dir, "home"), join(dir, "bin"), join(dir, "calls")];
  await Promise.all([mkdir(home), mkdir(bin)]);
  await writeFile(
    join(bin, "seid"),
    `#!/bin/bash\nprintf '%s\\n' "$@" >> '${calls}'\necho "pid $$"\nexit ${exitCode}\n`,
  );
  await chmod(join(bin, "seid"), 0o755);
  return {
    home,
    bin,
    env: { HOME: home, PATH: `${bin}:/usr/bin:/bin` },
    calls: async () => (await readFile(calls, "utf8").catch(() => "")).split("\n").slice(0, -1),
  };
}

function run(script: string, env: Record<string, string>): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync("/bin/bash", ["-c", script], {
    env,
    encoding: "utf8",
    timeout: 20_000,
  });
  return { status, output: stdout + stderr };
}

function start(t: TestContext, script: string, env: Record<string, string>) {
  const child: ChildProcess = spawn("/bin/bash", ["-c", script], { env, stdio: ["ignore", "pipe", "pipe"] });
  t.after(() => child.kill("SIGKILL"));
  let output = "";
  const waiting = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (chunk: string) => {
      output += chunk;
      for (const look of waiting) look();
    });
  }
  return {
    pid: child.pid,
    output: () => output,
    printed: (text: string) =>
      new Promise<void>((resolve) => {
        const look = () => {
          if (!output.includes(text)) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
    done: new Promise<number | null>((resolve) => child.on("close", resolve)),
  };
}

/** Listens on loopback and hands out connections; the port is free again at the end of the test. */
async function listen(t: TestContext, onConnection: (socket: Socket, count: number) => void, port = 0) {
  let count = 0;
  const open = new Set<Socket>();
  const server: Server = createServer((socket) => {
    open.add(socket.on("error", () => socket.destroy()).on("close", () => open.delete(socket)));
    onConnection(socket, ++count);
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const stop = () => {
    for (const socket of open) socket.destroy();
    return new Promise((resolve) => server.close(resolve));
  };
  t.after(stop);
  return { port: (server.address() as AddressInfo).port, connections: () => count, stop };
}

async function freePort(t: TestContext): Promise<number> {
  const server = await listen(t, () => undefined);
  await server.stop();
  return server.port;
}

/** Answers once the request is in, as a server does. */
function answer(socket: Socket, response: string): void {
  socket.once("data", (request) => {
    assert.match(request.toString(), /^GET \/v0\/healthz HTTP\/1\.0\r\n/);
    socket.end(response);
  });
}

for (const [mode, spec] of oneOfEachMode) {
  for (const container of ["seid-init", "seid", "cosmos-exporter"]) {
    test(`the ${container} script of a ${mode} is valid bash and uses no program the image lacks`, () => {
      const script = scriptOf(container, spec);
      const { status, stderr } = spawnSync("/bin/bash", ["-n", "-c", script], { encoding: "utf8" });
      assert.equal(status, 0, stderr);
      assert.doesNotMatch(script, /curl|wget|chown|chmod/);
      assert.equal(script.includes("/.sei"), false, "the data directory is only named through $HOME");
    });
  }
}

test("seid-init initialises an empty volume for the chain and makes a place for temporary files", async (t) => {
  const box = await sandbox(t);
  assert.equal(run(scriptOf("seid-init"), box.env).status, 0);
  assert.deepEqual(await box.calls(), [
    "init",
    "pacific-1",
    "--chain-id",
    "pacific-1",
    "--home",
    box.home,
    "--overwrite",
  ]);
  assert.ok((await stat(join(box.home, "tmp"))).isDirectory());
});

test("seid-init leaves an initialised volume alone", async (t) => {
  const box = await sandbox(t);
  await mkdir(join(box.home, "config"));
  await writeFile(join(box.home, "config", "genesis.json"), "{}");
  for (const _ of ["first", "again"]) assert.equal(run(scriptOf("seid-init"), box.env).status, 0);
  assert.deepEqual(await box.calls(), []);
  assert.ok((await stat(join(box.home, "tmp"))).isDirectory());
});

test("seid-init fails when seid does, so that the kubelet runs it again", async (t) => {
  const box = await sandbox(t, 3);
  assert.equal(run(scriptOf("seid-init"), box.env).status, 3);
  await assert.rejects(stat(join(box.home, "tmp")));
});

test("seid-init treats whatever it gets as a chain id as one word", async (t) => {
  const box = await sandbox(t);
  const chainId = `a'; touch "$HOME/pwned"; '`;
  assert.equal(run(scriptOf("seid-init", { chainId }), box.env).status, 0);
  assert.equal((await box.calls())[1], chainId);
  await assert.rejects(stat(join(box.home, "pwned")));
});

test("seid starts only after the sidecar answered 200, and not on 503, an empty answer or noise", async (t) => {
  const box = await sandbox(t);
  const answers = [
    "HTTP/1.0 503 Service Unavailable\r\n\r\n",
    "",
    "200 is not a status line\r\n\r\n",
    "HTTP/1.1 404 Not Found\r\nX: 200\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
  ];
  const server = await listen(t, (socket, count) =>
    answer(socket, answers[count - 1] ?? "HTTP/1.0 500 late\r\n\r\n"),
  );
  const script = start(t, quickSleep + scriptOf("seid", { sidecar: { port: server.port } }), box.env);
  assert.equal(await script.done, 0);
  assert.equal(server.connections(), answers.length);
  assert.equal(script.output().match(/slept 5\n/g)?.length, answers.length - 1);
  assert.deepEqual(await box.calls(), ["start", "--home", box.home]);
});

test("seid waits for a sidecar that does not listen yet", async (t) => {
  const box = await sandbox(t);
  const port = await freePort(t);
  const script = start(t, quickSleep + scriptOf("seid", { sidecar: { port } }), box.env);
  await script.printed("slept 5\nslept 5\n");
  assert.deepEqual(await box.calls(), []);
  await listen(t, (socket) => answer(socket, "HTTP/1.0 200 OK\r\n\r\n"), port);
  assert.equal(await script.done, 0);
  assert.deepEqual(await box.calls(), ["start", "--home", box.home]);
});

test("seid gives up on a sidecar that accepts and never answers, and tries again", async (t) => {
  const box = await sandbox(t);
  const server = await listen(t, (socket, count) => {
    if (count > 1) answer(socket, "HTTP/1.0 200 OK\r\n\r\n");
  });
  const patient = scriptOf("seid", { sidecar: { port: server.port } });
  const hurried = patient.replace("read -r -t 5", "read -r -t 0.05");
  assert.notEqual(hurried, patient);
  assert.equal(await start(t, quickSleep + hurried, box.env).done, 0);
  assert.equal(server.connections(), 2);
  assert.deepEqual(await box.calls(), ["start", "--home", box.home]);
});

test("seid takes the place of the script, so that signals and exit code are its own", async (t) => {
  const box = await sandbox(t, 7);
  const server = await listen(t, (socket) => answer(socket, "HTTP/1.0 200 OK\r\n\r\n"));
  const script = start(t, quickSleep + scriptOf("seid", { sidecar: { port: server.port } }), box.env);
  assert.equal(await script.done, 7);
  assert.match(script.output(), new RegExp(`^pid ${script.pid}$`, "m"));
  // Bash does so for the last command anyway today; `exec` says that it must.
  assert.ok(scriptOf("seid").endsWith('\nexec seid "start" "--home" "$HOME"\n'));
});

test("cosmos-exporter starts once the gRPC port of seid is open, with its flags", async (t) => {
  const box = await sandbox(t);
  const port = await freePort(t);
  const script = scriptOf("cosmos-exporter")
    .replace("/dev/tcp/localhost/9090", `/dev/tcp/localhost/${port}`)
    .replace("exec /usr/local/bin/sei-cosmos-exporter", `exec ${box.bin}/seid`);
  assert.ok(script.includes(`/${port}`) && script.includes(box.bin));
  const running = start(t, quickSleep + script, box.env);
  await running.printed("slept 5\n");
  assert.deepEqual(await box.calls(), []);
  await listen(t, () => undefined, port);
  assert.equal(await running.done, 0);
  assert.deepEqual(await box.calls(), [
    "--denom",
    "usei",
    "--denom-coefficient",
    "1000000",
    "--bech-prefix",
    "sei",
    "--listen-address",
    ":9300",
  ]);
});

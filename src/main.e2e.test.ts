/** The process as it is shipped: `config/` installed, its ServiceAccount's rights, real signals, real exit codes. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { request } from "undici";
import { parseAllDocuments } from "yaml";
import { systemClock } from "#clock";
import { type ControlPlane, startControlPlane } from "#devcluster";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const NAMESPACE = "system";
const ACCOUNT = "sei-k8s-controller-manager";
const WITHIN_MS = 30_000;

let cluster: ControlPlane;
let kubeconfig: string;
let environment: Record<string, string>;

before(async () => {
  cluster = await startControlPlane({ auditLog: true });
  await cluster.installCrds();
  const { code, stderr } = await cluster.kubectl(["apply", "--server-side", "-k", join(ROOT, "config")]);
  assert.equal(code, 0, stderr);
  kubeconfig = await cluster.serviceAccountKubeconfig(NAMESPACE, ACCOUNT);
  environment = await shippedEnvironment();
});
after(() => cluster?.stop());

/** The variables of the shipped Deployment. */
async function shippedEnvironment(): Promise<Record<string, string>> {
  const text = await readFile(join(ROOT, "config/manager/manager.yaml"), "utf8");
  const [deployment] = parseAllDocuments(text).map((document) => document.toJS());
  const variables: { name: string; value?: string }[] = deployment.spec.template.spec.containers[0].env;
  return Object.fromEntries(
    variables.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value]])),
  );
}

class Manager {
  readonly child: ChildProcess;
  readonly lines: Record<string, unknown>[] = [];
  readonly raw: string[] = [];
  readonly exited: Promise<number | string>;

  constructor(t: TestContext, args: readonly string[], env: Record<string, string>) {
    this.child = spawn(process.execPath, ["src/main.ts", ...args], {
      cwd: ROOT,
      env: { PATH: process.env.PATH ?? "", ...env },
      stdio: ["ignore", "ignore", "pipe"],
    });
    t.after(() => this.child.kill("SIGKILL"));
    this.exited = once(this.child, "close").then(([code, signal]) => code ?? signal);
    if (this.child.stderr === null) throw new Error("stderr is a pipe");
    createInterface({ input: this.child.stderr }).on("line", (line) => {
      this.raw.push(line);
      if (line.startsWith("{")) this.lines.push(JSON.parse(line) as Record<string, unknown>);
    });
  }

  async until<T>(what: string, look: () => T | undefined | Promise<T | undefined>): Promise<T> {
    const deadline = systemClock.monotonic() + WITHIN_MS;
    for (;;) {
      const found = await look();
      if (found !== undefined) return found;
      const ended = this.child.exitCode !== null || this.child.signalCode !== null;
      if (ended || systemClock.monotonic() > deadline) {
        throw new Error(`${what}: not within ${WITHIN_MS} ms; its log:\n${this.raw.slice(-20).join("\n")}`);
      }
      await systemClock.sleep(25);
    }
  }

  said(message: string): Record<string, unknown> | undefined {
    return this.lines.find(({ msg }) => msg === message);
  }

  async get(endpoint: "health probes" | "metrics", path: string): Promise<{ status: number; text: string }> {
    const serving = await this.until(`serves ${endpoint}`, () =>
      this.lines.find((line) => line.endpoint === endpoint),
    );
    const { statusCode, body } = await request(`http://127.0.0.1:${String(serving.port)}${path}`);
    return { status: statusCode, text: await body.text() };
  }

  ready(): Promise<true> {
    return this.until("ready", async () =>
      (await this.get("health probes", "/readyz")).status === 200 ? true : undefined,
    );
  }
}

/** A way to the API server that can be cut without either end noticing. */
async function freezableLink(t: TestContext, server: string): Promise<{ url: string; freeze(): void }> {
  const sockets = new Set<Socket>();
  const target = new URL(server);
  const listener = createServer((near) => {
    const far = connect(Number(target.port), target.hostname);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on("error", () => {
        near.destroy();
        far.destroy();
      });
    }
    near.pipe(far).pipe(near);
  });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    listener.close();
  });
  const freeze = (): void => {
    listener.removeAllListeners("connection");
    for (const socket of sockets) socket.unpipe().pause();
  };
  return { url: `https://127.0.0.1:${(listener.address() as AddressInfo).port}`, freeze };
}

function start(t: TestContext, config = kubeconfig): Manager {
  const args = [
    "--health-probe-bind-address=127.0.0.1:0",
    "--metrics-bind-address",
    "127.0.0.1:0",
    "-leader-elect",
  ];
  return new Manager(t, args, { ...environment, KUBECONFIG: config });
}

async function lease(): Promise<{ holderIdentity?: string; leaseDurationSeconds?: number }> {
  const args = ["get", "lease", "bc1f5b0a.sei.io", "-n", NAMESPACE, "-o", "json"];
  const { stdout } = await cluster.kubectl(args);
  return (JSON.parse(stdout) as { spec: { holderIdentity?: string; leaseDurationSeconds?: number } }).spec;
}

test("starts under the shipped rights, becomes ready, leads, and a SIGTERM hands the lease to the other replica", async (t) => {
  const first = start(t);
  await first.ready();
  await first.until("leads", () => first.said("became the leader"));
  assert.equal(first.said("resolved sidecar image")?.logger, "setup");
  assert.equal(first.said("resolved sidecar image")?.image, environment.SEI_SIDECAR_IMAGE);
  const { holderIdentity: firstHolder } = await lease();
  const uuid = "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}";
  assert.match(firstHolder ?? "", new RegExp(`^.+_${uuid}$`));
  assert.equal((await first.get("health probes", "/healthz")).status, 200);
  const { text } = await first.get("metrics", "/metrics");
  assert.match(text, /^leader_election_master_status\{name="bc1f5b0a\.sei\.io"\} 1$/m);
  assert.match(text, /^rest_client_requests_total\{code="200",method="GET",host="127\.0\.0\.1:\d+"\} \d+$/m);

  const second = start(t);
  await second.ready();
  assert.equal(second.said("became the leader"), undefined, "ready, but a follower");
  assert.match((await second.get("metrics", "/metrics")).text, /^leader_election_master_status\{.*\} 0$/m);

  first.child.kill("SIGTERM");
  assert.equal(await first.exited, 0);
  await second.until("takes over", () => second.said("became the leader"));
  const { holderIdentity: secondHolder } = await lease();
  assert.notEqual(secondHolder, firstHolder);

  second.child.kill("SIGTERM");
  assert.equal(await second.exited, 0);
  const released = await lease();
  assert.deepEqual([released.holderIdentity, released.leaseDurationSeconds], ["", 1]);
});

test("stops all by itself with exit code 1 when somebody else is in the Lease", async (t) => {
  const manager = start(t);
  await manager.until("leads", () => manager.said("became the leader"));
  const patch = JSON.stringify({ spec: { holderIdentity: "usurper", leaseDurationSeconds: 1 } });
  await cluster.kubectl(["patch", "lease", "bc1f5b0a.sei.io", "-n", NAMESPACE, "--type=merge", "-p", patch]);
  assert.equal(await manager.exited, 1);
  assert.ok(manager.said("lost the lease"));
  assert.equal((await lease()).holderIdentity, "usurper", "what is not ours is left alone");
  await cluster.kubectl(["delete", "lease", "bc1f5b0a.sei.io", "-n", NAMESPACE]);
});

test("asks for nothing that the shipped roles do not grant", async () => {
  assert.ok(cluster.auditLog !== undefined);
  const lines = (await readFile(cluster.auditLog, "utf8")).trim().split("\n");
  interface AuditEvent {
    verb: string;
    requestURI: string;
    user?: { username?: string };
    responseStatus?: { code?: number };
  }
  const ours = lines
    .map((line) => JSON.parse(line) as AuditEvent)
    .filter(({ user }) => user?.username === `system:serviceaccount:${NAMESPACE}:${ACCOUNT}`);
  assert.ok(ours.some(({ verb, requestURI }) => verb === "watch" && requestURI.includes("/seinodetasks")));
  const refused = ours.filter(
    ({ responseStatus }) => responseStatus?.code === 403 || responseStatus?.code === 401,
  );
  assert.deepEqual(refused, []);
  for (const { verb, requestURI } of ours) {
    assert.ok(!/\/secrets(\?|$)/.test(requestURI), `secrets must not be listed: ${verb} ${requestURI}`);
    if (/\/(pods|statefulsets|services|persistentvolumeclaims|configmaps|jobs)\?/.test(requestURI)) {
      assert.match(decodeURIComponent(requestURI), /labelSelector=sei\.io\/node/, requestURI);
    }
  }
});

test("has no right it must never use (D20)", async () => {
  const may = async (...question: string[]): Promise<string> =>
    (await cluster.kubectl(["auth", "can-i", ...question, "--all-namespaces"], { kubeconfig })).stdout.trim();
  for (const question of [
    ["list", "secrets"],
    ["watch", "secrets"],
    ["patch", "secrets"],
    ["list", "persistentvolumes"],
    ["patch", "statefulsets.apps", "--subresource=status"],
    ["update", "statefulsets.apps"],
    ["patch", "pods"],
    ["create", "pods"],
    ["create", "pods", "--subresource=exec"],
    ["get", "leases.coordination.k8s.io"],
  ]) {
    assert.equal(await may(...question), "no", question.join(" "));
  }
  assert.equal(await may("get", "secrets"), "yes");
  assert.equal(await may("create", "seinodetasks.sei.io"), "yes", "for the sidecars' proxies");
});

test("a second signal ends a process that is still stopping, at once", async (t) => {
  const link = await freezableLink(t, cluster.server);
  const throughLink = join(cluster.directory, "link.kubeconfig");
  await writeFile(throughLink, (await readFile(kubeconfig, "utf8")).replaceAll(cluster.server, link.url));
  const manager = start(t, throughLink);
  await manager.until("leads", () => manager.said("became the leader"));
  // Its release of the lease gets no answer: a single signal would end in an exit code 0, seconds later.
  link.freeze();
  manager.child.kill("SIGTERM");
  await manager.until("is stopping", () => manager.said("stopping"));
  manager.child.kill("SIGINT");
  assert.equal(await manager.exited, 1);
  await cluster.kubectl(["delete", "lease", "bc1f5b0a.sei.io", "-n", NAMESPACE]);
});

test("exits 2 with usage for a wrong command line, and 0 for help", async (t) => {
  const wrong = new Manager(t, ["--leader-elect=perhaps", "--nope"], environment);
  assert.equal(await wrong.exited, 2);
  assert.match(
    wrong.raw.join("\n"),
    /defined: -nope\n.*"perhaps" for flag -leader-elect.*\nUsage of manager/,
  );
  const help = new Manager(t, ["-h"], {});
  assert.equal(await help.exited, 0);
});

test("exits 1 naming every wrong setting, and what to do about it", async (t) => {
  const { SEI_SIDECAR_IMAGE: _, ...rest } = environment;
  const manager = new Manager(t, [], { ...rest, SEI_STORAGE_SIZE_DEFAULT: "big" });
  assert.equal(await manager.exited, 1);
  const problems = manager.lines.filter(({ msg }) => msg === "invalid platform setting");
  assert.deepEqual(problems.map(({ variable }) => variable).sort(), [
    "SEI_SIDECAR_IMAGE",
    "SEI_STORAGE_SIZE_DEFAULT",
  ]);
  assert.ok(problems.every(({ remedy, logger }) => typeof remedy === "string" && logger === "setup"));
});

test("exits 1 when there is no cluster to be found", async (t) => {
  const manager = new Manager(t, [], { ...environment, KUBECONFIG: "/nowhere/kubeconfig" });
  assert.equal(await manager.exited, 1);
  assert.match(String(manager.said("cannot start")?.error), /\/nowhere\/kubeconfig/);
});

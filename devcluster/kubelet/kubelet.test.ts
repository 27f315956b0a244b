import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiError } from "#kube";
import { FakeCluster } from "./testing/fake-cluster.ts";

async function runningCluster(): Promise<FakeCluster> {
  const cluster = new FakeCluster();
  cluster.bindClaim("data-a");
  cluster.createPod("a", { claim: "data-a" });
  await cluster.clock.advance(20);
  return cluster;
}

test("a pod goes from binding to Ready with one status per visible state, and an idle one is not written", async () => {
  const cluster = await runningCluster();
  await cluster.markReady("a");
  assert.deepEqual(
    cluster.statuses.map(({ phase, conditions }) => [
      phase,
      conditions?.find(({ type }) => type === "Ready")?.status,
    ]),
    [
      ["Pending", "False"],
      ["Running", "False"],
      ["Running", "True"],
    ],
  );
  await cluster.clock.advance(3_600_000);
  assert.deepEqual(cluster.writes, [
    "create volume of data-a",
    "bind a-0",
    "status a-0",
    "status a-0",
    "status a-0",
  ]);
  assert.deepEqual(cluster.errors, []);
});

test("before mark-ready the sidecars run, seid is not started and nothing unready is called ready", async () => {
  const cluster = await runningCluster();
  const flags = (name: string) => {
    const status = cluster.container("a-0", name);
    return [status?.started, status?.ready];
  };
  assert.deepEqual(flags("sei-sidecar"), [true, true]);
  assert.deepEqual(flags("kube-rbac-proxy"), [true, false]);
  assert.deepEqual(flags("seid"), [false, false]);
  assert.deepEqual(flags("cosmos-exporter"), [true, false]);
  assert.equal(cluster.container("a-0", "seid-init")?.state?.terminated?.reason, "Completed");
  const ready = cluster.status("a-0").conditions?.find(({ type }) => type === "Ready");
  assert.equal(ready?.message, "containers with unready status: [kube-rbac-proxy seid cosmos-exporter]");
});

test("a crashed sidecar comes back not ready and takes the pod out of Ready while seid keeps running", async () => {
  const cluster = await runningCluster();
  await cluster.markReady("a");
  assert.equal(cluster.condition("a-0", "Ready"), "True");
  const [worker] = cluster.kubelet.podsOf("ns", "a");
  worker?.processes?.container("sei-sidecar")?.crash(137);
  await cluster.clock.advance(5);
  const status = cluster.container("a-0", "sei-sidecar");
  assert.deepEqual([status?.restartCount, status?.lastState?.terminated?.exitCode], [1, 137]);
  assert.equal(cluster.condition("a-0", "Ready"), "False");
  assert.equal(cluster.condition("a-0", "Initialized"), "True");
  assert.equal(worker?.processes?.seid?.state, "running");
  await cluster.markReady("a");
  assert.equal(cluster.condition("a-0", "Ready"), "True");
});

test("a crashed seid is restarted at once through the open gate, then after 10 s, then after 20 s", async () => {
  const cluster = await runningCluster();
  await cluster.markReady("a");
  const [worker] = cluster.kubelet.podsOf("ns", "a");
  const crash = async () => {
    worker?.processes?.seid?.exit(1);
    await cluster.clock.advance(5);
  };
  await crash();
  assert.equal(cluster.condition("a-0", "Ready"), "True");
  for (const backoffMs of [10_000, 20_000]) {
    await crash();
    assert.equal(cluster.container("a-0", "seid")?.state?.waiting?.reason, "CrashLoopBackOff");
    await cluster.clock.advance(backoffMs - 10);
    assert.equal(cluster.condition("a-0", "Ready"), "False");
    await cluster.clock.advance(10);
    assert.equal(cluster.condition("a-0", "Ready"), "True");
  }
  assert.equal(cluster.container("a-0", "seid")?.restartCount, 3);
});

test("a seid image that crashes fails seid init on a fresh volume, and passes it on an initialised one", async () => {
  const cluster = new FakeCluster();
  cluster.bindClaim("data-a");
  cluster.images.crashLoop("*:bad");
  cluster.createPod("a", { claim: "data-a", image: "sei/seid:bad" });
  await cluster.clock.advance(100);
  assert.equal(cluster.container("a-0", "seid-init")?.state?.waiting?.reason, "CrashLoopBackOff");
  assert.equal(cluster.status("a-0").phase, "Pending");
  cluster.images.clear();
  await cluster.clock.advance(20_000);
  assert.equal(cluster.status("a-0").phase, "Running");
});

test("a pod waits for its claim, and starts when the claim is bound", async () => {
  const cluster = new FakeCluster();
  cluster.createPod("a", { claim: "data-a" });
  await cluster.clock.advance(10);
  assert.equal(cluster.condition("a-0", "PodScheduled"), "False");
  assert.equal(cluster.pods.get("a-0")?.spec?.nodeName, undefined);
  cluster.bindClaim("data-a");
  await cluster.clock.advance(20);
  assert.equal(cluster.status("a-0").phase, "Running");
});

test("a held pod is not scheduled until it is released", async () => {
  const cluster = new FakeCluster();
  cluster.kubelet.hold("ns", "a-0");
  cluster.createPod("a");
  await cluster.clock.advance(60_000);
  assert.deepEqual(cluster.writes, ["status a-0"]);
  cluster.kubelet.release("ns", "a-0");
  await cluster.clock.advance(20);
  assert.equal(cluster.status("a-0").phase, "Running");
});

test("a pod whose ConfigMap or Secret is missing has no containers until it appears", async () => {
  const cluster = new FakeCluster();
  cluster.createPod("a", {
    change(spec) {
      spec.volumes?.push(
        { name: "c", configMap: { name: "proxy" } },
        { name: "s", secret: { secretName: "key" } },
      );
    },
  });
  await cluster.clock.advance(1000);
  assert.deepEqual(cluster.writes, ["bind a-0"]);
  const attributes =
    "authorization:\n  resourceAttributes:\n    apiGroup: sei.io\n    resource: r\n    namespace: ns\n    name: b\n";
  cluster.configMaps.set("proxy", { "config.yaml": attributes });
  await cluster.clock.advance(1000);
  assert.equal(cluster.status("a-0").phase, undefined);
  cluster.secrets.add("key");
  await cluster.clock.advance(1000);
  assert.equal(cluster.status("a-0").phase, "Running");
  const server = cluster.kubelet.resolve("a-0.a.ns.svc.cluster.local");
  assert.deepEqual(server?.rbacProxy?.attributes, {
    apiGroup: "sei.io",
    resource: "r",
    namespace: "ns",
    name: "b",
  });
});

test("a terminating pod stops its processes, shows that, and is removed", async () => {
  const cluster = await runningCluster();
  await cluster.markReady("a");
  cluster.deletePod("a-0");
  await cluster.clock.advance(20);
  assert.equal(cluster.statuses.at(-1)?.phase, "Succeeded");
  assert.equal(cluster.writes.at(-1), "finalize a-0");
  assert.equal(cluster.kubelet.resolve("a-0.a.ns.svc.cluster.local"), undefined);
});

test("a seid that refuses to stop is killed at the end of the grace period, and the pod stays until then", async () => {
  const cluster = await runningCluster();
  await cluster.markReady("a");
  const node = cluster.nodes.get("a");
  assert.ok(node);
  node.seidSettings.refuseToStop = true;
  cluster.deletePod("a-0", 30);
  await cluster.clock.advance(29_990);
  assert.ok(cluster.pods.has("a-0"));
  assert.equal(
    cluster.kubelet.podsOf("ns", "a")[0]?.processes?.sidecar?.engine.ready,
    true,
    "sidecars outlive seid",
  );
  await cluster.clock.advance(50);
  assert.equal(cluster.pods.has("a-0"), false);
  assert.equal(cluster.statuses.at(-1)?.containerStatuses?.[0]?.state?.terminated?.exitCode, 137);
});

test("the successor of a deleted pod finds tasks and height on the volume, and a cold ready flag", async () => {
  const cluster = await runningCluster();
  await cluster.markReady("a");
  await cluster.clock.advance(4000);
  cluster.deletePod("a-0");
  await cluster.clock.advance(20);
  cluster.createPod("a", { claim: "data-a" });
  await cluster.clock.advance(20);
  const server = cluster.kubelet.resolve("a-0.a.ns.svc.cluster.local");
  assert.equal(server?.sidecar?.engine.ready, false);
  assert.equal(server?.sidecar?.engine.list()[0]?.type, "mark-ready");
  assert.ok((server?.seid?.height ?? 0) > 10);
  assert.deepEqual(cluster.violations, []);
});

test("two seid containers on one volume are a violation", async () => {
  const cluster = await runningCluster();
  const pod = structuredClone(cluster.pods.get("a-0"));
  assert.ok(pod);
  Object.assign(pod.metadata, { uid: "other", name: "a-bootstrap" });
  cluster.kubelet.observePod(pod);
  await cluster.clock.advance(20);
  assert.deepEqual(cluster.violations, ["ns/a: 2 seid containers on one volume"]);
});

test("a pod that never restarts succeeds when seid reaches its halt height", async () => {
  const cluster = new FakeCluster();
  cluster.createPod("a", {
    change(spec) {
      spec.restartPolicy = "Never";
      spec.containers = spec.containers.filter(({ name }) => name === "seid");
      for (const container of spec.containers) container.command = ["seid", "start", "--halt-height", "700"];
    },
  });
  await cluster.clock.advance(20);
  assert.equal(cluster.status("a-0").phase, "Running");
  await cluster.markReady("a");
  assert.equal(cluster.status("a-0").phase, "Succeeded");
  assert.equal(cluster.nodes.get("a")?.volume?.height, 700);
  assert.notEqual(cluster.container("a-0", "sei-sidecar")?.state?.terminated, undefined);
});

test("a sidecar without its required environment does not start and says why", async () => {
  const cluster = new FakeCluster();
  cluster.createPod("a", {
    change(spec) {
      for (const { name, env } of spec.initContainers ?? []) {
        if (name === "sei-sidecar") env?.splice(0, 1);
      }
    },
  });
  await cluster.clock.advance(50);
  const status = cluster.container("a-0", "sei-sidecar");
  assert.equal(status?.state?.waiting?.reason, "CrashLoopBackOff");
  assert.equal(status?.lastState?.terminated?.message, "SEI_CHAIN_ID is required");
  assert.equal(cluster.status("a-0").phase, "Pending");
});

test("a write that fails is retried, and one to a pod that is gone is not", async () => {
  const cluster = await runningCluster();
  await cluster.markReady("a");
  const [worker] = cluster.kubelet.podsOf("ns", "a");
  cluster.failNext = new ApiError("patch: 500", { class: "transient", status: 500 });
  worker?.processes?.seid?.halt();
  await cluster.clock.advance(100);
  assert.equal(cluster.condition("a-0", "Ready"), "True");
  assert.equal(cluster.errors.length, 1);
  await cluster.clock.advance(500);
  assert.equal(cluster.condition("a-0", "Ready"), "False");
  cluster.failNext = new ApiError("patch: 404", { class: "notFound", status: 404 });
  worker?.processes?.seid?.resume();
  const before = cluster.writes.length;
  await cluster.clock.advance(60_000);
  assert.equal(cluster.writes.length, before);
  assert.equal(cluster.errors.length, 1);
});

test("a conflict while a pod terminates is tried again, or the pod would stay for ever", async () => {
  const cluster = await runningCluster();
  cluster.failNext = new ApiError("patch: 409", { class: "conflict", status: 409 });
  cluster.deletePod("a-0");
  await cluster.clock.advance(1000);
  assert.equal(cluster.pods.has("a-0"), false);
  assert.deepEqual(cluster.errors, []);
});

test("a force-deleted pod leaves no process behind", async () => {
  const cluster = await runningCluster();
  await cluster.markReady("a");
  const [worker] = cluster.kubelet.podsOf("ns", "a");
  const pod = cluster.pods.get("a-0");
  assert.ok(worker && pod);
  const seid = worker.processes?.seid;
  cluster.kubelet.forgetPod(pod);
  assert.equal(seid?.state, "stopped");
  assert.equal(worker.processes?.stopped, true);
  await cluster.clock.advance(1000);
  assert.equal(cluster.clock.pending, 0);
});

test("a failing pull holds a running pod's successor only, and ends when the registry has the image", async () => {
  const cluster = await runningCluster();
  cluster.images.failPull(/seid:v1$/);
  await cluster.clock.advance(100);
  assert.equal(cluster.status("a-0").phase, "Running");
  cluster.deletePod("a-0");
  await cluster.clock.advance(20);
  cluster.createPod("a", { claim: "data-a" });
  await cluster.clock.advance(20);
  const init = cluster.container("a-0", "seid-init");
  assert.deepEqual([init?.state?.waiting?.reason, init?.imageID], ["ImagePullBackOff", ""]);
  cluster.images.clear(/seid:v1$/);
  await cluster.clock.advance(20);
  assert.equal(cluster.status("a-0").phase, "Running");
});

test("a pod is not placed on a claim that is being deleted: it would keep the claim from going", async () => {
  const cluster = new FakeCluster();
  cluster.bindClaim("data-a");
  const bound = cluster.claims.get("data-a");
  assert.ok(bound);
  const leaving = { ...bound, metadata: { ...bound.metadata, deletionTimestamp: "2026-01-01T00:00:00Z" } };
  cluster.claims.set("data-a", leaving);
  cluster.createPod("a", { claim: "data-a" });
  await cluster.clock.advance(1_000);
  assert.ok(!cluster.writes.includes("bind a-0"));
  cluster.bindClaim("data-a");
  await cluster.clock.advance(1_000);
  assert.ok(cluster.writes.includes("bind a-0"));
});

test("claims get one volume each; static ones and bound ones get none", async () => {
  const cluster = new FakeCluster();
  const claim = (name: string, spec: object) => ({
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name, namespace: "ns", uid: name, resourceVersion: "1" },
    spec,
  });
  cluster.failNext = new ApiError("post: 500", { class: "transient" });
  cluster.kubelet.observeClaim(claim("flaky", {}));
  cluster.kubelet.observeClaim(claim("dynamic", { storageClassName: "any" }));
  cluster.kubelet.observeClaim(claim("dynamic", { storageClassName: "any" }));
  cluster.kubelet.observeClaim(claim("static", { storageClassName: "" }));
  cluster.kubelet.observeClaim(claim("bound", { volumeName: "mine" }));
  cluster.claims.set("flaky", claim("flaky", {}));
  await cluster.clock.advance(1000);
  assert.deepEqual(cluster.writes, ["create volume of dynamic", "create volume of flaky"]);
  cluster.kubelet.forgetClaim(claim("dynamic", {}));
  await cluster.clock.advance(0);
  assert.equal(cluster.writes.at(-1), "delete volume of dynamic");
});

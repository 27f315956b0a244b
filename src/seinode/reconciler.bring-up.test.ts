/** Pass by pass from an object that nobody has looked at to a Running node (spec/seinode.md 3). */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Finalizers, type SeiNodeSpec } from "#api";
import { findCondition, type KubeObject, type PersistentVolumeClaim, type Service } from "#kube";
import { SidecarError } from "#sidecar";
import { nodeKey, PassWorld, running } from "./pass-world.ts";
import { seiNode } from "./testing.ts";

const SECOND = 1000;
const s3 = { snapshot: { s3: { targetHeight: 1000 } } };
const claimKey = { ...nodeKey, name: "data-rpc-0" };

/** As kubectl made it: without our finalizer, a StatefulSet or a pod. */
function fresh(spec: Partial<SeiNodeSpec>): PassWorld {
  const node = seiNode(spec);
  const metadata = { ...node.metadata, finalizers: [] };
  return new PassWorld({ ...node, metadata }, { statefulSet: null, pod: null });
}

const kinds = (world: PassWorld) => world.kube.writes.map(({ verb, kind }) => `${verb} ${kind}`);

/** A pass, and what StatefulSet controller and kubelet make of it. */
async function passWithRollOut(world: PassWorld): Promise<void> {
  await world.pass();
  world.rollOut();
}

test("a name that no SeiNode has is no error: nothing is done, and nobody comes back for it", async () => {
  const world = new PassWorld(seiNode());
  world.kube.remove("SeiNode", nodeKey);
  assert.deepEqual(await world.reconcile(), {});
  assert.deepEqual(world.kube.writes, []);
});

test("the first pass adds the finalizer, applies the StatefulSet and shows the plan, of which no task has run", async () => {
  const world = fresh({ fullNode: s3 });
  const { requeueAfterMs } = await world.pass();
  assert.ok(requeueAfterMs !== undefined, "the plan is executed soon");
  assert.deepEqual(world.node().metadata.finalizers, [Finalizers.seiNode]);
  assert.ok(world.statefulSet());
  assert.deepEqual(kinds(world), ["mergePatch SeiNode", "apply StatefulSet", "mergePatch SeiNode"]);
  assert.equal(world.status().phase, "Initializing");
  assert.equal(world.plan()?.phase, "Active");
  assert.equal(world.plan()?.tasks.length, 10);
  assert.ok(world.plan()?.tasks.every(({ status, id, params }) => status === "Pending" && id && params));
  assert.deepEqual(world.sidecar.posted, []);
});

test("the second pass runs all tasks of the infrastructure and submits the first one of the sidecar", async () => {
  const world = fresh({ fullNode: s3 });
  world.sidecar.hangs.add("snapshot-restore");
  await passWithRollOut(world);
  await world.pass();
  assert.deepEqual(world.tasks().slice(0, 6), [
    "ensure-data-pvc:Complete",
    "apply-rbac-proxy-config:Complete",
    "apply-statefulset:Complete",
    "apply-service:Complete",
    "snapshot-restore:Pending",
    "configure-genesis:Pending",
  ]);
  assert.ok(world.plan()?.tasks[4]?.submittedAt);
  assert.deepEqual(world.sidecar.posted, ["snapshot-restore"]);
});

for (const [mode, spec, last] of [
  ["from an S3 snapshot", { fullNode: s3 }, "configure-state-sync"],
  ["from genesis", { fullNode: {} }, "config-apply"],
] as const) {
  test(`a node that starts ${mode} ends Running in the pass that finds ${last} done; its plan goes with the next`, async () => {
    const world = fresh(spec);
    world.sidecar.hangs.add(last);
    await passWithRollOut(world);
    await world.elapse(SECOND);
    assert.equal(world.status().phase, "Initializing");
    assert.equal(world.sidecar.posted.at(-1), last);
    world.sidecar.hangs.clear();
    await world.clock.advance(5 * SECOND);
    const { requeueAfterMs } = await world.pass();
    assert.deepEqual(world.sidecar.posted.slice(-2), ["config-validate", "mark-ready"]);
    assert.equal(world.status().phase, "Running");
    assert.equal(world.plan()?.phase, "Complete", "left to be seen");
    assert.ok(world.plan()?.tasks.every(({ status }) => status === "Complete"));
    assert.equal(requeueAfterMs, 1);
    await world.pass();
    assert.equal(world.plan(), undefined);
    assert.equal(world.condition("Ready").status, "True");
  });
}

test("while a node initialises its sidecar's 503 is told nowhere, and marks nothing ready", async () => {
  const world = fresh({ fullNode: {} });
  world.sidecar.hangs.add("config-apply");
  await passWithRollOut(world);
  assert.equal(world.sidecar.ready, false);
  await world.elapse(10 * SECOND);
  assert.equal(world.status().phase, "Initializing");
  assert.equal(findCondition(world.status().conditions, "SidecarReady"), undefined);
  assert.equal(world.sidecar.probes, 0);
  assert.deepEqual(world.sidecar.posted, ["configure-genesis", "config-apply"]);
});

test("a fresh validator has one StatefulSet of one replica, a headless Service and its volume, however often it is looked at", async () => {
  const world = fresh({ validator: {} });
  await passWithRollOut(world);
  const uid = world.statefulSet()?.metadata.uid;
  for (let i = 0; i < 20; i++) {
    await world.clock.advance(SECOND);
    await passWithRollOut(world);
  }
  assert.equal(world.statefulSet()?.metadata.uid, uid);
  assert.equal(world.statefulSet()?.spec?.replicas, 1);
  const of = <T extends KubeObject>(kind: string, key = nodeKey) =>
    world.kube.live(kind, key) as T | undefined;
  assert.equal(of<Service>("Service")?.spec?.clusterIP, "None");
  assert.deepEqual(of<PersistentVolumeClaim>("PersistentVolumeClaim", claimKey)?.spec?.accessModes, [
    "ReadWriteOnce",
  ]);
  assert.equal(world.writes("create", "PersistentVolumeClaim").length, 1);
  assert.equal(world.writes("apply", "StatefulSet").length, 1);
  assert.equal(world.status().phase, "Running");
});

test("a replayer with a bootstrap image is Initializing from its first pass on, with no pod of its own", async () => {
  const peers = [{ static: { addresses: [`${"a".repeat(40)}@peer:26656`] } }];
  const world = fresh({ replayer: { snapshot: { ...s3.snapshot, bootstrapImage: "sei:v0" } }, peers });
  await world.pass();
  assert.equal(world.status().phase, "Initializing");
  assert.ok(world.plan()?.tasks.some(({ type }) => type === "deploy-bootstrap-job"));
  assert.equal(world.statefulSet()?.spec?.replicas, 0);
});

test("503 of a steady node: a one-task plan appears unsubmitted, the next pass submits it, later ones clear it", async () => {
  const world = new PassWorld(seiNode({}, running));
  await world.elapse(SECOND);
  assert.equal(world.condition("SidecarReady").status, "True");
  world.sidecar.ready = false;
  await world.clock.advance(30 * SECOND);
  await world.pass();
  assert.equal(world.condition("SidecarReady").reason, "NotReady");
  assert.equal(world.condition("SidecarReady").status, "False");
  assert.deepEqual(world.tasks(), ["mark-ready:Pending"]);
  assert.deepEqual(world.sidecar.posted, []);
  await world.pass();
  assert.deepEqual(world.sidecar.posted, ["mark-ready"]);
  await world.elapse(SECOND);
  assert.equal(world.plan(), undefined);
  assert.equal(world.condition("SidecarReady").status, "True");
  assert.deepEqual(world.sidecar.posted, ["mark-ready"]);
});

test("a sidecar that does not answer, or answers other than 503, is not marked ready", async () => {
  for (const answer of ["unreachable", "unavailable"] as const) {
    const world = new PassWorld(seiNode({}, running));
    await world.elapse(SECOND);
    world.sidecar.broken = new SidecarError("no", { class: answer });
    await world.elapse(60 * SECOND);
    assert.equal(world.condition("SidecarReady").status, "Unknown");
    assert.equal(world.plan(), undefined);
    assert.deepEqual(world.sidecar.posted, []);
  }
});

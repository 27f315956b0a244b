/** Passes over a node whose volume the user brings (spec/seinode.md 5.1, import branch). */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "#kube";
import { observedStatefulSet, PassWorld } from "./pass-world.ts";
import { seiNode } from "./testing.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const spec = { dataVolume: { import: { pvcName: "brought" } } };
const capacity = { storage: "2000Gi" };

function claim(accessMode = "ReadWriteOnce", phase = "Bound"): KubeObject {
  return {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { namespace: "sei", name: "brought", uid: "claim", resourceVersion: "1" },
    spec: { accessModes: [accessMode], volumeName: "disk" },
    status: { phase, capacity },
  } as KubeObject;
}

const volume = {
  apiVersion: "v1",
  kind: "PersistentVolume",
  metadata: { name: "disk", uid: "volume", resourceVersion: "1" },
  spec: { capacity },
  status: { phase: "Bound" },
} as KubeObject;

const importing = (...objects: KubeObject[]) => {
  const world = new PassWorld(seiNode(spec), { statefulSet: observedStatefulSet(spec) });
  world.kube.put(...objects);
  return world;
};

test("with a good imported volume the node reaches Running, and the condition stays True", async () => {
  const world = importing(claim(), volume);
  await world.elapse(MINUTE);
  assert.equal(world.status().phase, "Running");
  assert.equal(world.condition("ImportPVCReady").status, "True");
  assert.equal(world.condition("ImportPVCReady").reason, "PVCValidated");
  assert.deepEqual(world.writes("create", "PersistentVolumeClaim"), []);
});

test("an imported volume with a bad access mode fails the node with PVCInvalid, and the detail says which it must have", async () => {
  const world = importing(claim("ReadWriteMany"), volume);
  await world.elapse(MINUTE);
  assert.equal(world.status().phase, "Failed");
  assert.equal(world.condition("ImportPVCReady").reason, "PVCInvalid");
  assert.equal(world.plan()?.failedTaskDetail?.type, "ensure-data-pvc");
  assert.match(world.plan()?.failedTaskDetail?.error ?? "", /ReadWriteOnce/);
  assert.equal(world.condition("Stalled").status, "True");
  assert.deepEqual(world.sidecar.posted, []);
});

test("an imported volume that comes late is waited for by name, written once, and the node gets on when it is bound", async () => {
  const world = importing();
  await world.elapse(MINUTE);
  assert.equal(world.condition("ImportPVCReady").reason, "PVCNotReady");
  assert.match(world.condition("Ready").message, /the imported volume: .*brought does not exist/);
  assert.equal(world.tasks()[0], "ensure-data-pvc:Pending");
  assert.equal(world.plan()?.tasks[0]?.retryCount, undefined);
  const { statusWrites } = world;
  await world.elapse(3 * MINUTE);
  assert.equal(world.statusWrites, statusWrites);
  // The claim carries no label of ours: nobody tells when it comes.
  const comesBack = world.passes.at(-1)?.requeueAfterMs;
  assert.ok(comesBack !== undefined && comesBack <= 5 * SECOND, `${comesBack}`);
  world.kube.put(claim("ReadWriteOnce", "Pending"));
  await world.elapse(10 * SECOND);
  assert.match(world.condition("ImportPVCReady").message, /not bound/);
  world.kube.put(claim(), volume);
  await world.elapse(MINUTE);
  assert.equal(world.status().phase, "Running");
  assert.equal(world.condition("ImportPVCReady").status, "True");
});

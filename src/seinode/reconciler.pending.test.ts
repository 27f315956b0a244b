/** D23 in whole passes: what is edited and not in effect is told, and clears when it takes effect. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { SeiNode, SeiNodeSpec } from "#api";
import { findCondition } from "#kube";
import { observedStatefulSet, PassWorld, podKey, running } from "./pass-world.ts";
import { seiNode } from "./testing.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;

const pending = (world: PassWorld) => {
  const { status, reason, message } = world.condition("PendingChanges");
  return { status, reason, message };
};
const nothing = { status: "False", reason: "NothingPending", message: "" };
const told = (world: PassWorld) => findCondition(world.status().conditions, "PendingChanges");

/** Brought up by this operator, and left alone for a while. */
async function settled(spec: Partial<SeiNodeSpec> = {}): Promise<PassWorld> {
  const world = new PassWorld(seiNode(spec), { statefulSet: null, pod: null, rollsOut: true });
  await world.elapse(MINUTE);
  assert.equal(world.condition("Ready").status, "True");
  return world;
}

test("D23: a node that was brought up has nothing pending, and an idle one is not written for it", async () => {
  const world = await settled({ overrides: { "mempool.size": "5000" } });
  assert.deepEqual(pending(world), nothing);
  const { writes } = world.kube;
  const before = writes.length;
  await world.elapse(10 * MINUTE);
  assert.equal(writes.length, before);
});

test("D23: an edited override is named with its key and its remedy, never with its value; taking the edit back clears it", async () => {
  const world = await settled({ overrides: { "tx_index.psql_conn": "postgres://u:secret@h" } });
  world.edit({ spec: { overrides: { "tx_index.psql_conn": "postgres://u:other@h", "mempool.size": "1" } } });
  await world.elapse(SECOND);
  const { status, reason, message } = pending(world);
  assert.deepEqual([status, reason], ["True", "ConfigPending"]);
  assert.match(message, /^overrides \(mempool\.size, tx_index\.psql_conn\).*sei\.io\/apply-config/);
  assert.doesNotMatch(message, /secret|other|postgres/);
  assert.equal(world.condition("Ready").status, "True", "seid runs as before");
  assert.equal(world.condition("Reconciling").status, "False");

  const { writes } = world.kube;
  const before = writes.length;
  await world.elapse(5 * MINUTE);
  assert.equal(writes.length, before, "said once");
  world.edit({ spec: { overrides: { "tx_index.psql_conn": "postgres://u:secret@h" } } });
  await world.elapse(SECOND);
  assert.deepEqual(pending(world), nothing);
});

test("D23: fields of the pod are pending until a pod of the newest template is there", async () => {
  const world = await settled();
  const labels = { team: "core" };
  world.edit({ spec: { podLabels: labels, sidecar: { resources: { limits: { memory: "1Gi" } } } } });
  await world.elapse(SECOND);
  const { status, reason, message } = pending(world);
  assert.deepEqual([status, reason], ["True", "PodPending"]);
  assert.match(message, /^podLabels, sidecar\.resources .*spec\.image or delete pod rpc-0-0$/);
  assert.equal(world.condition("Ready").status, "True");

  world.restart();
  await world.elapse(SECOND);
  assert.equal(pending(world).message, message, "also after a restart of the controller");

  world.kube.remove("Pod", podKey);
  await world.pass();
  assert.equal(pending(world).status, "True", "no pod has it yet");
  await world.elapse(MINUTE);
  assert.deepEqual(pending(world), nothing);
  assert.equal(world.condition("Ready").status, "True");
});

test("D23: an edit that is taken back before a pod was made of it is pending no more", async () => {
  const world = await settled();
  world.edit({ spec: { podLabels: { team: "core" } } });
  await world.elapse(SECOND);
  assert.equal(pending(world).status, "True");
  world.edit({ spec: { podLabels: {} } });
  await world.elapse(SECOND);
  assert.deepEqual(pending(world), nothing);
});

test("D23: the label sei.io/revision is not an edit: a group moves it with each of its generations", async () => {
  const world = await settled({ podLabels: { "sei.io/revision": "1" } });
  world.edit({ spec: { podLabels: { "sei.io/revision": "2" } } });
  await world.elapse(MINUTE);
  assert.deepEqual(pending(world), nothing);
});

test("D23: an image update carries the fields of the pod and the external address with it, and not the overrides", async () => {
  const world = await settled();
  world.edit({ spec: { podLabels: { team: "a" }, externalAddress: "a.example.org:26656" } });
  await world.elapse(SECOND);
  assert.match(pending(world).message, /^externalAddress .*; podLabels /);
  assert.equal(pending(world).reason, "PodAndConfigPending");
  world.edit({ spec: { image: "sei:v2", overrides: { "mempool.size": "1" } } });
  await world.elapse(MINUTE);
  assert.equal(world.status().currentImage, "sei:v2");
  assert.match(pending(world).message, /^overrides \(mempool\.size\) [^;]*$/);
});

test("D23: an override that is no longer set stays pending: editing a configuration cannot take a value back", async () => {
  const world = await settled({ overrides: { "mempool.size": "1" } });
  world.edit({ spec: { overrides: {} }, annotations: { "sei.io/apply-config": "1" } });
  await world.elapse(MINUTE);
  assert.match(
    pending(world).message,
    /^mempool\.size no longer set by spec, but still in the configuration/,
  );
  world.edit({
    spec: { overrides: { "mempool.size": "5000" } },
    annotations: { "sei.io/apply-config": "2" },
  });
  await world.elapse(MINUTE);
  assert.deepEqual(pending(world), nothing);
});

test("D23: a node taken over from the Go operator has no record, and no condition whatever is edited", async () => {
  const statefulSet = observedStatefulSet({ podLabels: { team: "as-go-had-it" } });
  const node = seiNode({ podLabels: { team: "a" } }, running);
  const world = new PassWorld(node, { statefulSet, rollsOut: true });
  await world.elapse(MINUTE);
  world.edit({ spec: { podLabels: { team: "b" }, overrides: { "mempool.size": "1" } } });
  await world.elapse(MINUTE);
  assert.equal(told(world), undefined);
  assert.equal(world.status().applied, undefined);
});

test("D23: a taken-over node gets its records from what this operator does: apply-config and the next pod", async () => {
  const world = new PassWorld(seiNode({ overrides: { "mempool.size": "1" } }, running), { rollsOut: true });
  world.edit({ annotations: { "sei.io/apply-config": "1" } });
  await world.elapse(MINUTE);
  assert.deepEqual(pending(world), nothing);
  world.edit({ spec: { overrides: { "mempool.size": "2" }, podLabels: { team: "a" } } });
  await world.elapse(SECOND);
  assert.match(pending(world).message, /^overrides \(mempool\.size\) .*; podLabels /);
});

test("D23: an init plan of the Go operator that is taken over leaves nothing pending, its params capitalised as they are", async () => {
  const world = new PassWorld(seiNode({ overrides: { "mempool.size": "1" } }), {
    statefulSet: null,
    pod: null,
    rollsOut: true,
  });
  await world.pass();
  const { plan, ...status } = world.status();
  assert.ok(plan);
  const capitalised = (params: object = {}) =>
    Object.fromEntries(
      Object.entries(params).map(([key, value]) => [`${key.charAt(0).toUpperCase()}${key.slice(1)}`, value]),
    );
  const tasks = plan.tasks.map((task) => ({ ...task, params: capitalised(task.params as object) }));
  world.kube.put({ ...world.node(), status: { ...status, plan: { ...plan, tasks } } } as SeiNode);
  await world.elapse(MINUTE);
  assert.equal(world.status().phase, "Running");
  assert.deepEqual(pending(world), nothing);
});

test("D23: a pod that nobody recorded is not compared with what an earlier pod was made from", async () => {
  const world = await settled();
  // Replaced while no controller ran, and edited once more before one looked.
  world.edit({ spec: { podLabels: { team: "a" } } });
  const seen = world.pod();
  assert.ok(seen);
  const labels = { ...seen.metadata.labels, "controller-revision-hash": "rev-of-nobody" };
  world.kube.put({ ...seen, metadata: { ...seen.metadata, uid: "unseen", labels } });
  world.restart();
  await world.elapse(SECOND);
  assert.equal(pending(world).status, "False", "of the configuration there is a record");
  assert.equal(world.status().applied?.pod, undefined);
});

test("D23: a condition whose records are gone goes with them", async () => {
  const world = new PassWorld(seiNode({}, running), { rollsOut: true });
  await world.elapse(SECOND);
  world.edit({ spec: { podLabels: { team: "a" } } });
  await world.elapse(SECOND);
  assert.equal(pending(world).reason, "PodPending");
  const seen = world.pod();
  assert.ok(seen);
  const labels = { ...seen.metadata.labels, "controller-revision-hash": "rev-of-nobody" };
  world.kube.put({ ...seen, metadata: { ...seen.metadata, uid: "unseen", labels } });
  await world.elapse(SECOND);
  assert.equal(told(world), undefined);
});

test("D23: while an update works on the pod its record stands still; a write for each step of the pod is not worth it", async () => {
  const world = await settled();
  const recorded = world.status().applied?.pod?.revision;
  world.sidecar.hangs.add("mark-ready");
  world.edit({ spec: { image: "sei:v2", podLabels: { team: "a" } } });
  await world.elapse(MINUTE);
  assert.equal(world.tasks().at(-1), "mark-ready:Pending");
  assert.equal(world.status().applied?.pod?.revision, recorded);
  assert.equal(pending(world).status, "True");
  world.sidecar.hangs.clear();
  await world.elapse(MINUTE);
  assert.deepEqual(pending(world), nothing);
});

test("D23: on another volume nothing is known of the configuration", async () => {
  const world = await settled({ overrides: { "mempool.size": "1" } });
  world.edit({ spec: { dataVolume: { import: { pvcName: "old-disk" } } } });
  await world.elapse(SECOND);
  assert.match(pending(world).message, /^dataVolume\.import changed/);
  world.kube.remove("Pod", podKey);
  await world.elapse(MINUTE);
  assert.equal(world.status().applied?.config, undefined);
  world.edit({ spec: { overrides: { "mempool.size": "2" } } });
  await world.elapse(SECOND);
  assert.deepEqual(pending(world), nothing);
});

test("D23: nothing is compared while the node is brought up, and the parameters of a frozen plan are what counts", async () => {
  const world = new PassWorld(seiNode({ overrides: { "mempool.size": "1" } }), {
    statefulSet: null,
    pod: null,
    rollsOut: true,
  });
  world.sidecar.hangs.add("configure-genesis");
  await world.elapse(10 * SECOND);
  assert.equal(told(world), undefined);
  // The plan goes on with the value it was built with.
  world.edit({ spec: { overrides: { "mempool.size": "2" } } });
  world.sidecar.hangs.clear();
  await world.elapse(MINUTE);
  assert.equal(world.status().phase, "Running");
  assert.match(pending(world).message, /^overrides \(mempool\.size\)/);
});

test("D23: on a CRD that drops the records nothing is written over and over, also after a restart", async () => {
  const world = new PassWorld(seiNode({ overrides: { "mempool.size": "1" } }, running), {
    prunes: ["applied", "observedApplyConfig"],
    rollsOut: true,
  });
  await world.elapse(MINUTE);
  for (const size of ["2", "3"]) {
    world.edit({ spec: { overrides: { "mempool.size": size }, podLabels: { size } } });
    await world.elapse(MINUTE);
    const { length } = world.kube.writes;
    await world.elapse(10 * MINUTE);
    assert.equal(world.kube.writes.length, length);
    world.restart();
  }
  assert.equal(told(world)?.status ?? "False", "False");
});

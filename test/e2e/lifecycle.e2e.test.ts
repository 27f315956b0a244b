/** What a person does to a node between its birth and its end: pause it, correct it, retry it, edit what cannot be edited. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { SeiNode } from "#api";
import { type DeepReadonly, persistentVolumeClaims, type StatefulSet } from "#kube";
import { kubectl } from "../harness/kubectl.ts";
import { endWorld } from "../harness/manners.ts";
import { forceReconciles } from "../harness/metrics.ts";
import { condition, IMAGE_V1, IMAGE_V2, NAMESPACE, World } from "../harness/world.ts";

let world: World;
before(async () => {
  world = await World.start();
});
after(() => endWorld(world));

const keyOf = (name: string) => ({ namespace: NAMESPACE, name });
const statefulSet = (name: string) => world.statefulSets.get(keyOf(name));
const retry = (name: string, value: string) =>
  world.patchNode(name, { metadata: { annotations: { "sei.io/retry": value } } });

const untilReplicas = (name: string, wanted: number) =>
  world.until(
    world.statefulSets,
    keyOf(name),
    `${wanted} replicas`,
    ({ spec, status }) => spec?.replicas === wanted && (status?.replicas ?? 0) === wanted,
  );

const untilPaused = (name: string) =>
  world.untilNode(name, "Paused", (node) => condition(node, "Ready")?.reason === "Paused");

const untilPhase = (name: string, phase: string) =>
  world.untilNode(name, `phase ${phase}`, (node) => node.status?.phase === phase);

async function claimUid(name: string): Promise<string> {
  return (await world.rest.get(persistentVolumeClaims, keyOf(`data-${name}`))).metadata.uid;
}

test("a paused node is scaled to 0 and says so; unpaused it becomes Ready again on the same volume", async () => {
  const name = "paused";
  await world.createNode(name);
  await world.untilReady(name);
  const volume = await claimUid(name);
  await world.patchNode(name, { spec: { paused: true } });
  const paused = await untilPaused(name);
  assert.equal(condition(paused, "Ready")?.status, "False");
  assert.equal(condition(paused, "Paused")?.status, "True");
  assert.equal(condition(paused, "Stalled")?.status, "False");
  assert.equal(paused.status?.phase, "Running");
  await untilReplicas(name, 0);
  await world.untilGone(world.pods, keyOf(`${name}-0`));

  await world.patchNode(name, { spec: { paused: false } });
  await untilReplicas(name, 1);
  const back = await world.untilReady(name);
  assert.equal(condition(back, "Paused")?.status, "False");
  assert.equal(await claimUid(name), volume);
});

test("pausing in the middle of an update leaves the plan as it is; unpaused the node ends on the new image", async () => {
  const name = "paused-in-update";
  await world.createNode(name);
  await world.untilReady(name);
  const simulated = world.simulator.node(NAMESPACE, name);
  simulated.script("config-validate", { hang: true });
  await world.patchNode(name, { spec: { image: IMAGE_V2 } });
  await world.untilNode(name, "config-validate submitted", (node) => submitted(node, "config-validate"));
  await world.patchNode(name, { spec: { paused: true } });
  const paused = await untilPaused(name);
  await untilReplicas(name, 0);
  await world.untilGone(world.pods, keyOf(`${name}-0`));
  const later = world.nodes.get(keyOf(name));
  assert.ok(paused.status?.plan?.phase === "Active");
  assert.deepEqual(later?.status?.plan, paused.status.plan);

  simulated.script("config-validate");
  await world.patchNode(name, { spec: { paused: null } });
  await world.untilReady(name, IMAGE_V2);
});

test("a node created paused has a StatefulSet of 0 replicas and no phase; unpaused it comes up", async () => {
  const name = "born-paused";
  await world.createNode(name, { paused: true });
  const paused = await untilPaused(name);
  await untilReplicas(name, 0);
  assert.equal(paused.status?.phase, undefined);
  assert.equal(paused.status?.plan, undefined);
  assert.equal(condition(paused, "Paused")?.status, "True");
  await world.patchNode(name, { spec: { paused: false } });
  await world.untilReady(name);
});

test("D10: a Failed node is planned again by a new value of sei.io/retry, on the volume it has; the same value does nothing", async () => {
  const name = "retried";
  const simulated = world.simulator.node(NAMESPACE, name);
  simulated.script("config-validate", { fail: "no space left on device" });
  await world.createNode(name);
  const failed = await untilPhase(name, "Failed");
  assert.equal(failed.status?.plan?.failedTaskDetail?.type, "config-validate");
  assert.match(condition(failed, "Stalled")?.message ?? "", /no space left on device.*sei\.io\/retry/);
  await world.untilEvent(name, "NodeFailed");
  const volume = await claimUid(name);

  await retry(name, "1");
  const again = await world.untilNode(
    name,
    "failed again, by another plan",
    ({ status }) => status?.phase === "Failed" && status.plan?.id !== failed.status?.plan?.id,
  );
  assert.equal(again.status?.observedRetry, "1");

  // An annotation of the StatefulSet makes the controller look: it must not take the value it has handled for a new one.
  await forceReconciles(world.manager.metricsUrl, 3, (round) =>
    kubectl(world, ["annotate", "--overwrite", "statefulset", name, `test/wake=${round}`]),
  );
  simulated.script("config-validate");
  await retry(name, "2");
  const ready = await world.untilReady(name);
  assert.equal(ready.status?.observedRetry, "2");
  assert.equal(condition(ready, "Stalled")?.status, "False");
  assert.equal(await claimUid(name), volume);
  // One plan for the creation and one for each of the two values.
  assert.equal(simulated.posts("configure-genesis").length, 3);
});

test("D24: a bad image at creation is cured by correcting it: the pod that cannot start is deleted and replaced", async () => {
  const name = "bad-birth";
  world.simulator.images.failPull("sei:bad");
  await world.createNode(name, { image: "sei:bad" });
  await world.untilNode(name, "told", (node) =>
    /cannot pull image sei:bad/.test(condition(node, "Ready")?.message ?? ""),
  );
  const hopeless = world.pod(name)?.metadata.uid;
  await world.patchNode(name, { spec: { image: IMAGE_V1 } });
  const ready = await world.untilReady(name);
  assert.notEqual(world.pod(name)?.metadata.uid, hopeless);
  assert.equal(condition(ready, "NodeUpdateInProgress")?.reason, "NotStarted");
});

test("D24: a healthy pod of an older template is left to work and replaced before seid's gate opens", async () => {
  const name = "changed-mind";
  const simulated = world.simulator.node(NAMESPACE, name);
  simulated.script("config-validate", { delayMs: 1_500, times: 1 });
  await world.createNode(name);
  await world.untilNode(name, "config-validate submitted", (node) => submitted(node, "config-validate"));
  const old = world.pod(name)?.metadata.uid;
  await world.patchNode(name, { spec: { image: IMAGE_V2 } });
  const template = await world.until(
    world.statefulSets,
    keyOf(name),
    "the new template",
    (object) => seidImage(object) === IMAGE_V2,
  );
  assert.ok(template);
  assert.equal(world.pod(name)?.metadata.uid, old, "a pod that works is not deleted at once");
  await world.untilReady(name, IMAGE_V2);
  assert.notEqual(world.pod(name)?.metadata.uid, old);
  // The gate was opened for the new pod only.
  assert.equal(simulated.posts("mark-ready").length, 1);
  assert.equal(simulated.seid.image, IMAGE_V2);
});

for (const [field, patch, back] of [
  ["chainId", { chainId: "atlantic-2" }, { chainId: "pacific-1" }],
  ["mode", { fullNode: null, archive: {} }, { fullNode: {}, archive: null }],
] as const) {
  test(`D27: ${field} edited on a live node renders nothing and is told with a remedy; changed back it heals`, async () => {
    const name = `new-${field.toLowerCase()}`;
    await world.createNode(name);
    await world.untilReady(name);
    const before = statefulSet(name)?.metadata;
    await world.patchNode(name, { spec: { ...patch, image: IMAGE_V2 } });
    const told = await world.untilNode(
      name,
      "told",
      (node) => condition(node, "Stalled")?.reason === "IdentityChanged",
    );
    assert.equal(condition(told, "Stalled")?.status, "True");
    assert.match(condition(told, "Stalled")?.message ?? "", /change it back, or delete this SeiNode/);
    assert.equal(condition(told, "Ready")?.reason, "IdentityChanged");
    assert.equal(told.status?.plan, undefined);
    assert.equal(told.status?.observedGeneration, told.metadata.generation);
    // Whatever else wakes the controller, nothing is rendered.
    await kubectl(world, ["delete", "pod", `${name}-0`]);
    await world.until(world.pods, keyOf(`${name}-0`), "the old template again", (pod) =>
      Boolean(pod.status?.containerStatuses),
    );
    assert.equal(statefulSet(name)?.metadata.generation, before?.generation);
    assert.equal(world.pod(name)?.spec?.containers[0]?.image, IMAGE_V1);

    await world.patchNode(name, { spec: back });
    const healed = await world.untilReady(name, IMAGE_V2);
    assert.equal(condition(healed, "Stalled")?.status, "False");
  });
}

test("D27: chainId edited while the StatefulSet is away starts no pod either: the volume still tells", async () => {
  const name = "new-chain-no-set";
  await world.createNode(name);
  const node = await world.untilReady(name);
  await world.manager.stop();
  await world.patchNode(name, { spec: { chainId: "atlantic-2" } });
  await kubectl(world, ["delete", "statefulset", name]);
  await world.untilGone(world.pods, keyOf(`${name}-0`));
  await world.startManager();
  await world.untilNode(name, "told", (n) => condition(n, "Stalled")?.reason === "IdentityChanged");
  assert.equal(statefulSet(name), undefined);
  await world.patchNode(name, { spec: { chainId: "pacific-1" } });
  const healed = await world.untilReady(name);
  assert.notEqual(healed.status?.statefulSet?.uid, node.status?.statefulSet?.uid);
});

test("D6: a spec that cannot be planned is told at once, with a status; corrected it is brought up", async () => {
  const name = "invalid";
  await world.createNode(name, {
    fullNode: { snapshotGeneration: { tendermint: { keepRecent: 1, publish: {} } } },
  });
  const told = await world.untilNode(name, "told", (node) => condition(node, "Stalled")?.status === "True");
  for (const type of ["Ready", "Stalled"]) {
    assert.equal(condition(told, type)?.reason, "InvalidSpec");
    assert.match(condition(told, type)?.message ?? "", /keepRecent must be >= 2 when publish is set/);
  }
  assert.equal(condition(told, "Ready")?.status, "False");
  assert.equal(told.status?.observedGeneration, told.metadata.generation);
  await world.patchNode(name, {
    spec: { fullNode: { snapshotGeneration: { tendermint: { keepRecent: 2 } } } },
  });
  const ready = await world.untilReady(name);
  assert.equal(condition(ready, "Stalled")?.status, "False");
});

test("D6: a Running node whose spec becomes invalid keeps its pod and its phase, and says what is wrong", async () => {
  const name = "turned-invalid";
  await world.createNode(name);
  await world.untilReady(name);
  const pod = world.pod(name)?.metadata.uid;
  const bad = { snapshotGeneration: { tendermint: { keepRecent: 1, publish: {} } } };
  await world.patchNode(name, { spec: { fullNode: bad } });
  const told = await world.untilNode(name, "told", (node) => condition(node, "Stalled")?.status === "True");
  assert.equal(told.status?.phase, "Running");
  assert.equal(told.status?.currentImage, IMAGE_V1);
  await world.patchNode(name, { spec: { fullNode: { snapshotGeneration: null } } });
  await world.untilReady(name);
  assert.equal(world.pod(name)?.metadata.uid, pod);
});

function submitted(node: DeepReadonly<SeiNode>, type: string): boolean {
  return (node.status?.plan?.tasks.find((task) => task.type === type)?.submittedAt ?? "") !== "";
}

function seidImage(object: DeepReadonly<StatefulSet>): string | undefined {
  return object.spec?.template.spec?.containers[0]?.image;
}

/** A group on the real control plane: its template changes, and every node gets there, whatever state its pod is in. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type SeiNode, seiNodeDeployments, seiNodes } from "#api";
import type { DeepReadonly } from "#kube";
import { kubectl } from "../harness/kubectl.ts";
import { endWorld } from "../harness/manners.ts";
import { forceReconciles } from "../harness/metrics.ts";
import { condition, IMAGE_V1, IMAGE_V2, IMAGE_V3, NAMESPACE, World } from "../harness/world.ts";

let world: World;
before(async () => {
  world = await World.start();
});
after(() => endWorld(world));

const allAtOnce = { type: "InPlace" as const, inPlace: { maxUnavailable: "100%" } };

function node(name: string): DeepReadonly<SeiNode> {
  const found = world.nodes.get({ namespace: NAMESPACE, name });
  assert.ok(found, `SeiNode ${name}`);
  return found;
}

const namesOf = (group: string, count: number) => Array.from({ length: count }, (_, i) => `${group}-${i}`);

async function halt(names: readonly string[]): Promise<void> {
  for (const name of names) world.simulator.halt(`${NAMESPACE}/${name}`);
  for (const name of names)
    await world.untilNode(name, "halted", (found) => condition(found, "Ready")?.status === "False");
}

const stuckOn = (name: string, image: string) =>
  world.untilNode(name, `cannot pull ${image}`, (found) =>
    (condition(found, "Ready")?.message ?? "").includes(`cannot pull image ${image}`),
  );

/** The manager's writes to SeiNodes of the group, in order. */
async function nodeWrites(group: string): Promise<readonly string[]> {
  const records = await world.audit();
  return records
    .filter(({ verb, resource, name = "" }) => {
      const writes = ["create", "patch", "delete"].includes(verb);
      return writes && resource === "seinodes" && name.startsWith(`${group}-`);
    })
    .map(({ verb, name }) => `${verb} ${name}`);
}

test("a group comes up: owned, labelled, numbered nodes, and its status tells of them", async () => {
  await world.createGroup("fresh");
  const group = await world.untilGroupReady("fresh");
  assert.equal(group.status?.phase, "Ready");
  assert.deepEqual(
    group.status?.nodes?.map(({ name, phase }) => [name, phase]),
    namesOf("fresh", 3).map((name) => [name, "Running"]),
  );
  for (const [ordinal, name] of namesOf("fresh", 3).entries()) {
    const { labels, ownerReferences } = node(name).metadata;
    assert.equal(labels?.["sei.io/nodedeployment"], "fresh");
    assert.equal(labels?.["sei.io/nodedeployment-ordinal"], String(ordinal));
    assert.equal(labels?.["sei.io/chain"], "pacific-1");
    assert.deepEqual(
      ownerReferences?.map(({ uid, controller }) => [uid, controller]),
      [[group.metadata.uid, true]],
    );
  }
  assert.equal(condition(group, "GenesisCeremonyComplete")?.reason, "NotApplicable");
});

test("v1 -> v2 with every pod not Ready converges", async () => {
  await world.createGroup("halted", { replicas: 4, template: { validator: {} } });
  await world.untilGroupReady("halted");
  const names = namesOf("halted", 4);
  await halt(names);
  await world.untilGroup("halted", "not Ready", (group) => condition(group, "Ready")?.status === "False");
  await world.setGroupImage("halted", IMAGE_V2);
  const group = await world.untilGroupReady("halted", IMAGE_V2);
  assert.deepEqual(
    names.map((name) => node(name).status?.currentImage),
    names.map(() => IMAGE_V2),
  );
  assert.equal(condition(group, "RolloutInProgress")?.reason, "RolloutComplete");
  assert.deepEqual([group.status?.plan, group.status?.rollout], [undefined, undefined]);
  await world.untilEvent("halted", "RolloutComplete");
});

test("a healthy group is rolled one node after the other; no two are out of service at once", async () => {
  await world.createGroup("waves");
  await world.untilGroupReady("waves");
  const names = namesOf("waves", 3);
  let most = 0;
  const stop = world.nodes.onEvent(() => {
    const out = names.filter((name) => {
      const found = world.nodes.get({ namespace: NAMESPACE, name });
      return found !== undefined && condition(found, "Ready")?.status !== "True";
    });
    most = Math.max(most, out.length);
  });
  await world.setGroupImage("waves", IMAGE_V2);
  await world.untilGroupReady("waves", IMAGE_V2);
  stop();
  assert.equal(most, 1);
});

test("a stuck rollout keeps the shape of 7.6, resolves by itself once its nodes get on, and the group deletes cleanly", async () => {
  await world.createGroup("stuck", { updateStrategy: allAtOnce });
  await world.untilGroupReady("stuck");
  const names = namesOf("stuck", 3);
  for (const name of names) world.simulator.node(NAMESPACE, name).script("config-validate", { hang: true });
  await world.setGroupImage("stuck", IMAGE_V2);
  for (const name of names)
    await world.untilNode(name, "hangs", ({ status }) =>
      Boolean(status?.plan?.tasks.find(({ type }) => type === "config-validate")?.submittedAt),
    );
  const before = await world.untilGroup(
    "stuck",
    "awaits its nodes",
    ({ status }) => status?.plan?.tasks[0]?.status === "Complete",
  );
  await forceReconciles(
    world.manager.metricsUrl,
    3,
    (round) => kubectl(world, ["annotate", "svc", "stuck-internal", `touched=${round}`, "--overwrite"]),
    "seinodedeployment",
  );
  const held = await world.untilGroup("stuck", "is there", () => true);
  const { phase, plan, rollout, readyReplicas } = held.status ?? {};
  assert.deepEqual([plan, rollout], [before.status?.plan, before.status?.rollout]);
  assert.deepEqual([phase, plan?.phase, readyReplicas], ["Upgrading", "Active", 3]);
  assert.deepEqual(
    plan?.tasks.map(({ status }) => status),
    ["Complete", "Pending", "Pending"],
  );
  assert.deepEqual(
    rollout?.nodes?.map(({ ready }) => ready),
    [false, false, false],
  );
  for (const type of ["RolloutInProgress", "PlanInProgress", "NodesReady"])
    assert.equal(condition(held, type)?.status, "True", type);
  assert.ok(!world.eventsOf("stuck").some(({ reason }) => reason === "RolloutComplete"));
  for (const name of names)
    assert.deepEqual([node(name).spec.image, node(name).status?.currentImage], [IMAGE_V2, IMAGE_V1]);

  for (const name of names) {
    world.simulator.node(NAMESPACE, name).heal();
    // It runs the task again by itself, which does not hang any more.
    world.simulator.node(NAMESPACE, name).sidecar.crash();
  }
  const done = await world.untilGroupReady("stuck", IMAGE_V2);
  assert.equal(condition(done, "RolloutInProgress")?.reason, "RolloutComplete");
  assert.deepEqual([done.status?.plan, done.status?.rollout], [undefined, undefined]);
  await world.rest.delete(seiNodeDeployments, { namespace: NAMESPACE, name: "stuck" });
  await world.untilGone(world.groups, { namespace: NAMESPACE, name: "stuck" });
  for (const name of names) await world.untilGone(world.nodes, { namespace: NAMESPACE, name });
});

test("v1 -> v2 -> v3 in mid-roll ends at v3", async () => {
  await world.createGroup("super", { updateStrategy: allAtOnce });
  await world.untilGroupReady("super");
  for (const name of namesOf("super", 3))
    world.simulator.node(NAMESPACE, name).script("config-validate", { delayMs: 60_000 });
  await world.setGroupImage("super", IMAGE_V2);
  await world.untilNode("super-1", "rolling to v2", (found) => found.status?.plan?.phase === "Active");
  for (const name of namesOf("super", 3)) world.simulator.node(NAMESPACE, name).script("config-validate");
  await world.setGroupImage("super", IMAGE_V3);
  await world.untilGroupReady("super", IMAGE_V3);
  await world.untilEvent("super", "RolloutSuperseded");
  assert.deepEqual(
    namesOf("super", 3).map((name) => node(name).status?.currentImage),
    [IMAGE_V3, IMAGE_V3, IMAGE_V3],
  );
});

test("v1 -> bad image -> v1 stops after its first wave and ends Ready at v1 with no manual step", async () => {
  await world.createGroup("bad");
  await world.untilGroupReady("bad");
  world.simulator.images.failPull("sei:bad");
  await world.setGroupImage("bad", "sei:bad");
  await stuckOn("bad-0", "sei:bad");
  assert.deepEqual(
    namesOf("bad", 3).map((name) => node(name).spec.image),
    ["sei:bad", IMAGE_V1, IMAGE_V1],
  );
  await world.setGroupImage("bad", IMAGE_V1);
  await world.untilGroupReady("bad", IMAGE_V1);
  for (const name of namesOf("bad", 3)) await world.untilReady(name, IMAGE_V1);
  assert.deepEqual(
    (await nodeWrites("bad")).filter((write) => write.startsWith("delete")),
    [],
  );
});

test("a node deleted in mid-roll comes back and the rollout ends", async () => {
  await world.createGroup("healed");
  await world.untilGroupReady("healed");
  world.simulator.images.failPull("sei:slow");
  await world.setGroupImage("healed", "sei:slow");
  await stuckOn("healed-0", "sei:slow");
  const old = node("healed-2").metadata.uid;
  await world.rest.delete(seiNodes, { namespace: NAMESPACE, name: "healed-2" });
  await world.untilNode("healed-2", "made again", (found) => found.metadata.uid !== old);
  assert.equal(node("healed-2").spec.image, IMAGE_V1, "its wave has not come");
  await world.rest.delete(seiNodes, { namespace: NAMESPACE, name: "healed-0" });
  await world.setGroupImage("healed", IMAGE_V2);
  await world.untilGroupReady("healed", IMAGE_V2);
  assert.deepEqual(
    namesOf("healed", 3).map((name) => node(name).status?.currentImage),
    [IMAGE_V2, IMAGE_V2, IMAGE_V2],
  );
});

test("BlueGreen is accepted and answered with a condition and one Warning event; nothing is rolled", async () => {
  await world.createGroup("blue", { replicas: 1, updateStrategy: { type: "BlueGreen" } });
  await world.untilGroupReady("blue");
  await world.setGroupImage("blue", IMAGE_V2);
  const group = await world.untilGroup(
    "blue",
    "refused",
    (found) => condition(found, "RolloutInProgress")?.reason === "StrategyNotImplemented",
  );
  assert.equal(condition(group, "RolloutInProgress")?.status, "False");
  assert.equal((await world.untilEvent("blue", "StrategyNotImplemented")).type, "Warning");
  assert.equal(node("blue-0").spec.image, IMAGE_V1);
});

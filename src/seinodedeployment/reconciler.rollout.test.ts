/** Passes over a group whose template changes. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { SeiNode } from "#api";
import { apiError } from "../kube/testing/fake-client.ts";
import { conditionOf, GroupWorld } from "./group-world.ts";
import { templateHash } from "./template-hash.ts";
import { BAD, groupSpec, type SpecOptions, V1, V2, V3, validators } from "./testing.ts";

const MINUTE = 60_000;
const hashOf = (image: string) => templateHash({ chainId: "pacific-1", image });
const setImage = (world: GroupWorld, image: string) =>
  world.edit((spec) => {
    spec.template.spec.image = image;
  });

/** A group that was brought up on v1 and is idle. */
async function settled(options: SpecOptions = {}): Promise<GroupWorld> {
  const world = new GroupWorld(groupSpec(options));
  await world.converge();
  assert.equal(world.status().phase, "Ready");
  world.events.length = 0;
  return world;
}

const all = { updateStrategy: { type: "InPlace" as const, inPlace: { maxUnavailable: "100%" } } };

test("hash divergence sets the rollout and True/TemplateChanged and leaves incumbentNodes as they are", async () => {
  const world = await settled();
  setImage(world, V2);
  await world.pass();
  const { rollout, incumbentNodes, phase, templateHash: baseline } = world.status();
  assert.equal(rollout?.targetHash, hashOf(V2));
  assert.equal(rollout?.strategy, "InPlace");
  assert.deepEqual(incumbentNodes, ["rpc-0", "rpc-1", "rpc-2"]);
  assert.equal(world.told("RolloutInProgress"), "True/TemplateChanged");
  assert.match(world.condition("RolloutInProgress").message, new RegExp(`${hashOf(V1)} to ${hashOf(V2)}`));
  assert.equal(phase, "Upgrading");
  assert.equal(baseline, hashOf(V1), "the baseline moves at the end only");
  assert.equal(world.status().observedGeneration, 1, "held back while the rollout goes on");
  assert.ok(world.events.includes(`RolloutStarted: InPlace rollout to ${hashOf(V2).slice(0, 8)} started`));
});

test("detection comes before the nodes are touched: the pass that opens a rollout changes no node", async () => {
  const world = await settled();
  setImage(world, V2);
  const before = world.kube.writes.length;
  await world.pass();
  assert.deepEqual(
    world.kube.writes.slice(before).map(({ verb, kind }) => `${verb} ${kind}`),
    ["mergePatch SeiNodeDeployment"],
  );
  assert.deepEqual(world.images(), [V1, V1, V1]);
});

test("the InPlace plan lists its tasks in order, all Pending, with ids and params that name all incumbents", async () => {
  const world = await settled();
  setImage(world, V2);
  await world.pass();
  const tasks = world.status().plan?.tasks ?? [];
  assert.deepEqual(world.tasks(), [
    "update-node-specs:Pending",
    "await-spec-update:Pending",
    "mark-nodes-ready:Pending",
  ]);
  const nodeNames = ["rpc-0", "rpc-1", "rpc-2"];
  assert.deepEqual(
    tasks.map(({ params }) => params),
    [
      { groupName: "rpc", namespace: "sei", nodeNames },
      { namespace: "sei", nodeNames },
      { namespace: "sei", nodeNames },
    ],
  );
  assert.equal(new Set(tasks.map(({ id }) => id)).size, 3);
  assert.ok(tasks.every(({ id }) => /^[0-9a-f-]{36}$/.test(id)));
});

test("same-target re-detection leaves the rollout and its startedAt as they are", async () => {
  const world = await settled();
  setImage(world, V2);
  await world.pass();
  const before = world.status().rollout;
  await world.clock.advance(MINUTE);
  world.edit((spec) => {
    spec.template.spec.overrides = { "a.b": "c" };
  });
  await world.pass();
  assert.deepEqual(world.status().rollout?.startedAt, before?.startedAt);
  assert.equal(world.status().rollout?.targetHash, before?.targetHash);
  assert.deepEqual(
    world.eventReasons().filter((reason) => reason.startsWith("Rollout")),
    ["RolloutStarted"],
  );
});

test("a stale target with an active plan: the plan is dropped, the target replaced, the event names the old hash", async () => {
  const world = await settled();
  setImage(world, V2);
  await world.pass();
  const old = world.status().plan?.id;
  setImage(world, V3);
  await world.pass();
  assert.equal(world.status().rollout?.targetHash, hashOf(V3));
  assert.notEqual(world.status().plan?.id, old);
  assert.equal(world.told("RolloutInProgress"), "True/TemplateChanged");
  assert.equal(world.told("PlanInProgress"), "True/PlanStarted");
  assert.ok(
    world.events.some((event) => event.startsWith("RolloutSuperseded") && event.includes(hashOf(V2))),
  );
});

test("an empty strategy type behaves as InPlace and gets a plan", async () => {
  const world = await settled();
  world.edit((spec) => {
    spec.template.spec.image = V2;
    spec.updateStrategy = { type: "" as never };
  });
  await world.pass();
  assert.equal(world.status().rollout?.strategy, "InPlace");
  assert.equal(world.tasks().length, 3);
  assert.match(world.warnings.join(), /updateStrategy\.type is empty and taken as InPlace/);
  await world.converge();
  assert.deepEqual(world.images(), [V2, V2, V2]);
});

test("no incumbents: no rollout, whatever the baseline says", async () => {
  const world = new GroupWorld(groupSpec(), { templateHash: hashOf("sei:v0") });
  world.kube.failNext.set("apply SeiNode", apiError("transient", 500));
  await world.pass();
  assert.equal(world.status().rollout, undefined);
  assert.equal(world.told("RolloutInProgress"), "False/NotStarted");
});

test("end to end with 3 replicas: specs, then current images, then False/RolloutComplete, plan and rollout gone", async () => {
  const world = await settled();
  setImage(world, V2);
  await world.converge();
  assert.deepEqual(world.images(), [V2, V2, V2]);
  assert.equal(world.told("RolloutInProgress"), "False/RolloutComplete");
  assert.equal(world.told("PlanInProgress"), "False/PlanComplete");
  const { plan, rollout, templateHash: baseline, phase, observedGeneration } = world.status();
  assert.deepEqual([plan, rollout], [undefined, undefined]);
  assert.equal(baseline, hashOf(V2));
  assert.equal(phase, "Ready");
  assert.equal(observedGeneration, 2);
  assert.equal(world.told("Ready"), "True/Ready");
  assert.deepEqual(
    world.eventReasons().filter((reason) => /Rollout|Plan/.test(reason)),
    ["RolloutStarted", "PlanStarted", "RolloutComplete", "PlanComplete"],
  );
});

test("an idle group writes nothing, for an hour", async () => {
  const world = await settled();
  const before = world.kube.writes.length;
  await world.elapse(60 * MINUTE);
  assert.deepEqual(world.kube.writes.slice(before), []);
});

test("a change of a node that changes nothing of what the group tells is no write", async () => {
  const world = await settled();
  const before = world.kube.writes.length;
  world.setStatus("rpc-1", { resolvedPeers: ["a@b:1"], plan: { id: "p", phase: "Complete", tasks: [] } });
  world.editNode("rpc-2", (node) => {
    node.metadata.annotations = { theirs: "1" };
  });
  world.settle("rpc-2");
  await world.elapse(MINUTE);
  assert.deepEqual(world.kube.writes.slice(before), []);
});

test("waves: 3 full nodes go one by one, by ordinal, the next only when the one before is Ready on the new image", async () => {
  const world = await settled();
  setImage(world, V2);
  await world.elapse(1_000);
  assert.deepEqual(world.images(), [V2, V1, V1]);
  world.setStatus("rpc-0", { currentImage: V2 });
  await world.elapse(1_000);
  assert.deepEqual(world.images(), [V2, V1, V1], "current is not Ready yet");
  world.settle("rpc-0");
  await world.elapse(1_000);
  assert.deepEqual(world.images(), [V2, V2, V1]);
  world.settle("rpc-1");
  await world.elapse(1_000);
  assert.deepEqual(world.images(), [V2, V2, V2]);
  assert.deepEqual(
    world.status().rollout?.nodes?.map(({ name, wave, ready }) => [name, wave, ready]),
    [
      ["rpc-0", 1, true],
      ["rpc-1", 2, true],
      ["rpc-2", 3, false],
    ],
  );
});

test("update-node-specs stays Pending until its last wave was moved", async () => {
  const world = await settled();
  setImage(world, V2);
  for (const name of ["rpc-0", "rpc-1"]) {
    await world.elapse(1_000);
    assert.equal(world.tasks()[0], "update-node-specs:Pending");
    world.settle(name);
  }
  await world.elapse(1_000);
  assert.deepEqual(world.images(), [V2, V2, V2]);
  assert.deepEqual(world.tasks().slice(0, 2), ["update-node-specs:Complete", "await-spec-update:Pending"]);
});

test("the duration of a rollout is told from its start, not from its last wave", async () => {
  const world = await settled();
  setImage(world, V2);
  for (const name of ["rpc-0", "rpc-1", "rpc-2"]) {
    await world.elapse(MINUTE);
    world.settle(name);
  }
  await world.elapse(MINUTE);
  assert.equal(world.told("RolloutInProgress"), "False/RolloutComplete");
  assert.deepEqual(
    world.metrics.filter((line) => line.startsWith("planDuration")),
    ["planDuration sei rollout complete 180"],
  );
});

test("a node is Ready again only when it says so about its new spec: the old word does not let the next wave go", async () => {
  const world = await settled();
  setImage(world, V2);
  await world.elapse(1_000);
  const old = conditionOf("Ready", "True", "Ready", 1);
  world.setStatus("rpc-0", { currentImage: V2, conditions: [old] });
  await world.elapse(10_000);
  assert.deepEqual(world.images(), [V2, V1, V1]);
});

test("100% moves all nodes at once, each with one write", async () => {
  const world = await settled(all);
  setImage(world, V2);
  const before = world.kube.writes.length;
  await world.elapse(100);
  assert.deepEqual(world.images(), [V2, V2, V2]);
  const applies = world.kube.writes.slice(before).filter(({ verb }) => verb === "apply");
  assert.deepEqual(
    applies.map(({ name }) => name),
    ["rpc-0", "rpc-1", "rpc-2"],
  );
});

test("nodes that are already not Ready go at once and cost no budget: a coordinated halt is one wave", async () => {
  const world = new GroupWorld(validators({ replicas: 4 }));
  await world.converge();
  for (const node of world.nodes()) world.halt(node.metadata.name);
  setImage(world, V2);
  await world.elapse(1_000);
  assert.deepEqual(world.images(), [V2, V2, V2, V2]);
  await world.converge();
  assert.equal(world.told("RolloutInProgress"), "False/RolloutComplete");
});

test("one node that is not Ready goes beside the first wave, and does not hold up the others when it stays so", async () => {
  const world = new GroupWorld(validators({ replicas: 4 }));
  await world.converge();
  world.halt("rpc-2");
  setImage(world, V2);
  await world.elapse(1_000);
  assert.deepEqual(world.images(), [V2, V1, V2, V1]);
  world.settle("rpc-0");
  await world.elapse(1_000);
  assert.deepEqual(world.images(), [V2, V2, V2, V1]);
});

test("a bad image stops after its first wave, and going back to v1 ends Ready at v1 with no manual step", async () => {
  const world = await settled();
  setImage(world, BAD);
  await world.elapse(1_000);
  world.halt("rpc-0");
  await world.elapse(5 * MINUTE);
  assert.deepEqual(world.images(), [BAD, V1, V1]);
  setImage(world, V1);
  await world.converge();
  assert.deepEqual(world.images(), [V1, V1, V1]);
  assert.equal(world.told("RolloutInProgress"), "False/RolloutComplete");
  assert.equal(world.status().templateHash, hashOf(V1));
  assert.equal(world.told("Ready"), "True/Ready");
  const told = world.eventReasons().filter((reason) => reason.startsWith("Rollout"));
  assert.deepEqual(told, ["RolloutStarted", "RolloutSuperseded", "RolloutComplete"]);
});

test("v1 -> v2 -> v3 while v2 is parked ends with every node at v3", async () => {
  const world = await settled();
  setImage(world, V2);
  await world.elapse(1_000);
  world.halt("rpc-0");
  await world.elapse(10_000);
  setImage(world, V3);
  await world.converge();
  assert.deepEqual(world.images(), [V3, V3, V3]);
  assert.equal(world.status().templateHash, hashOf(V3));
});

test("a template that changes in the pass in which the rollout ends opens the next one", async () => {
  const world = await settled(all);
  setImage(world, V2);
  await world.elapse(100);
  for (const node of world.nodes()) world.settle(node.metadata.name);
  await world.pass();
  setImage(world, V3);
  await world.converge();
  assert.deepEqual(world.images(), [V3, V3, V3]);
});

test("a sidecar-only change is rolled out wave by wave and awaited too", async () => {
  const world = await settled();
  world.edit((spec) => {
    spec.template.spec.sidecar = { image: "seictl:v9" };
  });
  await world.elapse(1_000);
  assert.deepEqual(
    world.nodes().map(({ spec }) => spec.sidecar?.image),
    ["seictl:v9", undefined, undefined],
  );
  const generation = world.node("rpc-0").metadata.generation ?? 1;
  world.setStatus("rpc-0", {
    observedGeneration: generation,
    conditions: [conditionOf("Ready", "True", "Ready", generation)],
  });
  await world.elapse(10_000);
  assert.equal(world.node("rpc-1").spec.sidecar, undefined, "the sidecar of rpc-0 is not the new one yet");
  await world.converge();
  assert.ok(world.nodes().every(({ spec, status }) => spec.sidecar?.image === status?.currentSidecarImage));
  assert.equal(world.told("RolloutInProgress"), "False/RolloutComplete");
});

test("a sidecar image that changes in mid-rollout reaches the nodes that were moved already as well", async () => {
  const world = await settled(all);
  setImage(world, V2);
  await world.elapse(100);
  assert.deepEqual(world.images(), [V2, V2, V2]);
  world.edit((spec) => {
    spec.template.spec.sidecar = { image: "seictl:v9" };
  });
  await world.converge();
  assert.ok(world.eventReasons().includes("RolloutSuperseded"));
  for (const { spec, status } of world.nodes())
    assert.deepEqual(
      [spec.image, spec.sidecar?.image, status?.currentSidecarImage],
      [V2, "seictl:v9", "seictl:v9"],
    );
});

test("a cache that still shows a node as it was before the rollout neither completes it nor undoes anything", async () => {
  const world = await settled(all);
  const before = world.node("rpc-1");
  setImage(world, V2);
  await world.elapse(100);
  for (const { metadata } of world.nodes()) world.settle(metadata.name);
  const live = world.node("rpc-1");
  world.kube.cacheShows("SeiNode", { namespace: "sei", name: "rpc-1" }, before);
  await world.elapse(10_000);
  assert.ok(world.status().rollout, "not complete on an old word");
  assert.deepEqual(world.node("rpc-1"), live);
  world.kube.put(live);
  await world.converge();
  assert.equal(world.told("RolloutInProgress"), "False/RolloutComplete");
});

test("a node deleted in mid-rollout comes back with the image of its wave", async () => {
  const world = await settled();
  setImage(world, V2);
  await world.elapse(1_000);
  world.removeNode("rpc-0");
  world.removeNode("rpc-2");
  const before = world.kube.writes.length;
  await world.elapse(1_000);
  const made = world.kube.writes.slice(before).find(({ kind }) => kind === "SeiNode");
  assert.equal((made?.body as SeiNode | undefined)?.spec.image, V2, "not first on the old image");
  assert.deepEqual(world.images(), [V2, V1, V1], "rpc-0 was moved, rpc-2 waits for its turn");
  await world.converge();
  assert.deepEqual(world.images(), [V2, V2, V2]);
});

test("a node that is being deleted in mid-rollout is not taken for one that halted: its successor waits for its wave", async () => {
  const world = await settled();
  setImage(world, V2);
  await world.elapse(1_000);
  const node = world.node("rpc-2");
  world.kube.put({ ...node, metadata: { ...node.metadata, deletionTimestamp: "2026-01-01T00:00:01Z" } });
  await world.elapse(1_000);
  world.removeNode("rpc-2");
  await world.elapse(1_000);
  assert.deepEqual(world.images(), [V2, V1, V1]);
  await world.converge();
  assert.deepEqual(world.images(), [V2, V2, V2]);
});

test("a node made in mid-rollout that does not come up on the old image gets the new one when nothing else waits", async () => {
  const world = await settled();
  setImage(world, V2);
  await world.clock.advance(1_000);
  await world.elapse(1_000);
  world.removeNode("rpc-2");
  await world.elapse(1_000);
  await world.elapse(10_000);
  assert.deepEqual(world.images(), [V2, V1, V1], "it may only be coming up");
  world.settle("rpc-0");
  await world.elapse(1_000);
  world.settle("rpc-1");
  await world.elapse(1_000);
  assert.deepEqual(world.images(), [V2, V2, V2]);
});

test("update-node-specs leaves up-to-date nodes alone, and puts back what somebody moves off the target", async () => {
  const world = await settled(all);
  world.editNode("rpc-1", (node) => {
    node.spec.image = V2;
  });
  setImage(world, V2);
  const before = world.kube.writes.length;
  await world.elapse(100);
  const applied = world.kube.writes.slice(before).filter(({ verb }) => verb === "apply");
  assert.deepEqual(
    applied.map(({ name }) => name),
    ["rpc-0", "rpc-2"],
  );
  world.editNode("rpc-0", (node) => {
    node.spec.image = V1;
  });
  await world.converge();
  assert.deepEqual(world.images(), [V2, V2, V2]);
});

test("await-spec-update waits while a node is not converged or is missing", async () => {
  const world = await settled(all);
  setImage(world, V2);
  await world.elapse(100);
  for (const name of ["rpc-0", "rpc-1"]) world.settle(name);
  await world.elapse(10_000);
  assert.deepEqual(world.tasks().slice(0, 2), ["update-node-specs:Complete", "await-spec-update:Pending"]);
  assert.match(world.condition("Reconciling").message, /rpc-2 to run the new images/);
});

test("mark-nodes-ready leaves the gate to a node's own plan, and marks one that nobody marks, once it asked", async () => {
  const world = await settled(all);
  setImage(world, V2);
  await world.elapse(100);
  for (const name of ["rpc-0", "rpc-1", "rpc-2"]) {
    world.settle(name);
    world.setStatus(name, { conditions: [] });
    world.sidecar(name).silent = true;
  }
  await world.elapse(10_000);
  assert.match(world.condition("Reconciling").message, /to be marked ready/);
  // It lost its mark, and its own controller has begun to see to that.
  world.setStatus("rpc-1", { plan: { id: "p", phase: "Active" as const, tasks: [] } });
  for (const name of ["rpc-0", "rpc-1", "rpc-2"]) world.sidecar(name).silent = false;
  world.sidecar("rpc-1").ready = false;
  world.sidecar("rpc-2").ready = false;
  await world.elapse(20_000);
  assert.deepEqual(world.sidecar("rpc-0").posted, []);
  assert.deepEqual(world.sidecar("rpc-1").posted, []);
  assert.deepEqual(world.sidecar("rpc-2").posted, ["mark-ready"]);
  assert.ok(world.status().rollout, "not complete before every sidecar is marked");
  const { plan: _, ...withoutPlan } = world.node("rpc-1").status ?? {};
  world.kube.put({ ...world.node("rpc-1"), status: withoutPlan } as SeiNode);
  await world.elapse(20_000);
  assert.deepEqual(world.sidecar("rpc-1").posted, ["mark-ready"]);
  assert.equal(world.told("RolloutInProgress"), "False/RolloutComplete");
});

test("back on v1 before any pod moved: not complete before each node's controller has seen the change back", async () => {
  const world = await settled(all);
  setImage(world, V2);
  await world.elapse(100);
  assert.deepEqual(world.images(), [V2, V2, V2]);
  setImage(world, V1);
  await world.elapse(10_000);
  assert.deepEqual(
    world.nodes().map((node) => [node.spec.image, node.status?.currentImage]),
    [
      [V1, V1],
      [V1, V1],
      [V1, V1],
    ],
  );
  assert.equal(world.tasks()[1], "await-spec-update:Pending", "their plans may be on the way to v2");
  await world.converge();
  assert.equal(world.told("RolloutInProgress"), "False/RolloutComplete");
});

test("a plan that fails clears the rollout with RolloutFailed, keeps the target as baseline and stays visible", async () => {
  const world = await settled();
  setImage(world, V2);
  await world.pass();
  world.setGroupStatus((status) => {
    const [task] = status.plan?.tasks ?? [];
    if (task !== undefined) task.type = "no-such-task";
  });
  await world.elapse(1_000);
  const { plan, rollout, templateHash: baseline } = world.status();
  assert.deepEqual([plan, rollout], [undefined, undefined]);
  assert.equal(world.told("RolloutInProgress"), "False/RolloutFailed");
  assert.equal(world.told("PlanInProgress"), "False/PlanFailed");
  assert.match(world.condition("RolloutInProgress").message, /no-such-task/);
  assert.equal(baseline, hashOf(V2));
  assert.ok(world.events.some((event) => event.startsWith("PlanFailed") && event.includes("no-such-task")));
  await world.elapse(10 * MINUTE);
  assert.deepEqual(world.images(), [V1, V1, V1], "not tried again, and not pushed out as drift either");
  assert.equal(world.told("Stalled"), "True/RolloutFailed");
  setImage(world, V3);
  await world.converge();
  assert.deepEqual(world.images(), [V3, V3, V3]);
});

test("Stalled after 10 minutes with a node that is not there, not before; told once, with each node's reason", async () => {
  const world = await settled();
  setImage(world, V2);
  await world.elapse(1_000);
  const generation = world.node("rpc-0").metadata.generation ?? 1;
  world.setStatus("rpc-0", {
    observedGeneration: generation,
    conditions: [
      conditionOf("Ready", "False", "PodNotReady", generation),
      conditionOf("Stalled", "True", "ImagePullFailed", generation),
    ],
  });
  await world.elapse(10 * MINUTE - 2_000);
  assert.equal(world.told("RolloutInProgress"), "True/TemplateChanged");
  await world.elapse(2_000);
  assert.equal(world.told("RolloutInProgress"), "True/Stalled");
  const since = world.condition("RolloutInProgress").lastTransitionTime;
  assert.match(
    world.condition("RolloutInProgress").message,
    /rpc-0 \(ImagePullFailed\), rpc-1 \(WaitsForItsWave\)/,
  );
  assert.equal(world.told("Stalled"), "True/RolloutStalled");
  const writes = world.kube.writes.length;
  await world.elapse(30 * MINUTE);
  assert.equal(world.kube.writes.length, writes, "nothing more to say");
  assert.equal(world.eventReasons().filter((reason) => reason === "RolloutStalled").length, 1);
  setImage(world, V3);
  await world.pass();
  assert.equal(world.told("RolloutInProgress"), "True/TemplateChanged");
  assert.equal(world.condition("RolloutInProgress").lastTransitionTime, since);
  await world.converge();
  assert.deepEqual(world.images(), [V3, V3, V3]);
});

test("the stuck shape of 7.6 holds, and resolves once the node gets on", async () => {
  const world = await settled(all);
  setImage(world, V2);
  await world.elapse(10_000);
  const startedAt = world.status().rollout?.startedAt;
  await world.elapse(10_000);
  const { phase, plan, rollout, readyReplicas } = world.status();
  assert.deepEqual([phase, plan?.phase, readyReplicas], ["Upgrading", "Active", 3]);
  assert.equal(rollout?.startedAt, startedAt);
  assert.equal(world.told("NodesReady"), "True/AllNodesReady");
  assert.ok(!world.eventReasons().includes("RolloutComplete"));
  assert.deepEqual(
    world.nodes().map((node) => [node.spec.image, node.status?.currentImage]),
    [
      [V2, V1],
      [V2, V1],
      [V2, V1],
    ],
  );
  await world.converge();
  assert.equal(world.told("RolloutInProgress"), "False/RolloutComplete");
});

test("per-node status: all ready without a plan is cleared with templateHash = target; partly ready is planned again", async () => {
  const world = await settled(all);
  const rollout = { targetHash: hashOf(V2), startedAt: "2026-01-01T00:00:00Z" };
  const orphaned = () =>
    world.setGroupStatus((status) => {
      status.rollout = rollout;
      delete status.plan;
      status.templateHash = hashOf(V1);
      const told = status.conditions?.find(({ type }) => type === "RolloutInProgress");
      if (told) Object.assign(told, { status: "True", reason: "TemplateChanged" });
    });
  setImage(world, V2);
  orphaned();
  await world.pass();
  assert.equal(world.status().templateHash, hashOf(V1));
  assert.equal(world.tasks().length, 3);
  await world.converge();
  orphaned();
  await world.pass();
  assert.equal(world.told("RolloutInProgress"), "False/RolloutComplete");
  assert.equal(world.status().templateHash, hashOf(V2));
});

test("per-node status is never taken as complete while a plan is active", async () => {
  const world = await settled(all);
  setImage(world, V2);
  await world.elapse(100);
  for (const name of ["rpc-0", "rpc-1", "rpc-2"]) {
    world.settle(name);
    world.setStatus(name, { conditions: [] });
    world.sidecar(name).ready = false;
    world.sidecar(name).silent = true;
  }
  await world.elapse(60_000);
  assert.ok(world.status().rollout?.nodes?.every(({ ready }) => ready));
  assert.equal(world.told("RolloutInProgress"), "True/TemplateChanged");
});

test("a manual edit of a node's image outside a rollout is put back; within one it waits for the wave", async () => {
  const world = await settled();
  world.editNode("rpc-1", (node) => {
    node.spec.image = V3;
  });
  await world.converge();
  assert.deepEqual(world.images(), [V1, V1, V1]);
  assert.equal(world.status().rollout, undefined);
  setImage(world, V2);
  await world.elapse(1_000);
  world.editNode("rpc-2", (node) => {
    node.spec.image = V3;
  });
  world.settle("rpc-2");
  await world.elapse(10_000);
  assert.deepEqual(world.images(), [V2, V1, V3]);
  await world.converge();
  assert.deepEqual(world.images(), [V2, V2, V2]);
});

test("BlueGreen is answered with False/StrategyNotImplemented and one Warning; nothing is rolled, nothing is lost", async () => {
  const world = await settled();
  world.edit((spec) => {
    spec.updateStrategy = { type: "BlueGreen" };
    spec.template.spec.image = V2;
    spec.template.metadata = { labels: { team: "a" } };
  });
  await world.elapse(10 * MINUTE);
  assert.deepEqual(world.images(), [V1, V1, V1]);
  assert.equal(
    world.node("rpc-0").metadata.labels?.team,
    "a",
    "what is not rolled out is still kept in shape",
  );
  assert.equal(world.told("RolloutInProgress"), "False/StrategyNotImplemented");
  assert.equal(world.told("Stalled"), "True/StrategyNotImplemented");
  assert.deepEqual(world.eventReasons(), ["StrategyNotImplemented"]);
  world.removeNode("rpc-1");
  await world.converge();
  assert.deepEqual(world.images(), [V1, V1, V1], "a missing node is made like its siblings");
  world.edit((spec) => {
    spec.updateStrategy = { type: "InPlace" };
  });
  await world.converge();
  assert.deepEqual(world.images(), [V2, V2, V2]);
});

test("HardFork in the middle of an InPlace rollout stops it; back on InPlace the nodes converge wave by wave", async () => {
  const world = await settled();
  setImage(world, V2);
  await world.elapse(1_000);
  world.edit((spec) => {
    spec.updateStrategy = { type: "HardFork", hardFork: { haltHeight: 5 } };
    spec.template.spec.image = V3;
  });
  await world.elapse(MINUTE);
  assert.deepEqual(world.images(), [V2, V1, V1]);
  assert.equal(world.told("RolloutInProgress"), "False/StrategyNotImplemented");
  assert.equal(world.told("PlanInProgress").startsWith("False"), true);
  world.edit((spec) => {
    spec.updateStrategy = { type: "InPlace" };
  });
  await world.pass();
  assert.equal(world.told("RolloutInProgress"), "True/TemplateChanged");
  await world.converge();
  assert.deepEqual(world.images(), [V3, V3, V3]);
});

test("a manager that is restarted in mid-rollout goes on with the same wave", async () => {
  const world = await settled();
  setImage(world, V2);
  await world.elapse(1_000);
  const waves = world.status().rollout?.nodes;
  world.restart();
  await world.elapse(10_000);
  assert.deepEqual(world.status().rollout?.nodes, waves);
  assert.deepEqual(world.images(), [V2, V1, V1]);
  await world.converge();
  assert.deepEqual(world.images(), [V2, V2, V2]);
});

test("a rollout and plan that the Go operator left are taken over in mid-flight", async () => {
  const world = await settled(all);
  const nodeNames = ["rpc-0", "rpc-1", "rpc-2"];
  setImage(world, V2);
  for (const name of nodeNames) {
    world.editNode(name, (node) => {
      node.spec.image = V2;
    });
  }
  world.setGroupStatus((status) => {
    status.rollout = { targetHash: hashOf(V2), startedAt: "2026-01-01T00:00:00Z" };
    status.plan = {
      id: "00000000-0000-4000-8000-00000000abcd",
      phase: "Active",
      tasks: [
        { type: "update-node-specs", id: "a", status: "Complete", params: { NodeNames: nodeNames } },
        { type: "await-spec-update", id: "b", status: "Pending", params: { NodeNames: nodeNames } },
      ],
    };
    for (const condition of status.conditions ?? []) {
      if (condition.type === "PlanInProgress")
        Object.assign(condition, { status: "True", reason: "PlanStarted" });
      if (condition.type === "RolloutInProgress")
        Object.assign(condition, { status: "True", reason: "TemplateChanged" });
    }
  });
  world.removeNode("rpc-1");
  await world.converge();
  assert.equal(world.told("RolloutInProgress"), "False/RolloutComplete");
  assert.deepEqual(world.images(), [V2, V2, V2]);
});

test("mark-nodes-ready starts Running while a sidecar is not marked; its params name the nodes", async () => {
  const world = await settled(all);
  setImage(world, V2);
  await world.elapse(100);
  for (const name of ["rpc-0", "rpc-1", "rpc-2"]) {
    world.settle(name);
    world.setStatus(name, { conditions: [] });
    world.sidecar(name).silent = true;
  }
  await world.elapse(10_000);
  const task = world.status().plan?.tasks[2];
  assert.equal(task?.status, "Pending");
  assert.deepEqual(task?.params, { namespace: "sei", nodeNames: ["rpc-0", "rpc-1", "rpc-2"] });
  assert.match(world.condition("Reconciling").message, /rpc-0, rpc-1, rpc-2 to be marked ready/);
});

test("seeding never overwrites True/PlanStarted, False/PlanComplete, False/RolloutComplete", async () => {
  const world = await settled();
  setImage(world, V2);
  await world.pass();
  await world.pass();
  assert.equal(world.told("PlanInProgress"), "True/PlanStarted");
  await world.converge();
  await world.elapse(5 * MINUTE);
  assert.equal(world.told("PlanInProgress"), "False/PlanComplete");
  assert.equal(world.told("RolloutInProgress"), "False/RolloutComplete");
});

test("a plan that another writer lost or left ended does not stop the group for ever", async () => {
  const world = await settled();
  world.setGroupStatus((status) => {
    const told = status.conditions?.find(({ type }) => type === "PlanInProgress");
    if (told) Object.assign(told, { status: "True", reason: "PlanStarted" });
    status.plan = { id: "00000000-0000-4000-8000-00000000dead", phase: "Failed", tasks: [] };
  });
  await world.converge();
  assert.equal(world.status().plan, undefined);
  assert.equal(world.condition("PlanInProgress").status, "False");
  assert.equal(world.status().phase, "Ready");
});

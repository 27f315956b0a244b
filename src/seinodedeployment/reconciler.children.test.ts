/** Passes that make, adopt, keep, pause, scale and release the nodes of a group. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { FieldOwners, Finalizers, type SeiNode, type SeiNodeDeployment } from "#api";
import { apiError } from "../kube/testing/fake-client.ts";
import { GroupWorld, groupKey } from "./group-world.ts";
import { templateHash } from "./template-hash.ts";
import { groupSpec, orphan, type SpecOptions, V1, V2 } from "./testing.ts";

const MINUTE = 60_000;

async function settled(options: SpecOptions = {}): Promise<GroupWorld> {
  const world = new GroupWorld(groupSpec(options));
  await world.converge();
  world.events.length = 0;
  return world;
}

const writesSince = (world: GroupWorld, start: number) =>
  world.kube.writes.slice(start).map(({ verb, kind, name }) => `${verb} ${kind} ${name}`);

const ownedBy = (uid: string, kind = "SeiNodeDeployment", name = "other") => [
  { apiVersion: "sei.io/v1alpha1", kind, name, uid, controller: true },
];

test("a fresh group: the seeds of its conditions, its nodes in order, one event each", async () => {
  const world = new GroupWorld(groupSpec());
  await world.pass();
  assert.equal(world.told("PlanInProgress"), "False/NotStarted");
  assert.equal(world.told("RolloutInProgress"), "False/NotStarted");
  assert.equal(world.told("GenesisCeremonyComplete"), "False/NotApplicable");
  assert.equal(world.told("Paused"), "False/NotPaused");
  assert.deepEqual(world.eventReasons(), ["SeiNodeCreated", "SeiNodeCreated", "SeiNodeCreated"]);
  assert.deepEqual(
    world.nodes().map(({ metadata }) => [metadata.name, metadata.labels?.["sei.io/nodedeployment-ordinal"]]),
    [
      ["rpc-0", "0"],
      ["rpc-1", "1"],
      ["rpc-2", "2"],
    ],
  );
  const [owner] = world.node("rpc-2").metadata.ownerReferences ?? [];
  assert.deepEqual(owner, {
    apiVersion: "sei.io/v1alpha1",
    kind: "SeiNodeDeployment",
    name: "rpc",
    uid: "group-uid",
    controller: true,
    blockOwnerDeletion: true,
  });
  assert.equal(world.status().phase, "Initializing");
  assert.equal(world.status().templateHash, templateHash({ chainId: "pacific-1", image: V1 }));
  assert.deepEqual(world.status().incumbentNodes, ["rpc-0", "rpc-1", "rpc-2"]);
});

test("the finalizer comes first", async () => {
  const world = new GroupWorld(groupSpec(), {}, { finalizers: [] });
  await world.pass();
  assert.deepEqual(world.group().metadata.finalizers, [Finalizers.seiNodeDeployment]);
  assert.equal(writesSince(world, 0)[0], "mergePatch SeiNodeDeployment rpc");
});

test("nodes are written by server-side apply under the group's field manager and nothing else", async () => {
  const world = await settled();
  world.edit((spec) => {
    spec.template.metadata = { labels: { team: "a" } };
  });
  await world.converge();
  const writes = world.kube.writes.filter(({ kind }) => kind === "SeiNode");
  assert.ok(writes.length >= 6);
  for (const { verb, options } of writes) {
    assert.equal(verb, "apply");
    assert.equal((options as { fieldManager: string }).fieldManager, FieldOwners.seiNodeDeployment);
  }
});

test("labels and annotations that others put on a node survive; the template's come and go", async () => {
  const world = await settled({ metadata: { labels: { team: "a" }, annotations: { note: "x" } } });
  const { annotations, labels } = world.node("rpc-1").metadata;
  assert.deepEqual([annotations?.note, labels?.team], ["x", "a"]);
  world.editNode("rpc-1", (node) => {
    node.metadata.labels = { ...node.metadata.labels, theirs: "1" };
    node.metadata.annotations = { ...node.metadata.annotations, "sei.io/retry": "1" };
  });
  world.edit((spec) => {
    delete spec.template.metadata;
  });
  await world.converge();
  const after = world.node("rpc-1").metadata;
  assert.equal(after.labels?.theirs, "1");
  assert.equal(after.labels?.team, undefined);
  assert.deepEqual(after.annotations, { "sei.io/retry": "1" });
});

test("a peer source added to and removed from a live template reaches the nodes; unchanged peers write nothing", async () => {
  const world = await settled();
  const peers = [{ label: { selector: { role: "seed" } } }];
  world.edit((spec) => {
    spec.template.spec.peers = peers;
  });
  await world.converge();
  assert.deepEqual(
    world.nodes().map(({ spec }) => spec.peers),
    [peers, peers, peers],
  );
  const before = world.kube.writes.length;
  await world.elapse(5 * MINUTE);
  assert.deepEqual(writesSince(world, before), []);
  world.edit((spec) => {
    delete spec.template.spec.peers;
  });
  await world.converge();
  assert.deepEqual(
    world.nodes().map(({ spec }) => spec.peers),
    [undefined, undefined, undefined],
  );
  assert.equal(world.status().rollout, undefined);
});

test("overrides and mode settings of the template never reach nodes that are there; new ones get them (QUIRK 5)", async () => {
  const world = await settled({ template: { overrides: { "a.b": "1" } } });
  world.edit((spec) => {
    spec.template.spec.overrides = { "a.b": "2" };
    spec.template.spec.fullNode = { snapshot: { stateSync: {} } };
    spec.replicas = 4;
  });
  await world.converge();
  assert.deepEqual(
    world.nodes().map(({ spec }) => spec.overrides?.["a.b"]),
    ["1", "1", "1", "2"],
  );
  assert.deepEqual(world.node("rpc-0").spec.fullNode, {});
});

test("what a person sets in a node's overrides is kept by later applies", async () => {
  const world = await settled();
  world.editNode("rpc-0", (node) => {
    node.spec.overrides = { "x.y": "theirs" };
  });
  world.edit((spec) => {
    spec.template.metadata = { labels: { team: "b" } };
  });
  await world.converge();
  assert.deepEqual(world.node("rpc-0").spec.overrides, { "x.y": "theirs" });
  assert.equal(world.node("rpc-0").metadata.labels?.team, "b");
});

test("an apply that repeats what a node holds carries the version it was read at", async () => {
  const world = await settled();
  const stale = world.node("rpc-1");
  world.editNode("rpc-1", (node) => {
    node.spec.overrides = { "x.y": "new" };
  });
  world.kube.cacheShows("SeiNode", { namespace: "sei", name: "rpc-1" }, stale);
  world.edit((spec) => {
    spec.template.metadata = { labels: { team: "b" } };
  });
  const { error } = await world.pass();
  assert.ok(error, "the conflict is not swallowed");
  assert.deepEqual(world.node("rpc-1").spec.overrides, { "x.y": "new" });
  assert.equal(world.node("rpc-2").metadata.labels?.team, "b", "the others do not wait for it");
});

test("an orphan of a node's name is adopted with its uid and version, and keeps its image until its turn in a rollout", async () => {
  const world = new GroupWorld(groupSpec());
  for (const name of ["rpc-0", "rpc-1", "rpc-2"]) world.kube.put(orphan(name, { image: V2 }));
  for (const name of ["rpc-0", "rpc-1", "rpc-2"]) world.settle(name);
  await world.pass();
  assert.deepEqual(world.images(), [V2, V2, V2]);
  assert.equal(world.node("rpc-0").metadata.uid, "uid-of-rpc-0");
  assert.equal(world.node("rpc-0").metadata.ownerReferences?.[0]?.uid, "group-uid");
  assert.ok(!world.eventReasons().includes("SeiNodeCreated"));
  const [first] = world.kube.writes.filter(({ kind }) => kind === "SeiNode");
  assert.ok(first);
  const { metadata } = first.body as SeiNode;
  assert.equal(metadata.uid, "uid-of-rpc-0");
  assert.ok(metadata.resourceVersion);
  await world.elapse(1_000);
  assert.equal(world.status().templateHash, undefined);
  await world.converge();
  assert.deepEqual(world.images(), [V1, V1, V1]);
  assert.ok(world.eventReasons().includes("RolloutComplete"));
});

test("a name that another controller's SeiNode has: not touched, one Warning, the ordinal unready, the rest goes on", async () => {
  const world = new GroupWorld(groupSpec());
  const foreign = {
    ...orphan("rpc-1"),
    metadata: { ...orphan("rpc-1").metadata, ownerReferences: ownedBy("x") },
  };
  world.kube.put(foreign);
  await world.pass();
  for (const name of ["rpc-0", "rpc-2"]) world.settle(name);
  await world.elapse(5 * MINUTE);
  assert.deepEqual(world.node("rpc-1"), foreign);
  assert.deepEqual(
    world.status().nodes?.map(({ name }) => name),
    ["rpc-0", "rpc-2"],
  );
  assert.equal(world.told("Stalled"), "True/NameConflict");
  assert.equal(world.told("Ready"), "False/NameConflict");
  assert.equal(world.eventReasons().filter((reason) => reason === "NameConflict").length, 1);
  world.removeNode("rpc-1");
  await world.converge();
  assert.equal(world.told("Ready"), "True/Ready");
});

test("names that are taken are told once each, also when there are more than a text can hold", async () => {
  const world = new GroupWorld(groupSpec({ replicas: 9 }));
  for (let i = 1; i < 9; i++) {
    const foreign = orphan(`rpc-${i}`);
    foreign.metadata.ownerReferences = ownedBy("x");
    world.kube.put(foreign);
  }
  await world.elapse(10 * MINUTE);
  assert.equal(world.eventReasons().filter((reason) => reason === "NameConflict").length, 1);
});

test("what a predecessor of the same name left is waited for, without a word", async () => {
  const world = new GroupWorld(groupSpec({ replicas: 1 }));
  const left = orphan("rpc-0");
  left.metadata.ownerReferences = ownedBy("old-uid", "SeiNodeDeployment", "rpc");
  world.kube.put(left);
  await world.elapse(MINUTE);
  assert.deepEqual(world.events, []);
  world.removeNode("rpc-0");
  await world.converge();
  assert.equal(world.status().phase, "Ready");
});

test("scale up makes the missing ordinals, scale down deletes the highest with their uid; neither opens a rollout", async () => {
  const world = await settled();
  world.edit((spec) => {
    spec.replicas = 5;
  });
  await world.converge();
  assert.equal(world.nodes().length, 5);
  const uid = world.node("rpc-4").metadata.uid;
  world.edit((spec) => {
    spec.replicas = 2;
  });
  await world.converge();
  assert.deepEqual(
    world.nodes().map(({ metadata }) => metadata.name),
    ["rpc-0", "rpc-1"],
  );
  const deletion = world.kube.writes.find(({ verb, name }) => verb === "delete" && name === "rpc-4");
  assert.deepEqual(deletion?.options, { preconditions: { uid } });
  assert.equal(world.eventReasons().filter((reason) => reason === "SeiNodeDeleted").length, 3);
  assert.ok(!world.eventReasons().includes("RolloutStarted"));
});

test("a node without a readable ordinal is left alone; a missing lower ordinal is made again", async () => {
  const world = await settled();
  const odd = orphan("rpc-odd");
  odd.metadata.labels = { "sei.io/nodedeployment": "rpc", "sei.io/nodedeployment-ordinal": "x" };
  odd.metadata.ownerReferences = ownedBy("group-uid");
  world.kube.put(odd);
  world.removeNode("rpc-0");
  await world.elapse(1_000);
  assert.equal(world.nodes().length, 3);
  assert.ok(world.kube.live("SeiNode", { namespace: "sei", name: "rpc-odd" }));
  assert.ok(!writesSince(world, 0).some((write) => write.includes("rpc-odd")));
});

test("replicas of 0 in memory ensures nothing and deletes nothing", async () => {
  const world = await settled();
  world.edit((spec) => {
    spec.replicas = 0;
  });
  const before = world.kube.writes.length;
  await world.elapse(MINUTE);
  assert.ok(writesSince(world, before).every((write) => !write.includes(" SeiNode ")));
  assert.equal(world.nodes().length, 3);
});

test("a node that is being deleted is not applied to; its successor is made when it is gone", async () => {
  const world = await settled();
  const node = world.node("rpc-1");
  world.kube.put({ ...node, metadata: { ...node.metadata, deletionTimestamp: "2026-01-01T00:00:00Z" } });
  world.edit((spec) => {
    spec.template.metadata = { labels: { team: "b" } };
  });
  await world.elapse(MINUTE);
  assert.equal(world.node("rpc-1").metadata.labels?.team, undefined);
  for (const name of ["rpc-0", "rpc-2"]) world.settle(name);
  await world.elapse(MINUTE);
  assert.equal(world.told("Ready"), "False/NodesNotReady");
  world.removeNode("rpc-1");
  await world.converge();
  assert.equal(world.node("rpc-1").metadata.labels?.team, "b");
});

test("pause: condition, phase, nodes paused; a template edit leaves rollout, plan and nodes untouched; unpause resumes, then rolls out", async () => {
  const world = await settled();
  world.edit((spec) => {
    spec.paused = true;
  });
  await world.pass();
  assert.equal(world.told("Paused"), "True/Paused");
  assert.equal(world.status().phase, "Paused");
  assert.deepEqual(
    world.nodes().map(({ spec }) => spec.paused),
    [true, true, true],
  );
  world.edit((spec) => {
    spec.template.spec.image = V2;
    spec.replicas = 4;
  });
  await world.elapse(3_000);
  assert.deepEqual(world.images(), [V1, V1, V1]);
  assert.deepEqual([world.status().rollout, world.status().plan], [undefined, undefined]);
  assert.equal(world.status().observedGeneration, 3);
  assert.equal(world.status().templateHash, templateHash({ chainId: "pacific-1", image: V1 }));
  world.edit((spec) => {
    spec.paused = false;
  });
  await world.pass();
  assert.deepEqual(
    world.nodes().map(({ spec }) => spec.paused),
    [false, false, false],
  );
  assert.equal(world.told("RolloutInProgress"), "True/TemplateChanged");
  await world.converge();
  assert.deepEqual(world.images(), [V2, V2, V2, V2]);
  const about = world.eventReasons().filter((reason) => /[Pp]aused|Resumed/.test(reason));
  assert.deepEqual(about, [
    ...["ChildPaused", "ChildPaused", "ChildPaused", "Paused"],
    ...["ChildResumed", "ChildResumed", "ChildResumed", "Unpaused"],
  ]);
});

test("pausing changes spec.paused of a node and nothing else", async () => {
  const world = await settled();
  const { spec } = world.node("rpc-0");
  world.edit((group) => {
    group.paused = true;
    group.template.spec.podLabels = { new: "1" };
  });
  await world.elapse(MINUTE);
  assert.deepEqual(world.node("rpc-0").spec, { ...spec, paused: true });
});

test("unpausing under an active plan clears spec.paused on every node while PlanInProgress stays True", async () => {
  const world = await settled();
  world.edit((spec) => {
    spec.template.spec.image = V2;
  });
  await world.elapse(1_000);
  world.edit((spec) => {
    spec.paused = true;
  });
  await world.elapse(MINUTE);
  const plan = world.status().plan;
  assert.ok(world.events.some((event) => event.startsWith("Paused") && event.includes(plan?.id ?? "?")));
  world.edit((spec) => {
    spec.paused = false;
  });
  await world.pass();
  assert.deepEqual(
    world.nodes().map(({ spec }) => spec.paused),
    [false, false, false],
  );
  assert.equal(world.told("PlanInProgress"), "True/PlanStarted");
  assert.equal(world.status().plan?.id, plan?.id);
});

test("a group made paused has no nodes and no event until it is unpaused; a stale Paused=True flips", async () => {
  const world = new GroupWorld(groupSpec({ paused: true }));
  await world.elapse(MINUTE);
  assert.deepEqual(world.nodes(), []);
  assert.deepEqual(world.events, []);
  world.edit((spec) => {
    delete spec.paused;
  });
  await world.converge();
  assert.equal(world.told("Paused"), "False/NotPaused");
  assert.equal(world.nodes().length, 3);
});

const deleting = { deletionTimestamp: "2026-01-01T00:00:00Z" };

function startDeletion(world: GroupWorld, policy: "Delete" | "Retain"): void {
  const group = structuredClone(world.group());
  group.metadata = { ...group.metadata, ...deleting };
  group.spec.deletionPolicy = policy;
  world.kube.put(group);
}

const groupOf = (world: GroupWorld) =>
  world.kube.live("SeiNodeDeployment", groupKey) as SeiNodeDeployment | undefined;

test("deletion, policy Delete: Terminating, the finalizer goes, the nodes are the garbage collector's; ignores pause and plan", async () => {
  const world = await settled({ paused: true });
  startDeletion(world, "Delete");
  await world.pass();
  assert.equal(world.status().phase, "Terminating");
  assert.deepEqual(groupOf(world)?.metadata.finalizers ?? [], []);
  assert.ok(world.nodes().every(({ metadata }) => metadata.ownerReferences?.length === 1));
  assert.ok(world.metrics.includes("forget sei rpc"));
});

test("deletion, policy Retain: the group's owner reference goes from each node, others stay, then the finalizer", async () => {
  const world = await settled();
  const theirs = { apiVersion: "v1", kind: "ConfigMap", name: "x", uid: "x" };
  world.editNode("rpc-1", ({ metadata }) => void metadata.ownerReferences?.push(theirs));
  startDeletion(world, "Retain");
  await world.pass();
  assert.deepEqual(
    world.nodes().map(({ metadata }) => metadata.ownerReferences?.map(({ name }) => name)),
    [[], ["x"], []],
  );
  assert.deepEqual(
    world.events.map((event) => event.split(":")[0]),
    ["RetainResources"],
  );
  assert.deepEqual(groupOf(world)?.metadata.finalizers ?? [], []);
});

test("deletion that fails half-way says DeleteFailed, keeps the finalizer and ends on the next try", async () => {
  const world = await settled();
  startDeletion(world, "Retain");
  world.kube.failNext.set("mergePatch SeiNode", apiError("transient", 500));
  const { error } = await world.pass();
  assert.ok(error);
  assert.deepEqual(groupOf(world)?.metadata.finalizers, [Finalizers.seiNodeDeployment]);
  assert.ok(world.eventReasons().includes("DeleteFailed"));
  await world.pass();
  assert.deepEqual(groupOf(world)?.metadata.finalizers ?? [], []);
  assert.equal(world.eventReasons().filter((reason) => reason === "RetainResources").length, 1);
});

test("a retained group that is made again adopts its nodes and is Ready without touching their pods", async () => {
  const world = await settled();
  startDeletion(world, "Retain");
  await world.pass();
  const again = new GroupWorld(groupSpec(), {}, { uid: "second-uid" });
  for (const node of world.nodes()) again.kube.put(node);
  await again.converge();
  assert.equal(again.told("Ready"), "True/Ready");
  assert.deepEqual(
    again.nodes().map(({ metadata }) => metadata.uid),
    world.nodes().map(({ metadata }) => metadata.uid),
  );
  assert.ok(!again.eventReasons().includes("RolloutStarted"));
});

test("a failing write is told, keeps what is known in the status, and is tried again (QUIRK 3)", async () => {
  const world = new GroupWorld(groupSpec());
  world.kube.failNext.set("apply SeiNode", apiError("invalid", 422));
  const { error } = await world.pass();
  assert.ok(error);
  assert.equal(world.told("Stalled"), "True/RequestRefused");
  assert.deepEqual(
    world.status().nodes?.map(({ name }) => name),
    ["rpc-1", "rpc-2"],
  );
  assert.equal(world.status().observedGeneration, undefined);
  await world.converge();
  assert.equal(world.told("Stalled"), "False/NotStalled");
});

test("metrics follow every pass: phase, replicas, active plans; nothing is left of a group that is gone (QUIRK 2, 18)", async () => {
  const world = await settled();
  world.metrics.length = 0;
  world.edit((spec) => {
    spec.template.spec.image = V2;
  });
  await world.pass();
  assert.deepEqual(world.metrics, [
    "planActive sei rpc true",
    "replicas sei rpc 3 3",
    "phase sei rpc Upgrading",
    "phaseTransition sei Ready Upgrading",
  ]);
  world.kube.remove("SeiNodeDeployment", groupKey);
  await world.pass();
  assert.equal(world.metrics.at(-1), "forget sei rpc");
});

test("a failed pass is counted as an error of the controller, a conflict is not (QUIRK 18)", async () => {
  const world = await settled();
  world.metrics.length = 0;
  const errors = () => world.metrics.filter((line) => line.startsWith("reconcileError"));
  const refuse = async (error: Error) => {
    world.edit((spec) => {
      spec.template.metadata = { labels: { team: error.message } };
    });
    world.kube.failNext.set("apply SeiNode", error);
    assert.equal((await world.pass()).error, error);
  };
  await refuse(apiError("conflict", 409));
  assert.deepEqual(errors(), []);
  await refuse(apiError("transient", 500));
  assert.deepEqual(errors(), ["reconcileError sei"]);
});

test("an object without a spec is told so and nothing is made for it", async () => {
  const world = new GroupWorld(undefined as never);
  await world.elapse(MINUTE);
  assert.equal(world.told("Stalled"), "True/InvalidSpec");
  assert.deepEqual(world.nodes(), []);
});

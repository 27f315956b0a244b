/** How often a node that rests is looked at, and that looking at it writes nothing (D12). */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { SeiNodeStatus } from "#api";
import { SidecarError } from "#sidecar";
import { nodeKey, observedStatefulSet, PassWorld, podKey, running, withContainer } from "./pass-world.ts";
import { pod, seiNode } from "./testing.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;

const recorded: SeiNodeStatus = running.statefulSet ? { statefulSet: running.statefulSet } : {};
const failedNode: SeiNodeStatus = {
  ...recorded,
  phase: "Failed",
  plan: { id: "x", phase: "Failed", tasks: [] },
};
const unreachable = new SidecarError("nobody there", { class: "unreachable" });

/** Each state, how it is reached, and the most passes in 20 minutes at rest. */
const resting: readonly [situation: string, make: () => PassWorld, mostPasses: number, error?: RegExp][] = [
  ["is Running and ready", () => new PassWorld(seiNode({}, running)), 42],
  ["is Running on a halted seid", () => new PassWorld(seiNode({}, running), { pod: notReady() }), 42],
  ["is paused", () => new PassWorld(seiNode({ paused: true }, running), { pod: null }), 2],
  ["is Failed", () => new PassWorld(seiNode({}, failedNode)), 2],
  ["has another chain than its data", () => new PassWorld(seiNode({ chainId: "other-1" }, running)), 2],
  ["has no pod", () => new PassWorld(seiNode({}, running), { pod: null }), 45],
  [
    "has a pod that cannot pull its image",
    () => new PassWorld(seiNode({}, running), { pod: unpullable() }),
    45,
  ],
  ["waits for its first pod", () => new PassWorld(seiNode(), { pod: null }), 245],
  ["waits for its first pod to pull", () => new PassWorld(seiNode(), { pod: unpullable() }), 245],
  ["waits for a new pod in an update", () => updatingWithoutPod(), 245],
  ["has a sidecar that does not answer", () => silent(seiNode({}, running)), 245],
  ["has a sidecar that does not answer while it initialises", () => silent(seiNode()), 245],
  ["waits for the Secret of a key", () => keyless(), 245],
  [
    "has an invalid spec",
    () => new PassWorld(seiNode({ fullNode: { snapshotGeneration: {} } })),
    25,
    /^InvalidSpec/,
  ],
  [
    "holds a plan of another version",
    () => new PassWorld(seiNode({}, unknownPlan())),
    25,
    /^UnsupportedSpec/,
  ],
  ["has a StatefulSet on its way out", () => terminating(), 125],
];

for (const [situation, make, mostPasses, error] of resting) {
  test(`a node that ${situation} settles, is then written no more, and is looked at ${mostPasses} times in 20 min at most`, async () => {
    const world = make();
    // Long enough for Stalled to come, and for the longest back-off to be reached.
    await world.elapse(15 * MINUTE);
    const [writes, passes] = [world.kube.writes.length, world.passes.length];
    await world.elapse(20 * MINUTE);
    assert.deepEqual(world.kube.writes.slice(writes), []);
    const rested = world.passes.length - passes;
    const errors = new Set(world.passes.slice(passes).map((pass) => String(pass.error)));
    for (const text of errors) assert.match(text, error ?? /^undefined$/);
    assert.ok(rested <= mostPasses, `${rested} passes`);
  });
}

for (const [situation, make, mostWrites] of [
  [
    "whose update fails again and again",
    () => failing("config-patch", seiNode({ image: "sei:v2" }, running)),
    16,
  ],
  ["whose sidecar stays not ready after each mark-ready", () => deaf(), 62],
] as const) {
  test(`a node ${situation} is tried again without an end, with ${mostWrites} status writes in 20 min at most`, async () => {
    const world = make();
    await world.elapse(15 * MINUTE);
    const [writes, posts] = [world.statusWrites, world.sidecar.posts.length];
    await world.elapse(20 * MINUTE);
    const written = world.statusWrites - writes;
    assert.ok(written <= mostWrites, `${written} writes`);
    assert.ok(world.sidecar.posts.length > posts);
    for (const { error } of world.passes) assert.equal(error, undefined);
  });
}

test("the guard of these tests sees a reconciler that spins", async () => {
  const world = new PassWorld(seiNode({}, running));
  await world.pass();
  await assert.rejects(world.passTimes(20), /spins without writing anything/);
});

function keyless(): PassWorld {
  const validator = {
    signingKey: { secret: { secretName: "signing" } },
    nodeKey: { secret: { secretName: "node" } },
  };
  return new PassWorld(seiNode({ validator }), { statefulSet: observedStatefulSet({ validator }) });
}

function notReady() {
  return withContainer(pod(), "seid", { ready: false });
}

function unpullable() {
  const waiting = withContainer(pod({ started: false }), "sei-sidecar", {
    state: { waiting: { reason: "ErrImagePull" } },
  });
  return withContainer(waiting, "kube-rbac-proxy", { state: { waiting: { reason: "PodInitializing" } } });
}

function silent(node: ReturnType<typeof seiNode>): PassWorld {
  const world = new PassWorld(node);
  world.sidecar.broken = unreachable;
  return world;
}

function failing(type: string, node: ReturnType<typeof seiNode>): PassWorld {
  const world = new PassWorld(node);
  world.sidecar.fails.add(type);
  return world;
}

function deaf(): PassWorld {
  const world = new PassWorld(seiNode({}, running));
  world.sidecar.ready = false;
  world.sidecar.staysNotReady = true;
  return world;
}

function unknownPlan(): SeiNodeStatus {
  const task = { type: "fold-space", id: "0a0a0a0a-0000-4000-8000-000000000101", status: "Pending" as const };
  return { ...recorded, phase: "Initializing", plan: { id: "p", phase: "Active", tasks: [task] } };
}

/** The StatefulSet controller has recorded the new revision and makes no pod. */
function updatingWithoutPod(): PassWorld {
  const statefulSet = observedStatefulSet({ image: "sei:v2" });
  const status = { ...statefulSet.status, replicas: 1, updateRevision: "rev-2" };
  const world = new PassWorld(seiNode({ image: "sei:v2" }, running), {
    statefulSet: { ...statefulSet, status },
  });
  world.kube.remove("Pod", podKey);
  return world;
}

function terminating(): PassWorld {
  const statefulSet = observedStatefulSet();
  const metadata = { ...statefulSet.metadata, ...nodeKey, deletionTimestamp: "2026-01-01T00:00:00Z" };
  return new PassWorld(seiNode({}, running), { statefulSet: { ...statefulSet, metadata } });
}

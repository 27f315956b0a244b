/** Passes over what another version of the operator, or a person without a spec, left behind. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { SeiNode, TaskPlan } from "#api";
import { observedStatefulSet, PassWorld, running } from "./pass-world.ts";
import { nodeKeyJson, secret, signingKeyJson } from "./tasks/keys/testing.ts";
import { images, pod, seiNode } from "./testing.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;

/** A plan as the Go operator stores it: no target in the params. `done` tasks of it are complete. */
function goPlan(types: readonly string[], done: number, init = false): TaskPlan {
  return {
    id: "0a0a0a0a-0000-4000-8000-000000000001",
    phase: "Active",
    targetPhase: "Running",
    ...(init && { failedPhase: "Failed" as const }),
    tasks: types.map((type, index) => ({
      type,
      id: `0a0a0a0a-0000-4000-8000-${String(101 + index).padStart(12, "0")}`,
      status: index < done ? ("Complete" as const) : ("Pending" as const),
      params: {},
    })),
  };
}

const goUpdate = [
  "apply-statefulset",
  "apply-service",
  "config-patch",
  "config-validate",
  "replace-pod",
  "observe-image",
  "mark-ready",
];

test("D2: a Go plan that has observed its image is superseded when the image changes again", async () => {
  const plan = goPlan(goUpdate, 6);
  const world = new PassWorld(seiNode({ image: "sei:v3" }, { ...running, currentImage: "sei:v2", plan }), {
    rollsOut: true,
    pod: pod({ seid: "sei:v2", started: false }),
    statefulSet: observedStatefulSet({ image: "sei:v2" }),
  });
  await world.pass();
  assert.notEqual(world.plan()?.id, plan.id);
  assert.deepEqual(world.sidecar.posted, [], "the mark-ready of the old plan is not sent");
  await world.elapse(MINUTE);
  assert.equal(world.events.filter((event) => event.startsWith("NodeUpdateSuperseded")).length, 1);
  assert.equal(world.status().currentImage, "sei:v3");
});

test("a Go plan that has observed the wanted image is carried to its end", async () => {
  const plan = goPlan(goUpdate, 6);
  const world = new PassWorld(seiNode({}, { ...running, plan }));
  world.sidecar.ready = false;
  await world.elapse(SECOND);
  assert.deepEqual(
    world.sidecar.posts.map(({ type, id }) => ({ type, id })),
    [{ type: "mark-ready", id: plan.tasks[6]?.id }],
  );
  assert.equal(world.plan(), undefined);
  assert.equal(world.condition("Ready").status, "True");
});

test("a Go plan whose controller tasks carry no params is carried to its end", async () => {
  const { tasks, ...rest } = goPlan(goUpdate, 4);
  const plan = { ...rest, tasks: tasks.map(({ params: _, ...task }) => task) };
  const world = new PassWorld(seiNode({ image: "sei:v2" }, { ...running, plan }), { rollsOut: true });
  await world.elapse(MINUTE);
  assert.equal(world.status().currentImage, "sei:v2");
  assert.equal(world.status().currentSidecarImage, images.sidecar);
  assert.deepEqual(
    world.sidecar.posts.map(({ id }) => id),
    [plan.tasks[6]?.id],
  );
  assert.equal(world.condition("Ready").status, "True");
});

test("a stored plan with a task of a later version is left as it is and told as UnsupportedSpec", async () => {
  const types = ["ensure-data-pvc", "fold-space", "mark-ready"];
  const plan = goPlan(types, 1, true);
  const { statefulSet } = running;
  const status = { phase: "Initializing" as const, plan, ...(statefulSet && { statefulSet }) };
  const world = new PassWorld(seiNode({}, status));
  const { error } = await world.pass();
  assert.ok(error, "it is tried again and counted");
  await world.elapse(10 * MINUTE);
  assert.deepEqual(world.plan(), plan);
  assert.equal(world.status().phase, "Initializing");
  for (const type of ["Ready", "Stalled"]) {
    assert.equal(world.condition(type).reason, "UnsupportedSpec");
    assert.match(world.condition(type).message, new RegExp(`task ${types[1]}`));
  }
  assert.equal(world.condition("Stalled").status, "True");
  assert.equal(world.condition("Reconciling").status, "False");
  assert.equal(world.statusWrites, 1);
  assert.deepEqual(world.sidecar.posted, []);
});

test("a Go plan that waits for a validator's key is carried on from there", async () => {
  const validator = {
    signingKey: { secret: { secretName: "signing" } },
    nodeKey: { secret: { secretName: "node" } },
  };
  const plan = goPlan(
    ["ensure-data-pvc", "validate-signing-key", "validate-node-key", "mark-ready"],
    1,
    true,
  );
  const { statefulSet } = running;
  const status = { phase: "Initializing" as const, plan, ...(statefulSet && { statefulSet }) };
  const world = new PassWorld(seiNode({ validator }, status), {
    statefulSet: observedStatefulSet({ validator }),
  });
  await world.elapse(MINUTE);
  assert.equal(world.condition("SigningKeyReady").reason, "SigningKeyNotReady");
  const [reasonWhile, messageWhile] = [world.condition("Ready").reason, world.condition("Ready").message];
  assert.match(messageWhile, /validate-signing-key .*Secret signing does not exist/, reasonWhile);
  assert.equal(world.statusWrites, 1, "waiting writes nothing");
  world.kube.put(secret("signing", { "priv_validator_key.json": JSON.stringify(signingKeyJson) }));
  world.kube.put(secret("node", { "node_key.json": JSON.stringify(nodeKeyJson) }));
  await world.elapse(MINUTE);
  assert.equal(world.status().phase, "Running");
  assert.equal(world.condition("SigningKeyReady").status, "True");
  assert.equal(world.condition("NodeKeyReady").status, "True");
  assert.deepEqual(
    world.sidecar.posts.map(({ id }) => id),
    [plan.tasks[3]?.id],
  );
});

test("a SeiNode without a spec is told that it needs one, and nothing else happens to it", async () => {
  const { spec: _, ...rest } = seiNode();
  // The CRD admits it although the type does not.
  const bare = { ...rest, metadata: { ...rest.metadata, finalizers: [] } } as unknown as SeiNode;
  const world = new PassWorld(bare, { statefulSet: null, pod: null });
  const first = await world.pass();
  assert.equal(first.error, undefined);
  await world.elapse(10 * MINUTE);
  assert.equal(world.condition("Ready").status, "False");
  assert.equal(world.condition("Ready").reason, "InvalidSpec");
  assert.match(world.condition("Ready").message, /spec is missing/);
  assert.equal(world.condition("Reconciling").status, "False");
  assert.equal(world.status().phase, undefined);
  assert.deepEqual(world.node().metadata.finalizers, []);
  assert.deepEqual(
    world.kube.writes.map(({ verb, kind }) => `${verb} ${kind}`),
    ["mergePatch SeiNode"],
  );
  assert.equal(world.passes.length, 2, "nothing is asked for but an event");

  world.edit({ spec: { chainId: "pacific-1", image: images.seid, fullNode: {} } });
  await world.passTimes(2);
  assert.equal(world.status().phase, "Initializing");
});

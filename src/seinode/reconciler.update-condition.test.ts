/** What NodeUpdateInProgress says from one plan to the next (spec/seinode.md 4.2, 4.5), and when currentImage moves. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { apiError } from "../kube/testing/fake-client.ts";
import { PassWorld, running } from "./pass-world.ts";
import { seiNode } from "./testing.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;

const update = (world: PassWorld) => {
  const { status, reason, message } = world.condition("NodeUpdateInProgress");
  return { told: `${status}/${reason}`, message };
};

test("an update is True/UpdateStarted with its plan, and False/UpdateComplete once the plan is cleared", async () => {
  const world = new PassWorld(seiNode({}, running), { rollsOut: true });
  await world.elapse(SECOND);
  assert.equal(update(world).told, "False/NotStarted");
  world.edit({ spec: { image: "sei:v2" } });
  await world.pass();
  assert.equal(update(world).told, "True/UpdateStarted");
  const plan = world.plan();
  assert.equal(plan?.targetPhase, "Running");
  assert.equal(plan?.failedPhase, undefined);
  await world.elapse(MINUTE);
  assert.equal(world.plan(), undefined);
  assert.deepEqual(update(world), {
    told: "False/UpdateComplete",
    message: `plan ${plan?.id} is complete`,
  });
});

test("a plan that is no update leaves what the last update said, when it starts and when it ends", async () => {
  const world = new PassWorld(seiNode({}, running), { rollsOut: true });
  world.edit({ spec: { image: "sei:v2" } });
  await world.elapse(MINUTE);
  const before = world.condition("NodeUpdateInProgress");
  assert.equal(before.reason, "UpdateComplete");
  world.sidecar.ready = false;
  await world.elapse(MINUTE);
  assert.equal(world.sidecar.posted.filter((type) => type === "mark-ready").length, 2);
  assert.deepEqual(world.condition("NodeUpdateInProgress"), before);
});

test("a failed update is told; as long as the drift lasts another one with new ids is made, and True again", async () => {
  const world = new PassWorld(seiNode({ image: "sei:v2" }, running), { rollsOut: true });
  world.sidecar.fails.add("config-patch");
  await world.elapse(SECOND);
  const failed = world.plan();
  assert.equal(failed?.phase, "Failed");
  assert.deepEqual(update(world), {
    told: "False/UpdateFailed",
    message: `plan ${failed?.id} failed: task config-patch: does not work`,
  });
  assert.equal(world.status().phase, "Running");
  world.edit({ spec: { podLabels: { a: "b" } } });
  await world.pass();
  assert.equal(world.plan()?.phase, "Active");
  assert.equal(update(world).told, "True/UpdateStarted");
  const ids = [failed, world.plan()].flatMap((plan) => [
    plan?.id,
    ...(plan?.tasks ?? []).map(({ id }) => id),
  ]);
  assert.equal(new Set(ids).size, 16, "two plans of seven tasks, and no id twice");
});

test("a failed update of the reference operator that has no detail is told as unknown", async () => {
  const world = new PassWorld(seiNode({ image: "sei:v2" }, running));
  await world.pass();
  const plan = world.plan();
  assert.ok(plan);
  const node = world.node();
  world.kube.put({ ...node, status: { ...node.status, plan: { ...plan, phase: "Failed" } } } as typeof node);
  await world.pass();
  assert.equal(update(world).message, `plan ${plan.id} failed: unknown`);
});

test("while the StatefulSet's status is frozen currentImage stays old, nothing fails, and it recovers by itself", async () => {
  const world = new PassWorld(seiNode({}, running));
  await world.elapse(SECOND);
  world.edit({ spec: { image: "sei:v2" } });
  await world.elapse(20 * MINUTE);
  assert.equal(world.status().currentImage, "sei:v1");
  assert.equal(world.status().phase, "Running");
  assert.equal(world.plan()?.phase, "Active");
  assert.ok(world.tasks().includes("replace-pod:Pending"));
  assert.deepEqual(world.writes("delete"), [], "no pod is touched on a status that lags");
  for (let i = 0; i < 20; i++) {
    world.rollOut();
    await world.elapse(SECOND);
  }
  assert.equal(world.status().currentImage, "sei:v2");
  assert.equal(world.writes("delete", "Pod").length, 1);
  assert.equal(world.condition("Ready").status, "True");
});

test("4.5: a conflict of the flush in a pass that failed does not hide why it failed", async () => {
  const world = new PassWorld(seiNode({}, running));
  await world.elapse(SECOND);
  world.edit({ spec: { image: "sei:v2" } });
  const cause = apiError("invalid", 422);
  world.kube.failNext.set("apply StatefulSet", cause);
  world.kube.failNext.set("mergePatch SeiNode", apiError("conflict", 409));
  const { error } = await world.pass();
  assert.equal(error, cause);
  await world.passTimes(2);
  assert.equal(world.plan()?.phase, "Active", "the next passes get on");
});

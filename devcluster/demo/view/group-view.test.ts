import assert from "node:assert/strict";
import { test } from "node:test";
import { NEW, someCondition, someGroup, somePlan, someTask } from "../testing.ts";
import { viewGroup, viewTask } from "./group-view.ts";
import { readyNode, updatingNode } from "./screens.ts";

const nodes = [readyNode, updatingNode];

test("a group that is Ready shows its phase, image and how many of its nodes are Ready", () => {
  const conditions = [someCondition("Ready", "True", "Ready")];
  assert.deepEqual(viewGroup(someGroup({ phase: "Ready", conditions }), nodes), {
    name: "rpc",
    mark: "ok",
    phase: "Ready",
    task: "",
    image: "sei:v6.3.0",
    ready: "True",
    count: "1 of 2 Ready",
    health: "",
    nodes,
  });
});

test("a group that is rolled out shows its task and the image it is on the way to", () => {
  const conditions = [someCondition("Ready", "False", "RollingOut")];
  const plan = somePlan(["update-node-specs", "await-spec-update"], 1);
  const rollout = { targetHash: "h", startedAt: "2026-01-01T00:00:00Z" };
  const view = viewGroup(someGroup({ phase: "Upgrading", conditions, plan, rollout }, NEW), nodes);
  assert.deepEqual(
    [view.mark, view.phase, view.task, view.image, view.health],
    ["busy", "Upgrading", "2/2 await-spec-update", "→ sei:v6.4.0", "RollingOut"],
  );
});

test("a stalled group says so rather than why it is not Ready", () => {
  const conditions = [
    someCondition("Ready", "False", "RollingOut"),
    someCondition("Stalled", "True", "RolloutStalled"),
  ];
  const view = viewGroup(someGroup({ phase: "Upgrading", conditions }), []);
  assert.deepEqual([view.mark, view.health], ["bad", "Stalled: RolloutStalled"]);
});

test("a group nobody has looked at yet is New, one being deleted Terminating, one without a spec is shown", () => {
  const { status: _, ...fresh } = someGroup();
  assert.deepEqual([viewGroup(fresh, []).phase, viewGroup(fresh, []).mark], ["New", "busy"]);
  const deleted = { ...fresh, metadata: { ...fresh.metadata, deletionTimestamp: "2026-01-01T00:00:00Z" } };
  assert.equal(viewGroup(deleted, []).phase, "Terminating");
  const { spec: __, ...bare } = fresh;
  assert.equal(viewGroup(bare as typeof fresh, []).count, "0 of 0 Ready");
});

test("a task shows its phase and why it is in it: complete, running, failed, new", () => {
  const view = (...args: Parameters<typeof someTask>) => {
    const { mark, kind, phase, ready, reason } = viewTask(someTask(...args));
    return [mark, kind, phase, ready, reason].join(" ");
  };
  const reconciling = (reason: string) => someCondition("Reconciling", "True", reason);
  assert.equal(view(), "busy RestartSeid New  ");
  assert.equal(
    view({ phase: "Running", conditions: [reconciling("Executing")] }),
    "busy RestartSeid Running  Executing",
  );
  const complete = [reconciling("TaskComplete"), someCondition("Ready", "True", "TaskComplete")];
  assert.equal(
    view({ phase: "Complete", conditions: complete }),
    "ok RestartSeid Complete True TaskComplete",
  );
  const failed = [reconciling("TaskFailed"), someCondition("Failed", "True", "Timeout")];
  assert.equal(view({ phase: "Failed", conditions: failed }), "bad RestartSeid Failed  Timeout");
});

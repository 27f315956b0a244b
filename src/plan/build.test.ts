import assert from "node:assert/strict";
import { test } from "node:test";
import { buildPlan } from "./build.ts";
import { taskId } from "./ids.ts";

const id = "00000000-0000-4000-8000-000000000001";

test("a plan is Active with every task Pending, in order, under its deterministic id", () => {
  const plan = buildPlan({
    id,
    targetPhase: "Running",
    failedPhase: "Failed",
    tasks: [
      { type: "ensure-data-pvc", params: { nodeName: "n" } },
      { type: "configure-genesis", params: {}, maxRetries: 180 },
      { type: "mark-ready", maxRetries: 0 },
    ],
  });
  assert.deepEqual(plan, {
    id,
    phase: "Active",
    targetPhase: "Running",
    failedPhase: "Failed",
    tasks: [
      {
        type: "ensure-data-pvc",
        id: taskId(id, "ensure-data-pvc", 0),
        status: "Pending",
        params: { nodeName: "n" },
      },
      {
        type: "configure-genesis",
        id: taskId(id, "configure-genesis", 1),
        status: "Pending",
        params: {},
        maxRetries: 180,
      },
      { type: "mark-ready", id: taskId(id, "mark-ready", 2), status: "Pending" },
    ],
  });
});

test("absent phases leave no key behind", () => {
  assert.deepEqual(Object.keys(buildPlan({ id, tasks: [] })), ["id", "phase", "tasks"]);
});

test("params are frozen at build: a later change of what they were built from does not reach the plan", () => {
  const params = { overrides: { a: "1" } };
  const plan = buildPlan({ id, tasks: [{ type: "config-apply", params }] });
  params.overrides.a = "2";
  assert.deepEqual(plan.tasks[0]?.params, { overrides: { a: "1" } });
});

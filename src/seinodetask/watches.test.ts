import assert from "node:assert/strict";
import { test } from "node:test";
import type { SeiNodeTask, SeiNodeTaskStatus } from "#api";
import { seiNodeTask } from "./testing.ts";
import { taskIndexes } from "./watches.ts";

const places = (task: SeiNodeTask) => taskIndexes.target?.(task);

test("a task is found by its target until it has ended", () => {
  const at = (status?: SeiNodeTaskStatus) => places(seiNodeTask("RestartSeid", {}, status));
  assert.deepEqual(at(), ["sei/rpc-0"]);
  assert.deepEqual(at({ phase: "Pending" }), ["sei/rpc-0"]);
  assert.deepEqual(at({ phase: "Running" }), ["sei/rpc-0"]);
  assert.deepEqual(at({ phase: "Complete" }), []);
  assert.deepEqual(at({ phase: "Failed" }), []);
});

test("an object without a spec is indexed nowhere and breaks nothing", () => {
  const { spec: _, ...task } = seiNodeTask("RestartSeid");
  assert.deepEqual(places(task as SeiNodeTask), []);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { normalised } from "./evidence.ts";

const pod = (namespace: string, n: number) => ({
  metadata: {
    name: "node-0",
    namespace,
    uid: `0000000${n}-0000-4000-8000-000000000000`,
    resourceVersion: String(n),
    creationTimestamp: `2026-01-01T00:00:0${n}Z`,
    managedFields: [
      { manager: n === 1 ? "a" : "b", operation: "Apply", time: "2026-01-01T00:00:00Z", fieldsV1: { n } },
      { manager: n === 1 ? "b" : "a", operation: "Apply" },
    ],
  },
  status: { podIP: `10.1.0.${n}`, startTime: `2026-01-01T00:00:0${n}.123456Z`, phase: "Running" },
});

test("what another run cannot have in common is taken out", () => {
  assert.deepEqual(normalised(pod("run-0001", 1), "run-0001"), normalised(pod("run-0002", 2), "run-0002"));
});

test("conditions are compared by type: who came first says nothing", () => {
  const [ready, stalled] = [{ type: "Ready" }, { type: "Stalled" }];
  assert.deepEqual(
    normalised({ conditions: [ready, stalled] }, "x"),
    normalised({ conditions: [stalled, ready] }, "x"),
  );
});

test("everything else stays: images, phases, counts, who manages a field", () => {
  const object = { image: "sei:v1", restartCount: 1, phase: "Running", managedFields: [{ manager: "a" }] };
  for (const change of [
    { image: "sei:v2" },
    { restartCount: 2 },
    { phase: "Failed" },
    { managedFields: [{ manager: "a" }, { manager: "kubectl" }] },
  ]) {
    assert.notDeepEqual(normalised({ ...object, ...change }, "x"), normalised(object, "x"));
  }
});

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Evidence } from "./evidence.ts";
import { differences } from "./judge.ts";

const oracle: Evidence = {
  objects: {
    "SeiNode/node": { status: { phase: "Running", conditions: [{ type: "Ready", status: "True" }] } },
  },
  counts: { "manager created persistentvolumeclaims/data-node": 1, "manager deleted pods/node-0": 1 },
  posts: ["config-apply started", "mark-ready started"],
  executions: ["config-apply 1", "mark-ready 1"],
  submissions: { tasks: 2, doubled: 0 },
  events: new Set(["PhaseTransition: phase is Running"]),
};

test("a run that left the same behind is no different", () => {
  assert.deepEqual(differences(oracle, structuredClone(oracle)), []);
});

test("an event that died with the process, or was never sent, is no difference; one out of the blue is", () => {
  assert.deepEqual(differences(oracle, { ...oracle, events: new Set() }), []);
  const events = new Set([...oracle.events, "NodeFailed: alas"]);
  assert.deepEqual(differences(oracle, { ...oracle, events }), [
    "event of no undisturbed run: NodeFailed: alas",
  ]);
});

const doctored: Readonly<Record<string, Partial<Evidence>>> = {
  "another end state": { objects: { "SeiNode/node": { status: { phase: "Failed" } } } },
  "a condition that differs": {
    objects: {
      "SeiNode/node": { status: { phase: "Running", conditions: [{ type: "Ready", status: "False" }] } },
    },
  },
  "an object that is missing": { objects: {} },
  "an object too many": { objects: { ...oracle.objects, "Job/left": {} } },
  "a second delete": { counts: { ...oracle.counts, "manager deleted pods/node-0": 2 } },
  "a create that did not happen": { counts: { "manager deleted pods/node-0": 1 } },
  "a POST too many": { posts: [...oracle.posts, "mark-ready known"] },
  "a POST that ran a task again": { posts: ["config-apply started", "mark-ready rerun"] },
  "a task whose work was done twice": { executions: ["config-apply 1", "mark-ready 2"] },
};
for (const [what, change] of Object.entries(doctored)) {
  test(`${what} is a difference`, () => {
    assert.notDeepEqual(differences(oracle, { ...oracle, ...change }), []);
  });
}

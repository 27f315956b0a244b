/** Phase, NodesReady and the list of nodes, as tables. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { SeiNodeDeployment, SeiNodeDeploymentStatus, SeiNodePhase } from "#api";
import { conditionOf } from "./group-world.ts";
import { groupPhase, nodeList, nodesReadyCondition } from "./status.ts";
import { groupSpec, orphan } from "./testing.ts";

const group = (replicas: number, paused = false): SeiNodeDeployment => ({
  apiVersion: "sei.io/v1alpha1",
  kind: "SeiNodeDeployment",
  metadata: { name: "rpc", namespace: "sei", uid: "u", resourceVersion: "1" },
  spec: groupSpec({ replicas, paused }),
});
const nodes = (...phases: (SeiNodePhase | undefined)[]) =>
  phases.map((phase, i) => ({ ...orphan(`rpc-${i}`), status: phase === undefined ? {} : { phase } }));
const inProgress = (type: string) => ({ conditions: [conditionOf(type, "True", "X", 1)] });
const target = { targetHash: "a", startedAt: "2026-01-01T00:00:00Z" };

const R = "Running";
const I = "Initializing";
const F = "Failed";

describe("phase", () => {
  for (const [what, of, status, phases, expected] of [
    ["no nodes", group(3), {}, [], "Pending"],
    ["all Running", group(3), {}, [R, R, R], "Ready"],
    ["mixed Running and Initializing", group(3), {}, [R, I, R], "Initializing"],
    ["Running and Failed", group(3), {}, [R, F, R], "Degraded"],
    ["Failed and Initializing, none Running", group(3), {}, [F, I, I], "Initializing"],
    ["all Failed", group(2), {}, [F, F], "Failed"],
    ["surplus Running nodes during a scale-down", group(1), {}, [R, R], "Initializing"],
    ["a node without a phase yet", group(1), {}, [undefined], "Initializing"],
    ["a genesis plan", group(1), inProgress("PlanInProgress"), [R], "Initializing"],
    [
      "a plan with a rollout",
      group(1),
      { ...inProgress("PlanInProgress"), rollout: target },
      [R],
      "Upgrading",
    ],
    [
      "RolloutInProgress, even with all nodes Running",
      group(1),
      inProgress("RolloutInProgress"),
      [R],
      "Upgrading",
    ],
    ["paused, whatever else", group(1, true), inProgress("RolloutInProgress"), [R], "Paused"],
  ] as const satisfies readonly (readonly [
    string,
    SeiNodeDeployment,
    SeiNodeDeploymentStatus,
    readonly (SeiNodePhase | undefined)[],
    string,
  ])[]) {
    test(what, () => assert.equal(groupPhase(of, status, nodes(...phases)), expected));
  }
});

describe("NodesReady", () => {
  for (const [what, replicas, phases, status, reason] of [
    ["all there", 2, [R, R], "True", "AllNodesReady"],
    ["surplus counts", 1, [R, R], "True", "AllNodesReady"],
    ["some initializing", 2, [R, I], "False", "NodesInitializing"],
    ["one failed", 3, [R, F, I], "False", "NodesFailed"],
    ["none", 1, [], "False", "NodesInitializing"],
  ] as const) {
    test(what, () => {
      const condition = nodesReadyCondition(group(replicas), nodes(...phases));
      assert.deepEqual([condition.status, condition.reason], [status, reason]);
    });
  }
  test("the message carries ready, desired, failed and initializing", () => {
    const { message } = nodesReadyCondition(group(3), nodes(R, F, I));
    assert.equal(message, "1 of 3 nodes are Running, 1 failed, 1 initializing");
  });
});

test("a node without a phase is listed by name alone", () => {
  assert.deepEqual(nodeList(nodes(undefined, R)), [{ name: "rpc-0" }, { name: "rpc-1", phase: "Running" }]);
});

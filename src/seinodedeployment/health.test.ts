/** Ready, Reconciling and Stalled of a group, as a table. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { SeiNode, SeiNodeDeployment, SeiNodeDeploymentStatus } from "#api";
import { conditionOf } from "./group-world.ts";
import {
  findProblem,
  type HealthInput,
  readyCondition,
  reconcilingCondition,
  stalledCondition,
} from "./health.ts";
import { groupSpec, orphan, type SpecOptions, validators } from "./testing.ts";

const ready = conditionOf("Ready", "True", "Ready", 1);
const node = (i: number, status: SeiNode["status"] = { phase: "Running", conditions: [ready] }): SeiNode => ({
  ...orphan(`rpc-${i}`),
  ...(status !== undefined && { status }),
});
const group = (options: SpecOptions = {}): SeiNodeDeployment => ({
  apiVersion: "sei.io/v1alpha1",
  kind: "SeiNodeDeployment",
  metadata: { name: "rpc", namespace: "sei", uid: "u", resourceVersion: "1" },
  spec: groupSpec({ replicas: 2, ...options }),
});
const founder = { ...group(), spec: validators({ replicas: 2, genesis: { chainId: "a" } }) };
const told = (type: string, status: "True" | "False", reason: string): SeiNodeDeploymentStatus => ({
  conditions: [conditionOf(type, status, reason, 1)],
});
const rollout = { targetHash: "abc", startedAt: "2026-01-01T00:00:00Z" };

function input(more: Partial<HealthInput> = {}): HealthInput {
  return {
    group: group(),
    status: {},
    children: [node(0), node(1)],
    conflicts: [],
    blocked: undefined,
    waitingFor: undefined,
    ceremonyLate: false,
    failure: undefined,
    ...more,
  };
}

const words = (given: HealthInput) =>
  [readyCondition(given), reconcilingCondition(given), stalledCondition(findProblem(given))].map(
    ({ status, reason }) => `${status}/${reason}`,
  );

describe("Ready, Reconciling, Stalled when", () => {
  const idle = "False/Settled";
  const well = "False/NotStalled";
  const halted = conditionOf("Ready", "False", "PodNotReady", 1);
  const stuck = conditionOf("Stalled", "True", "CrashLoop", 1);
  for (const [what, given, expected] of [
    ["all nodes are Ready", input(), ["True/Ready", idle, well]],
    [
      "a node is Running and not Ready",
      input({ children: [node(0), node(1, { phase: "Running", conditions: [halted] })] }),
      ["False/NodesNotReady", idle, well],
    ],
    [
      "a node's Ready is about an older spec",
      input({ children: [node(0), { ...node(1), metadata: { ...node(1).metadata, generation: 2 } }] }),
      ["False/NodesNotReady", idle, well],
    ],
    [
      "a node comes up",
      input({ children: [node(0), node(1, { phase: "Initializing" })] }),
      ["False/NodesInitializing", "True/NodesInitializing", well],
    ],
    ["a node is missing", input({ children: [node(0)] }), ["False/Scaling", "True/Scaling", well]],
    [
      "a node is too many",
      input({ children: [node(0), node(1), node(2)] }),
      ["False/Scaling", "True/Scaling", well],
    ],
    [
      "a node is Failed",
      input({ children: [node(0), node(1, { phase: "Failed" })] }),
      ["False/NodesFailed", "True/NodesInitializing", "True/NodesFailed"],
    ],
    [
      "a node is stalled",
      input({ children: [node(0), node(1, { phase: "Running", conditions: [halted, stuck] })] }),
      ["False/NodesStalled", idle, "True/NodesStalled"],
    ],
    ["a rollout goes on", input({ status: { rollout } }), ["False/RollingOut", "True/RollingOut", well]],
    [
      "a rollout is stalled",
      input({ status: { rollout, ...told("RolloutInProgress", "True", "Stalled") } }),
      ["False/RolloutStalled", "True/RollingOut", "True/RolloutStalled"],
    ],
    [
      "a rollout failed",
      input({ status: told("RolloutInProgress", "False", "RolloutFailed") }),
      ["False/RolloutFailed", idle, "True/RolloutFailed"],
    ],
    [
      "the strategy is not built yet",
      input({ status: told("RolloutInProgress", "False", "StrategyNotImplemented") }),
      ["False/StrategyNotImplemented", idle, "True/StrategyNotImplemented"],
    ],
    ["a name is taken", input({ conflicts: ["rpc-1"] }), ["False/NameConflict", idle, "True/NameConflict"]],
    [
      "a chain is being founded",
      input({ group: founder }),
      ["False/GenesisCeremony", "True/GenesisCeremony", well],
    ],
    [
      "its plan failed",
      input({ group: founder, status: told("PlanInProgress", "False", "PlanFailed") }),
      ["False/PlanFailed", "True/GenesisCeremony", "True/PlanFailed"],
    ],
    [
      "it takes too long",
      input({ group: founder, ceremonyLate: true }),
      ["False/GenesisCeremonyTimeout", "True/GenesisCeremony", "True/GenesisCeremonyTimeout"],
    ],
    [
      "its plan cannot be built",
      input({ group: founder, blocked: { reason: "PlanBuildFailed", message: "m" } }),
      ["False/PlanBuildFailed", "True/GenesisCeremony", "True/PlanBuildFailed"],
    ],
    [
      "paused, whatever else",
      input({ group: group({ paused: true }), conflicts: ["rpc-1"], status: { rollout } }),
      ["False/Paused", idle, well],
    ],
    [
      "the pass failed",
      input({ failure: { reason: "RequestRefused", message: "m" } }),
      ["False/RequestRefused", idle, "True/RequestRefused"],
    ],
  ] as const) {
    test(what, () => assert.deepEqual(words(given), expected));
  }
});

test("the messages name the nodes, with the reason of each that is stalled", () => {
  const conditions = [conditionOf("Stalled", "True", "ImagePullFailed", 1)];
  const { message } = stalledCondition(
    findProblem(input({ children: [node(0), node(1, { phase: "Running", conditions })] })),
  );
  assert.match(message, /rpc-1 \(ImagePullFailed\)/);
});

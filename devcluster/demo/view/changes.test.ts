import assert from "node:assert/strict";
import { test } from "node:test";
import { changesBetween } from "./changes.ts";
import {
  empty,
  failedNode,
  midRollout,
  midUpgrade,
  readyNode,
  updatingNode,
  upgradingGroup,
} from "./screens.ts";

test("from nothing everything is told", () => {
  assert.equal(
    changesBetween(empty, midUpgrade).join("\n"),
    `  8.23 s  --- create SeiNodes
  8.23 s  --- done after 0.59 s: create SeiNodes
  8.23 s  --- patch spec.image
  8.23 s      +0.04 s  plan built
  8.23 s      +0.11 s  old pod deleted
  8.23 s  SeiNode archive: phase Running, plan -, image sei:v6.3.0, ready True, health -
  8.23 s  Pod archive-0: state Running, ready True, image sei:v6.3.0, revision 5d5cbc5d68
  8.23 s  SeiNode rpc-0: phase Running, plan 6/7 observe-image, image sei:v6.3.0 → v6.4.0, ready False, health Updating
  8.23 s  Pod rpc-0-0: state Pending, ready False, image sei:v6.4.0, revision 6d696496f4
  8.23 s  SeiNode rpc-1: phase Failed, plan 2/8 apply-statefulset failed, image → sei:v6.3.0, ready False, health Stalled: InitializationFailed, keys signing key ✔, node key ✖
  8.23 s  simulator: a word`,
  );
});

test("when only the time went on, nothing is told", () => {
  assert.deepEqual(changesBetween(midUpgrade, { ...midUpgrade, elapsedMs: 9000 }), []);
});

test("of a changed node, pod or step only what changed is told", () => {
  const [pod] = updatingNode.pods;
  assert.ok(pod);
  const later = {
    ...midUpgrade,
    elapsedMs: 12_300,
    steps: midUpgrade.steps.map((step) => ({ ...step, state: "failed" as const })),
    nodes: [
      { ...readyNode, pods: [] },
      { ...updatingNode, task: "", pods: [{ ...pod, state: "Running", mark: "ok" as const, ready: true }] },
    ],
    notices: [...midUpgrade.notices, "etcd ended"],
  };
  assert.deepEqual(changesBetween(midUpgrade, later), [
    "  12.3 s  --- FAILED after 0.59 s: create SeiNodes",
    "  12.3 s  --- FAILED after 0.12 s: patch spec.image",
    "  12.3 s  Pod archive-0: gone",
    "  12.3 s  SeiNode rpc-0: plan -",
    "  12.3 s  Pod rpc-0-0: state Running, ready True",
    "  12.3 s  SeiNode rpc-1: gone",
    "  12.3 s  etcd ended",
  ]);
  assert.ok(midUpgrade.nodes.includes(failedNode));
});

test("of a group its own news are told, and those of its nodes, their tasks and pods", () => {
  const [first, second] = upgradingGroup.nodes;
  assert.ok(first && second);
  const tasks = first.tasks.map((task) => ({
    ...task,
    phase: "Complete",
    reason: "TaskComplete",
    ready: "True",
  }));
  const [devnet] = midRollout.groups;
  assert.ok(devnet);
  const rolled = {
    ...upgradingGroup,
    task: "",
    image: "sei:v6.4.0",
    count: "2 of 2 Ready",
    nodes: [
      { ...first, tasks },
      { ...second, ready: "True", pods: [] },
    ],
  };
  assert.deepEqual(changesBetween(midRollout, { ...midRollout, groups: [devnet, rolled] }), [
    "  12.0 s  SeiNodeDeployment devnet-rpc: plan -, image sei:v6.4.0, nodes 2 of 2 Ready",
    "  12.0 s  SeiNodeTask restart-seid: phase Complete, reason TaskComplete, ready True",
    "  12.0 s  SeiNode devnet-rpc-1: ready True",
    "  12.0 s  Pod devnet-rpc-1-0: gone",
  ]);
  assert.deepEqual(
    changesBetween(midRollout, { ...midRollout, groups: [devnet] }).map((line) => line.slice(10)),
    [
      "SeiNodeDeployment devnet-rpc: gone",
      "SeiNode devnet-rpc-0: gone",
      "SeiNodeTask restart-seid: gone",
      "Pod devnet-rpc-0-0: gone",
      "SeiNode devnet-rpc-1: gone",
      "Pod devnet-rpc-1-0: gone",
    ],
  );
});

/** When a node of a group asks for the genesis of its new chain. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type SeiNode, type TaskPlan, TaskTypes } from "#api";
import { assemblyWaitMs } from "./genesis-plan.ts";
import { seiNode } from "./testing.ts";

const now = Date.parse("2026-01-01T00:00:10Z");
const genesisCeremony = { chainId: "a", stakingAmount: "1", accountBalance: "1", index: 0 };
const owner = (kind: string) => [
  { apiVersion: "sei.io/v1alpha1", kind, name: "val", uid: "u", controller: true },
];

function founder(spec: Partial<SeiNode["spec"]> = {}, ownerReferences = owner("SeiNodeDeployment")): SeiNode {
  const node = seiNode({ validator: { genesisCeremony }, ...spec });
  return { ...node, metadata: { ...node.metadata, ownerReferences } };
}

function plan(configure: object = {}, handedIn = "2026-01-01T00:00:00Z"): TaskPlan {
  return {
    phase: "Active",
    tasks: [
      { type: TaskTypes.uploadGenesisArtifacts, id: "a", status: "Complete", submittedAt: handedIn },
      { type: TaskTypes.configureGenesis, id: "b", status: "Pending", ...configure },
    ],
  };
}

test("a node that has just handed in waits for the assembly, at most 30 s", () => {
  assert.equal(assemblyWaitMs(founder(), plan(), now), 20_000);
});

describe("a node does not wait for the assembly", () => {
  const peers = [{ static: { addresses: ["a@b:1"] } }];
  for (const [what, node, of] of [
    ["when the group has given it peers: the genesis is there", founder({ peers }), plan()],
    ["when it handed in long ago", founder(), plan({}, "2025-12-31T00:00:00Z")],
    ["when nobody knows when it handed in", founder(), plan({}, "")],
    ["after its first attempt", founder(), plan({ retryCount: 1 })],
    ["when its attempt may have left", founder(), plan({ submittedAt: "2026-01-01T00:00:01Z" })],
    ["without a group", founder({}, []), plan()],
    ["under another controller", founder({}, owner("Other")), plan()],
    ["without a part in a ceremony", founder({ validator: {} }), plan()],
  ] as const) {
    test(what, () => assert.equal(assemblyWaitMs(node, of, now), undefined));
  }
});

/** Which events of a node wake its group. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { SeiNode, SeiNodeStatus } from "#api";
import { conditionOf } from "./group-world.ts";
import { orphan } from "./testing.ts";
import { childPredicate, groupsOfNode } from "./watches.ts";

const base: SeiNode = {
  ...orphan("rpc-0"),
  status: { phase: "Running", currentImage: "a", conditions: [conditionOf("Ready", "True", "Ready", 1)] },
};
const withStatus = (status: SeiNodeStatus): SeiNode => ({ ...base, status: { ...base.status, ...status } });
const withMetadata = (metadata: object): SeiNode => ({
  ...base,
  metadata: { ...base.metadata, ...metadata },
});
const passes = (object: SeiNode) => childPredicate({ type: "modified", old: base, object });

describe("a change of a node wakes its group when it is of", () => {
  for (const [what, object] of [
    ["phase", withStatus({ phase: "Failed" })],
    ["generation", withMetadata({ generation: 2 })],
    ["uid", withMetadata({ uid: "other" })],
    ["currentImage", withStatus({ currentImage: "b" })],
    ["currentSidecarImage", withStatus({ currentSidecarImage: "b" })],
    ["Ready", withStatus({ conditions: [conditionOf("Ready", "False", "PodNotReady", 1)] })],
    ["the generation that Ready is about", withMetadata({ generation: 2 })],
    [
      "the reason of Stalled",
      withStatus({
        conditions: [...(base.status?.conditions ?? []), conditionOf("Stalled", "True", "CrashLoop", 1)],
      }),
    ],
    ["its group", withMetadata({ labels: { "sei.io/nodedeployment": "rpc" } })],
  ] as const) {
    test(what, () => assert.equal(passes(object), true));
  }
});

describe("a change of a node wakes nobody when it is of", () => {
  const busy = conditionOf("Ready", "True", "Ready", 1);
  for (const [what, object] of [
    ["its plan", withStatus({ plan: { id: "p", phase: "Active", tasks: [] } })],
    ["its peers", withStatus({ resolvedPeers: ["a"] })],
    ["another condition", withStatus({ conditions: [busy, conditionOf("Paused", "False", "NotPaused", 1)] })],
    ["the text of Ready", withStatus({ conditions: [{ ...busy, message: "new" }] })],
    ["labels and annotations of others", withMetadata({ labels: { theirs: "1" }, annotations: { a: "b" } })],
    ["nothing but its version", withMetadata({ resourceVersion: "10" })],
  ] as const) {
    test(what, () => assert.equal(passes(object), false));
  }
});

test("added and deleted nodes always pass", () => {
  assert.equal(childPredicate({ type: "added", object: base }), true);
  assert.equal(childPredicate({ type: "deleted", object: base }), true);
});

test("a node wakes the group that controls it and the one it is labelled with, before and after the change", () => {
  const owner = {
    apiVersion: "sei.io/v1alpha1",
    kind: "SeiNodeDeployment",
    name: "a",
    uid: "a",
    controller: true,
  };
  const object = withMetadata({ ownerReferences: [owner], labels: { "sei.io/nodedeployment": "b" } });
  const old = withMetadata({ labels: { "sei.io/nodedeployment": "c" } });
  const keys = [...groupsOfNode({ type: "modified", object, old })].map(
    ({ namespace, name }) => `${namespace}/${name}`,
  );
  assert.deepEqual(keys.sort(), ["sei/a", "sei/b", "sei/c"]);
});

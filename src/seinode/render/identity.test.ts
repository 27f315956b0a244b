import assert from "node:assert/strict";
import { test } from "node:test";
import type { SeiNode } from "#api";
import { oneOfEachMode, testNode, testSettings } from "./fixtures.ts";
import { identityChange, identityOf, renderDataVolumeClaim, renderStatefulSet } from "./index.ts";

type Spec = Partial<SeiNode["spec"]>;

function liveOf(spec: Spec) {
  return renderStatefulSet(testNode(spec), testSettings);
}

for (const [from, before] of oneOfEachMode) {
  for (const [to, after] of oneOfEachMode) {
    const [fromMode, toMode] = [from.split(" ")[0] ?? "", to.split(" ")[0] ?? ""];
    const expected = fromMode === toMode ? undefined : { field: "mode", from: fromMode, to: toMode };
    test(`D27: ${from} edited to ${to} is ${expected === undefined ? "the same node" : "another node"}`, () => {
      assert.deepEqual(identityChange(testNode(after), liveOf(before)), expected);
    });
  }
}

test("D27: another chain id is a change, and is named before a change of mode", () => {
  assert.deepEqual(identityChange(testNode({ chainId: "atlantic-2", archive: {} }), liveOf({})), {
    field: "chainId",
    from: "pacific-1",
    to: "atlantic-2",
  });
});

test("edits of anything else are no change of identity", () => {
  const edited = testNode({
    image: "sei:v7",
    podLabels: { "sei.io/chain": "x" },
    paused: true,
    overrides: { a: "b" },
  });
  assert.equal(identityChange(edited, liveOf({})), undefined);
});

test("the data claim tells it too, when the StatefulSet is gone", () => {
  const claim = renderDataVolumeClaim(testNode(), testSettings);
  assert.equal(identityChange(testNode({ chainId: "atlantic-2" }), claim)?.field, "chainId");
});

test("labels of the StatefulSet edited by hand do not outweigh those its pods have", () => {
  const live = liveOf({});
  const tampered = {
    ...live,
    metadata: { ...live.metadata, labels: { "sei.io/chain": "x", "sei.io/role": "archive" } },
  };
  assert.equal(identityChange(testNode(), tampered), undefined);
});

test("an object without our labels, or with a role nobody knows, is no evidence of a change", () => {
  assert.equal(identityChange(testNode(), { metadata: {} }), undefined);
  assert.equal(identityChange(testNode(), { metadata: { labels: { "sei.io/role": "sentry" } } }), undefined);
});

test("the identity is chain and mode", () => {
  assert.deepEqual(identityOf(testNode({ archive: {} })), { chainId: "pacific-1", mode: "archive" });
});

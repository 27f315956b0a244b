import assert from "node:assert/strict";
import { test } from "node:test";
import { parseLabelSelector } from "./label-selector.ts";

const labels = { "sei.io/node": "a", tier: "rpc", empty: "" };
for (const [selector, matches] of [
  ["", true],
  ["sei.io/node", true],
  ["missing", false],
  ["!missing", true],
  ["!tier", false],
  ["tier=rpc", true],
  ["tier==rpc", true],
  ["tier=full", false],
  ["tier!=full", true],
  ["missing!=x", true],
  ["empty=", true],
  ["tier in (full, rpc)", true],
  ["tier notin (full,rpc)", false],
  ["missing notin (x)", true],
  ["sei.io/node, tier in (rpc,full), !missing", true],
  ["sei.io/node,tier=full", false],
] as const) {
  test(`selector "${selector}" ${matches ? "matches" : "does not match"}`, () => {
    assert.equal(parseLabelSelector(selector)(labels), matches);
  });
}

test("an object without labels has none of them", () => {
  assert.equal(parseLabelSelector("a")(undefined), false);
  assert.equal(parseLabelSelector("!a")(undefined), true);
});

test("what cannot be read is refused, not guessed", () => {
  for (const selector of ["a > 1", "a=b=c", "a in b", "(a)"])
    assert.throws(() => parseLabelSelector(selector));
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { choosePoints, isWanted, replayCommand } from "./points.ts";

const suite = { name: "reply/api", every: 3 };
const points = ["a", "b", "c", "d", "e"];

test("make faults tries every point", () => {
  assert.deepEqual(choosePoints(suite, points, { FAULTS: "all" }), points);
});

test("make test tries the first and every n-th after it, the same ones each time", () => {
  assert.deepEqual(choosePoints(suite, points, {}), ["a", "d"]);
  assert.deepEqual(choosePoints({ ...suite, every: 100 }, points, {}), ["a"]);
});

test("FAULT_POINT tries that point alone, whatever the share is", () => {
  const choice = { FAULTS: "all", FAULT_POINT: "reply/api: c" };
  assert.deepEqual(choosePoints(suite, points, choice), ["c"]);
  const other = { name: "reply/sidecar", every: 1 };
  assert.equal(isWanted(other, choice), false);
  assert.deepEqual(choosePoints(other, points, choice), []);
});

test("a FAULT_POINT that the suite does not have is an error, not a green run of nothing", () => {
  assert.throws(() => choosePoints(suite, points, { FAULT_POINT: "reply/api: z" }), /no point "z"/);
});

test("the command of a failure is one that a shell takes as it is", () => {
  assert.equal(
    replayCommand(suite, "it's lost", "/somewhere/test/faults/reply/api.e2e.test.ts"),
    "FAULT_POINT='reply/api: it'\\''s lost' node_modules/.bin/node --test test/faults/reply/api.e2e.test.ts",
  );
});

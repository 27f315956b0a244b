import assert from "node:assert/strict";
import { test } from "node:test";
import { readOptions } from "./options.ts";

test("nodes come in ascending order, so that the largest fleet is the one left alone", () => {
  assert.deepEqual(readOptions({}).nodes, [1, 50, 200]);
  assert.deepEqual(readOptions({}).groups, [4, 20, 100]);
  assert.deepEqual(readOptions({ BENCH_GROUPS: "100 4" }).groups, [4, 100]);
  assert.deepEqual(readOptions({ BENCH_NODES: " 200,1  50 " }).nodes, [1, 50, 200]);
});

test("what is no number of nodes is refused by name", () => {
  assert.throws(() => readOptions({ BENCH_NODES: "1 many" }), /BENCH_NODES: "many" is not a whole number/);
  assert.throws(() => readOptions({ BENCH_GROUPS: "all" }), /BENCH_GROUPS: "all" is not a whole number/);
  assert.throws(() => readOptions({ BENCH_NODES: "0" }), /at least 1/);
  assert.throws(() => readOptions({ BENCH_IDLE_SECONDS: "-1" }), /BENCH_IDLE_SECONDS/);
  assert.equal(readOptions({ BENCH_IDLE_SECONDS: "0" }).idleSeconds, 0);
});

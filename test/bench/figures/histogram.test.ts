import assert from "node:assert/strict";
import { test } from "node:test";
import { Metrics } from "../../harness/metrics.ts";
import { quantileBucket, readHistogram, since } from "./histogram.ts";

const scrape = (counts: readonly [le: string, count: number][]) =>
  new Metrics(
    counts.map(([le, count]) => `wait_seconds_bucket{le="${le}",name="seinode"} ${count}`).join("\n"),
  );

const before = readHistogram(
  scrape([
    ["0.1", 90],
    ["1", 100],
    ["+Inf", 100],
  ]),
  "wait_seconds",
);
const after = readHistogram(
  scrape([
    ["0.1", 92],
    ["1", 104],
    ["+Inf", 105],
  ]),
  "wait_seconds",
);

test("a histogram is read with its bounds in ascending order, whatever order the scrape has", () => {
  const read = readHistogram(
    scrape([
      ["+Inf", 3],
      ["10", 2],
      ["9", 1],
    ]),
    "wait_seconds",
    { name: "seinode" },
  );
  assert.deepEqual(read, [
    { bound: 9, count: 1 },
    { bound: 10, count: 2 },
    { bound: Number.POSITIVE_INFINITY, count: 3 },
  ]);
  assert.deepEqual(readHistogram(scrape([["1", 1]]), "wait_seconds", { name: "other" }), []);
});

test("a quantile is told as its bucket, of what was observed between two scrapes only", () => {
  const between = since(before, after);
  assert.deepEqual(
    between.map(({ count }) => count),
    [2, 4, 5],
  );
  assert.deepEqual(quantileBucket(between, 0.4), { lower: 0, upper: 0.1 });
  assert.deepEqual(quantileBucket(between, 0.5), { lower: 0.1, upper: 1 });
  assert.deepEqual(quantileBucket(between, 0.99), { lower: 1, upper: Number.POSITIVE_INFINITY });
});

test("of nothing observed there is no quantile", () => {
  assert.equal(quantileBucket(since(after, after), 0.99), undefined);
  assert.equal(quantileBucket([], 0.99), undefined);
});

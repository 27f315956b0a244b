import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { percentile } from "./percentile.ts";

test("a percentile is the nearest rank: p50 of an even number is the lower middle, p99 of few is the largest", () => {
  assert.equal(percentile([4, 1, 3, 2], 50), 2);
  assert.equal(percentile([4, 1, 3, 2], 99), 4);
  assert.equal(percentile([7], 50), 7);
  assert.equal(percentile([3, 1], 0), 1);
  assert.equal(percentile([], 50), undefined);
});

test("a percentile is one of the values, and at least that share of them is not above it", () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ noNaN: true }), { minLength: 1 }),
      fc.integer({ min: 0, max: 100 }),
      (values, p) => {
        const found = percentile(values, p);
        assert.ok(found !== undefined && values.includes(found));
        assert.ok(values.filter((value) => value <= found).length >= (p / 100) * values.length);
      },
    ),
  );
});

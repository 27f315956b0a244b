import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { formatGoDuration, parseGoDuration } from "./go-duration.ts";

test("what Go's ParseDuration takes is read as Go reads it", () => {
  const cases: readonly (readonly [string, number])[] = [
    ["0", 0],
    ["5m", 300_000],
    ["9999h0m0s", 9999 * 3_600_000],
    ["1h30m", 5_400_000],
    ["1.5s", 1_500],
    [".5s", 500],
    ["1.s", 1_000],
    ["500ms", 500],
    ["1500us", 1.5],
    ["2µs", 0.002],
    ["+5s", 5_000],
    ["-5s", -5_000],
    ["1s1h", 3_601_000],
  ];
  for (const [text, ms] of cases) assert.equal(parseGoDuration(text), ms, text);
});

test("what Go's ParseDuration refuses is no duration", () => {
  for (const text of ["", "5", "5 m", "m", "5d", ".s", "-", "5m ", "anything", "1e3s", "9999999999h"])
    assert.equal(parseGoDuration(text), undefined, JSON.stringify(text));
});

test("durations are printed as Go prints them", () => {
  const cases: readonly (readonly [number, string])[] = [
    [0, "0s"],
    [20, "20ms"],
    [1_500, "1.5s"],
    [90_000, "1m30s"],
    [600_000, "10m0s"],
    [3_600_000, "1h0m0s"],
    [-1_000, "-1s"],
  ];
  for (const [ms, text] of cases) assert.equal(formatGoDuration(ms), text);
});

test("what was printed reads back as the same", () => {
  fc.assert(
    fc.property(fc.integer({ min: -1e10, max: 1e10 }), (ms) => {
      assert.ok(Math.abs((parseGoDuration(formatGoDuration(ms)) ?? Number.NaN) - ms) < 1e-3);
    }),
  );
});

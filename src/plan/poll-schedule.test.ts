import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { nextPollDelayMs } from "./poll-schedule.ts";

test("D15: a task is looked at after 20, 50, 100 and 200 ms, then after a tenth of its age", () => {
  const delays: number[] = [];
  for (let elapsed = 0; delays.length < 8; elapsed += delays.at(-1) ?? 0)
    delays.push(nextPollDelayMs(elapsed));
  assert.deepEqual(delays, [20, 50, 100, 200, 200, 200, 200, 200]);
  assert.equal(nextPollDelayMs(10_000), 1_000);
  assert.equal(nextPollDelayMs(50_000), 5_000);
});

test("D15: an hours-long task is looked at every 5 s, also right after a restart of the controller", () => {
  assert.equal(nextPollDelayMs(5 * 3_600_000), 5_000);
});

test("delays never shrink with age and stay within 20 ms and 5 s", () => {
  fc.assert(
    fc.property(fc.nat(10_000_000), fc.nat(10_000), (elapsed, more) => {
      const delay = nextPollDelayMs(elapsed);
      assert.ok(delay >= 20 && delay <= 5_000);
      assert.ok(nextPollDelayMs(elapsed + more) >= delay);
    }),
  );
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "./index.ts";

const monthMs = 30 * 24 * 3_600_000;

test("a timer beyond what setTimeout can hold does not fire at once", async () => {
  let fired = false;
  const cancel = systemClock.after(monthMs, () => {
    fired = true;
  });
  // Timers fire in order of their time; one that overflowed would have been due after a millisecond.
  await new Promise<void>((resolve) => systemClock.after(10, resolve));
  cancel();
  assert.equal(fired, false);
});

test("such a timer fires when its whole time is over, once, unless it was cancelled in between", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const fired: string[] = [];
  systemClock.after(monthMs, () => fired.push("kept"));
  const cancel = systemClock.after(monthMs, () => fired.push("cancelled"));
  // In two steps: what a mocked timer starts counts from the end of the tick that fired it.
  const limit = 2 ** 31 - 1;
  t.mock.timers.tick(limit);
  t.mock.timers.tick(monthMs - limit - 1);
  assert.deepEqual(fired, []);
  cancel();
  t.mock.timers.tick(1);
  assert.deepEqual(fired, ["kept"]);
  t.mock.timers.tick(monthMs);
  assert.deepEqual(fired, ["kept"]);
});

test("a sleep ends with the signal's reason, at once when it has aborted already, and keeps no timer", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const stop = new AbortController();
  const sleeping = systemClock.sleep(monthMs, stop.signal);
  stop.abort(new Error("over"));
  await assert.rejects(sleeping, /over/);
  await assert.rejects(systemClock.sleep(1, stop.signal), /over/);
  const slept = systemClock.sleep(5);
  t.mock.timers.tick(5);
  await slept;
});

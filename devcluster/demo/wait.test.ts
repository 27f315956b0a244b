import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualClock } from "#clock";
import { NotInTime, type Source, unlessAborted, until } from "./wait.ts";

function setUp() {
  const clock = new ManualClock();
  const ending = new AbortController();
  const listeners = new Set<() => void>();
  const source: Source = (changed) => {
    listeners.add(changed);
    return () => void listeners.delete(changed);
  };
  let value: string | undefined;
  const waited = (look = () => value) =>
    until(look, {
      what: () => `a value, not ${value}`,
      sources: [source],
      timeoutMs: 5000,
      clock,
      signal: ending.signal,
    });
  const set = (next: string) => {
    value = next;
    for (const listener of listeners) listener();
  };
  /** Nothing may stay behind, however it ended. */
  const assertClean = () => assert.deepEqual([listeners.size, clock.pending], [0, 0]);
  return { clock, ending, waited, set, assertClean };
}

test("what is there already is found without any change", async () => {
  const { waited, set, assertClean } = setUp();
  set("now");
  assert.equal(await waited(), "now");
  assertClean();
});

test("what comes later is found when the source tells of a change", async () => {
  const { clock, waited, set, assertClean } = setUp();
  const result = waited();
  await clock.advance(4999);
  set("later");
  assert.equal(await result, "later");
  assertClean();
});

test("what does not come is NotInTime, in the words of the moment", async () => {
  const { clock, waited, assertClean } = setUp();
  const rejected = assert.rejects(waited(), new NotInTime("not within 5 s: a value, not undefined"));
  await clock.advance(5000);
  await rejected;
  assertClean();
});

test("an abort ends the wait with its reason", async () => {
  const { ending, waited, assertClean } = setUp();
  const reason = new Error("stopped");
  const rejected = assert.rejects(waited(), reason);
  ending.abort(reason);
  await rejected;
  assertClean();
});

test("a look that throws ends the wait instead of the process", async () => {
  const { waited, assertClean } = setUp();
  const error = new Error("unreadable");
  await assert.rejects(
    waited(() => {
      throw error;
    }),
    error,
  );
  assertClean();
});

test("unlessAborted passes results and rejections on, and rejects at once under an aborted signal", async () => {
  const { signal } = new AbortController();
  assert.equal(await unlessAborted(Promise.resolve(1), signal), 1);
  await assert.rejects(unlessAborted(Promise.reject(new Error("own")), signal), /own/);
  await assert.rejects(unlessAborted(new Promise(() => {}), AbortSignal.abort(new Error("over"))), /over/);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualClock } from "#clock";
import { Steps } from "./steps.ts";

test("a step is shown running with the time since its start, then done with the time it took", async () => {
  const clock = new ManualClock();
  const seen: string[] = [];
  const steps = new Steps(clock, () => {
    const [step] = steps.views();
    seen.push(`${step?.state} ${step?.elapsedMs} ${step?.notes.join()}`);
  });
  const work = Promise.withResolvers<number>();
  const running = steps.run("work", (note) => {
    note("begun");
    return work.promise;
  });
  await clock.advance(120);
  assert.equal(steps.running?.elapsedMs, 120);
  work.resolve(7);
  assert.equal(await running, 7);
  await clock.advance(1000);
  assert.deepEqual(seen, ["running 0 ", "running 0 begun", "done 120 begun"]);
  assert.deepEqual(steps.views(), [{ title: "work", state: "done", elapsedMs: 120, notes: ["begun"] }]);
  assert.equal(steps.running, undefined);
});

test("a step whose work rejects is failed, and the rejection is passed on", async () => {
  const clock = new ManualClock();
  const steps = new Steps(clock, () => {});
  const error = new Error("no");
  await assert.rejects(
    steps.run("work", () => Promise.reject(error)),
    error,
  );
  assert.equal(steps.views()[0]?.state, "failed");
});

test("a later step does not change the time of an earlier one", async () => {
  const clock = new ManualClock();
  const steps = new Steps(clock, () => {});
  await steps.run("first", () => clock.advance(50));
  await steps.run("second", () => clock.advance(70));
  assert.deepEqual(
    steps.views().map(({ elapsedMs }) => elapsedMs),
    [50, 70],
  );
});

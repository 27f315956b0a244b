import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ManualClock } from "#clock";
import { formatKey, type ObjectKey } from "./object.ts";
import { type QueueMetrics, WorkQueue } from "./queue.ts";

const key = (name: string): ObjectKey => ({ namespace: "ns", name });
const a = key("a");

function newQueue(options: Partial<ConstructorParameters<typeof WorkQueue>[0]> = {}) {
  const clock = new ManualClock();
  return { clock, queue: new WorkQueue({ clock, ...options }) };
}

/** Takes without waiting for a key to come. */
async function takeNow(queue: WorkQueue): Promise<string | undefined> {
  return queue.depth === 0 ? undefined : formatKey((await queue.take()) ?? key("shut-down"));
}

test("keys are handed out once each, in the order of their first add", async () => {
  const { queue } = newQueue();
  for (const name of ["b", "a", "b", "c", "a"]) queue.add(key(name));
  assert.deepEqual(
    [await takeNow(queue), await takeNow(queue), await takeNow(queue)],
    ["ns/b", "ns/a", "ns/c"],
  );
  assert.equal(queue.depth, 0);
});

test("workers that wait get keys in the order they came", async () => {
  const { queue } = newQueue();
  const [first, second] = [queue.take(), queue.take()];
  queue.add(a);
  queue.add(key("b"));
  assert.deepEqual([await first, await second], [a, key("b")]);
});

test("a key added while it is processed waits for its worker, then runs once more", async () => {
  const { queue } = newQueue();
  queue.add(a);
  await queue.take();
  queue.add(a);
  queue.add(a);
  const second = queue.take();
  let handed = false;
  void second.then(() => {
    handed = true;
  });
  await Promise.resolve();
  assert.equal(handed, false);
  queue.done(a);
  assert.deepEqual(await second, a);
  queue.done(a);
  assert.equal(queue.remembered, 0);
});

test("a delay beyond an hour, be it endless, becomes an hour: a look too early does no harm", async () => {
  const { queue, clock } = newQueue();
  queue.addAfter(a, 30 * 24 * 3_600_000);
  queue.addAfter(key("b"), Number.POSITIVE_INFINITY);
  await clock.advance(3_599_999);
  assert.equal(queue.depth, 0);
  await clock.advance(1);
  assert.equal(queue.depth, 2);
});

test("of several delayed adds the earliest wins", async () => {
  const { queue, clock } = newQueue();
  queue.addAfter(a, 500);
  queue.addAfter(a, 200);
  queue.addAfter(a, 900);
  await clock.advance(199);
  assert.equal(queue.depth, 0);
  await clock.advance(1);
  assert.equal(await takeNow(queue), "ns/a");
  queue.done(a);
  await clock.advance(10_000);
  assert.equal(queue.depth, 0);
  assert.equal(clock.pending, 0);
});

test("an immediate add cancels a delayed one", async () => {
  const { queue, clock } = newQueue();
  queue.addAfter(a, 500);
  queue.add(a);
  await queue.take();
  queue.done(a);
  await clock.advance(1_000);
  assert.equal(queue.depth, 0);
});

test("a delayed add is not kept when a run is certain to come first", async () => {
  const { queue, clock } = newQueue();
  queue.add(a);
  await queue.take();
  queue.add(a);
  queue.addAfter(a, 500);
  queue.done(a);
  await queue.take();
  queue.done(a);
  assert.deepEqual([queue.depth, clock.pending, queue.remembered], [0, 0, 0]);
});

test("a delay set while the key is processed survives the end of the run", async () => {
  const { queue, clock } = newQueue();
  queue.add(a);
  await queue.take();
  queue.addAfter(a, 30_000);
  queue.done(a);
  await clock.advance(30_000);
  assert.equal(await takeNow(queue), "ns/a");
});

test("a delay that is zero, negative or not a number means now", () => {
  for (const ms of [0, -5, Number.NaN]) {
    const { queue } = newQueue();
    queue.addAfter(a, ms);
    assert.equal(queue.depth, 1);
  }
});

test("retries of a key wait 5 ms, 10 ms, ... up to 60 s, and start over after forget", async () => {
  const { queue, clock } = newQueue();
  const waits: number[] = [];
  for (let retry = 0; retry < 16; retry++) {
    const from = clock.monotonic();
    queue.addRateLimited(a);
    while (queue.depth === 0) await clock.advance(5);
    waits.push(clock.monotonic() - from);
    await queue.take();
    queue.done(a);
  }
  assert.deepEqual(waits.slice(0, 4), [5, 10, 20, 40]);
  assert.deepEqual(waits.slice(-3), [40_960, 60_000, 60_000]);
  assert.equal(queue.failures(a), 16);
  queue.forget(a);
  assert.equal(queue.remembered, 0);
  queue.addRateLimited(a);
  await clock.advance(5);
  assert.equal(queue.depth, 1);
});

test("a retry waits at least as long as the server asked", async () => {
  const { queue, clock } = newQueue();
  queue.addRateLimited(a, 3_000);
  await clock.advance(2_999);
  assert.equal(queue.depth, 0);
  await clock.advance(1);
  assert.equal(queue.depth, 1);
});

test("retries of all keys together are held to 100 a second after a burst of 100; events and delays are not", async () => {
  const { queue, clock } = newQueue();
  for (let index = 0; index < 300; index++) queue.addRateLimited(key(`retry-${index}`));
  await clock.advance(5);
  assert.equal(queue.depth, 100);
  await clock.advance(995);
  assert.equal(queue.depth, 200);
  for (let index = 0; index < 500; index++) queue.add(key(`event-${index}`));
  for (let index = 0; index < 500; index++) queue.addAfter(key(`delay-${index}`), 1);
  await clock.advance(1);
  assert.equal(queue.depth, 1_200);
  await clock.advance(1_000);
  assert.equal(queue.depth, 1_300);
});

test("after shutdown adds are refused and delays cancelled, but what was queued is handed out to the end", async () => {
  const { queue, clock } = newQueue();
  queue.add(a);
  queue.add(key("b"));
  queue.addAfter(key("later"), 10);
  await queue.take();
  queue.add(a);
  let drained = false;
  const end = queue.shutDown().then(() => {
    drained = true;
  });
  queue.add(key("refused"));
  queue.addAfter(key("refused"), 1);
  queue.addRateLimited(key("refused"));
  assert.equal(clock.pending, 0);
  assert.deepEqual(await queue.take(), key("b"));
  queue.done(key("b"));
  queue.done(a);
  assert.deepEqual(await queue.take(), a, "the add that came during the run");
  const idle = queue.take();
  assert.equal(await idle, undefined);
  assert.equal(drained, false);
  queue.done(a);
  await end;
});

test("workers that wait are released by a shutdown, and later ones at once", async () => {
  const { queue } = newQueue();
  const waiting = queue.take();
  await queue.shutDown();
  assert.deepEqual([await waiting, await queue.take()], [undefined, undefined]);
});

test("metrics tell depth, adds, retries, waits and work, and what is unfinished", async () => {
  const told: [string, number?][] = [];
  let unfinished = () => ({ totalSeconds: -1, longestSeconds: -1 });
  const metrics: QueueMetrics = {
    depth: (keys) => told.push(["depth", keys]),
    added: () => told.push(["added"]),
    retried: () => told.push(["retried"]),
    waited: (seconds) => told.push(["waited", seconds]),
    worked: (seconds) => told.push(["worked", seconds]),
    unfinished: (read) => {
      unfinished = read;
    },
  };
  const { queue, clock } = newQueue({ metrics });
  queue.add(a);
  await clock.advance(2_000);
  await queue.take();
  queue.add(a);
  await clock.advance(3_000);
  queue.add(key("b"));
  await queue.take();
  await clock.advance(1_000);
  assert.deepEqual(unfinished(), { totalSeconds: 5, longestSeconds: 4 });
  queue.done(a);
  await queue.take();
  queue.addRateLimited(key("b"));
  const of = (name: string) => told.filter(([what]) => what === name).map(([, value]) => value);
  assert.equal(of("added").length, 3);
  assert.equal(of("retried").length, 1);
  assert.deepEqual(of("waited"), [2, 0, 4], "the wait behind one's own run counts from the add");
  assert.deepEqual(of("worked"), [4]);
  assert.equal(Math.max(...of("depth").map(Number)), 2);
  assert.equal(of("depth").at(-1), 0);
});

test("whatever happens: never two workers on one key, no add is lost, and nothing is kept of idle keys", async () => {
  const step = fc.oneof(
    fc.record({
      do: fc.constantFrom("add", "retry", "forget", "done"),
      name: fc.constantFrom("a", "b", "c", "d"),
    }),
    fc.record({
      do: fc.constant("after"),
      name: fc.constantFrom("a", "b", "c", "d"),
      ms: fc.integer({ min: 0, max: 50 }),
    }),
    fc.record({ do: fc.constant("take") }),
    fc.record({ do: fc.constant("time"), ms: fc.integer({ min: 1, max: 60 }) }),
  ) as fc.Arbitrary<{ do: string; name?: string; ms?: number }>;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 80 }), async (steps) => {
      const { queue, clock } = newQueue();
      const working = new Set<string>();
      /** Keys that must run (again) after this point. */
      const owed = new Set<string>();
      const taken = (given: ObjectKey | undefined) => {
        assert.ok(given !== undefined);
        assert.ok(!working.has(given.name), `two workers on ${given.name}`);
        working.add(given.name);
        owed.delete(given.name);
      };
      for (const { do: what, name = "a", ms = 0 } of steps) {
        if (what === "time") await clock.advance(ms);
        else if (what === "take" && queue.depth > working.size) taken(await queue.take());
        else if (what === "done" && working.delete(name)) queue.done(key(name));
        else if (what === "forget") queue.forget(key(name));
        else if (what === "add") queue.add(key(name));
        else if (what === "after") queue.addAfter(key(name), ms);
        else if (what === "retry") queue.addRateLimited(key(name));
        if (["add", "after", "retry"].includes(what)) owed.add(name);
      }
      await clock.advance(120_000);
      for (let round = 0; round < 20 && (working.size > 0 || queue.depth > 0); round++) {
        for (const name of working) queue.done(key(name));
        working.clear();
        while (queue.depth > 0) taken(await queue.take());
      }
      assert.deepEqual([...owed], []);
      for (const name of "abcd") queue.forget(key(name));
      assert.deepEqual([queue.remembered, clock.pending], [0, 0]);
    }),
    { numRuns: 200 },
  );
});

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { ManualClock, type Random } from "#clock";
import {
  type Controller,
  type ControllerMetrics,
  type ControllerOptions,
  createController,
} from "./controller.ts";
import { ApiError, TerminalError } from "./errors.ts";
import type { Reconcile, ReconcileContext, ReconcileResult } from "./reconcile.ts";
import { MemoryLog } from "./testing/objects.ts";

let clock: ManualClock;
let log: MemoryLog;
let stop: AbortController;
let counts: Record<string, number>;
let finished: Promise<void>[];

beforeEach(() => {
  clock = new ManualClock();
  log = new MemoryLog();
  stop = new AbortController();
  counts = {};
  finished = [];
});

afterEach(async () => {
  stop.abort();
  await clock.advance(0);
  await Promise.all(finished);
  assert.equal(clock.pending, 0, "every timer is cleared");
});

const count = (what: string) => {
  counts[what] = (counts[what] ?? 0) + 1;
};
const metrics: ControllerMetrics = {
  maxConcurrent() {},
  activeWorkers(active) {
    counts.mostActive = Math.max(counts.mostActive ?? 0, active);
  },
  reconciled: (result) => count(result),
  failed: () => count("failed"),
  terminal: () => count("terminal"),
  panicked: () => count("panic"),
  timedOut: () => count("timeout"),
};

function newController(reconcile: Reconcile, more: Partial<ControllerOptions> = {}): Controller {
  let ids = 0;
  const random: Random = { next: () => 0, uuid: () => `id-${++ids}` };
  return createController({ name: "test", reconcile, clock, random, log, metrics, ...more });
}

async function started(
  reconcile: Reconcile,
  more: { workers?: number; deadlineMs?: number } = {},
): Promise<Controller> {
  const controller = newController(reconcile, more);
  finished.push(controller.start(stop.signal));
  await clock.advance(0);
  return controller;
}

const key = { namespace: "ns", name: "a" };

/** Rejects or resolves as the list says, run by run; after the list it resolves. */
function scripted(...outcomes: (Error | string | ReconcileResult)[]) {
  const runs: number[] = [];
  const reconcile: Reconcile = async () => {
    runs.push(clock.monotonic());
    const outcome = outcomes.shift() ?? {};
    if (outcome instanceof Error || typeof outcome === "string") throw outcome;
    return outcome;
  };
  return { runs, reconcile };
}

test("a controller is started once", async () => {
  const controller = await started(scripted().reconcile);
  await assert.rejects(controller.start(stop.signal), /twice/);
});

test("the reconcile gets its key, a live signal and a log that names controller, object and run", async () => {
  const seen: { key: object; context: ReconcileContext }[] = [];
  const controller = await started(async (given, context) => {
    seen.push({ key: given, context });
    context.log.info({}, "hello");
    return {};
  });
  controller.enqueue(key);
  await clock.advance(0);
  assert.deepEqual(seen[0]?.key, key);
  assert.equal(seen[0]?.context.signal.aborted, false);
  assert.deepEqual(log.lines.find(({ message }) => message === "hello")?.facts, {
    controller: "test",
    namespace: "ns",
    name: "a",
    reconcileId: "id-1",
  });
  assert.deepEqual([counts.success, counts.failed], [1, undefined]);
});

test("requeueAfterMs brings the key back then, and zero does not spin", async () => {
  const { runs, reconcile } = scripted({ requeueAfterMs: 30_000 }, { requeueAfterMs: 0 });
  const controller = await started(reconcile);
  controller.enqueue(key);
  await clock.advance(29_999);
  assert.deepEqual(runs, [0]);
  await clock.advance(60_000);
  assert.deepEqual(runs, [0, 30_000, 30_001]);
  assert.deepEqual([counts.requeue_after, counts.success], [2, 1]);
});

test("an error is logged, counted and retried with growing backoff, which success forgets", async () => {
  const failure = new Error("apply StatefulSet: refused");
  const { runs, reconcile } = scripted(failure, failure, failure, {}, failure);
  const controller = await started(reconcile);
  controller.enqueue(key);
  await clock.advance(1_000);
  assert.deepEqual(runs, [0, 5, 15, 35]);
  assert.deepEqual([counts.error, counts.failed, counts.panic], [3, 3, undefined]);
  assert.equal(log.at("error").length, 3);
  controller.enqueue(key);
  await clock.advance(1_000);
  assert.deepEqual(runs.slice(-2), [1_000, 1_005]);
});

test("a bug in the reconcile is counted as a panic, retried, and harms no other key", async () => {
  const healthy: string[] = [];
  const controller = await started(async ({ name }) => {
    if (name === "a") throw new TypeError("x is not a function");
    healthy.push(name);
    return {};
  });
  controller.enqueue(key);
  controller.enqueue({ namespace: "ns", name: "b" });
  await clock.advance(20);
  assert.deepEqual(healthy, ["b"]);
  assert.deepEqual([counts.panic, counts.failed], [3, 3]);
});

test("a reconcile that throws before its first await, or throws no Error, is treated as one that rejects", async () => {
  let runs = 0;
  const controller = await started(() => {
    runs++;
    throw "a string";
  });
  controller.enqueue(key);
  await clock.advance(5);
  assert.deepEqual([runs, counts.panic], [2, 2]);
});

test("a TerminalError, also as a cause, is counted and waits for the next event", async () => {
  const terminal = new Error("plan", { cause: new TerminalError("bad spec") });
  const { runs, reconcile } = scripted(terminal);
  const controller = await started(reconcile);
  controller.enqueue(key);
  await clock.advance(3_600_000);
  assert.equal(runs.length, 1);
  assert.deepEqual([counts.terminal, counts.failed, counts.error], [1, 1, 1]);
  controller.enqueue(key);
  await clock.advance(0);
  assert.equal(runs.length, 2);
});

test("a conflict comes back at once, is no error, and is told at debug level only", async () => {
  const conflict = new Error("flush status", {
    cause: new ApiError("409", { class: "conflict", status: 409 }),
  });
  const { runs, reconcile } = scripted(conflict);
  const controller = await started(reconcile);
  controller.enqueue(key);
  await clock.advance(5);
  assert.equal(runs.length, 2);
  assert.deepEqual([counts.requeue, counts.failed], [1, undefined]);
  assert.equal(log.at("error").length, 0);
});

test("a conflict that does not end is an error from the fifth time in a row on, until it ends", async () => {
  const conflict = new ApiError("conflict with kubectl", { class: "conflict", status: 409 });
  const { reconcile } = scripted(...Array.from({ length: 6 }, () => conflict), {}, conflict);
  const controller = await started(reconcile);
  controller.enqueue(key);
  await clock.advance(10_000);
  assert.deepEqual([counts.requeue, counts.failed, counts.error], [4, 2, 2]);
  assert.deepEqual(
    log.at("error").map(({ message, facts }) => [message, facts.failures]),
    [5, 6].map((failures) => ["reconcile meets conflicts that do not end and is repeated", failures]),
  );
  controller.enqueue(key);
  await clock.advance(10);
  assert.deepEqual([counts.requeue, counts.failed], [5, 2]);
});

test("a call that ended by somebody else's abort is an error like any other", async () => {
  const { runs, reconcile } = scripted(new ApiError("the client was closed", { class: "aborted" }));
  const controller = await started(reconcile);
  controller.enqueue(key);
  await clock.advance(5);
  assert.equal(runs.length, 2);
  assert.deepEqual([counts.failed, counts.panic, log.at("error").length], [1, undefined, 1]);
});

test("a requeueAfterMs that is no number is a bug of the reconcile, and does not spin", async () => {
  const { runs, reconcile } = scripted({ requeueAfterMs: Number.NaN });
  const controller = await started(reconcile);
  controller.enqueue(key);
  await clock.advance(10);
  assert.deepEqual(runs, [0, 5]);
  assert.deepEqual([counts.panic, counts.failed], [1, 1]);
  assert.match(String(log.at("error")[0]?.facts.error), /requeueAfterMs is not a number/);
});

test("a closed fence is no error, and the key is not lost should it open again", async () => {
  const { runs, reconcile } = scripted(new ApiError("fence closed", { class: "fenced" }));
  const controller = await started(reconcile);
  controller.enqueue(key);
  await clock.advance(5);
  assert.equal(runs.length, 2);
  assert.deepEqual([counts.failed, log.at("error").length], [undefined, 0]);
});

test("a server's Retry-After is waited for", async () => {
  const { runs, reconcile } = scripted(
    new ApiError("429", { class: "transient", status: 429, retryAfterMs: 2_000 }),
  );
  const controller = await started(reconcile);
  controller.enqueue(key);
  await clock.advance(1_999);
  assert.equal(runs.length, 1);
  await clock.advance(1);
  assert.equal(runs.length, 2);
});

test("an event during a run makes one more run after it, never beside it", async () => {
  let active = 0;
  let most = 0;
  let runs = 0;
  const controller = await started(async (_key, { signal }) => {
    runs++;
    most = Math.max(most, ++active);
    await clock.sleep(100, signal);
    active--;
    return {};
  });
  controller.enqueue(key);
  await clock.advance(10);
  controller.enqueue(key);
  controller.enqueue(key);
  await clock.advance(500);
  assert.deepEqual([runs, most], [2, 1]);
});

test("as many keys run at once as there are workers, and one that hangs holds up only its own", async () => {
  const done: string[] = [];
  const controller = await started(
    async ({ name }, { signal }) => {
      await clock.sleep(name === "slow" ? 50_000 : 10, signal);
      done.push(name);
      return {};
    },
    { workers: 2 },
  );
  for (const name of ["slow", "b", "c", "d"]) controller.enqueue({ name });
  await clock.advance(30);
  assert.deepEqual([done, counts.mostActive], [["b", "c", "d"], 2]);
});

test("at the deadline the signal aborts; the run counts as an error and is retried", async () => {
  let runs = 0;
  const controller = await started(
    async (_key, { signal }) => {
      runs++;
      if (runs === 1) await clock.sleep(3_600_000, signal);
      return {};
    },
    { deadlineMs: 60_000 },
  );
  controller.enqueue(key);
  await clock.advance(59_999);
  assert.equal(counts.timeout, undefined);
  await clock.advance(6);
  assert.equal(runs, 2);
  assert.deepEqual([counts.timeout, counts.failed, counts.success], [1, 1, 1]);
  assert.match(String(log.at("error")[0]?.facts.error), /ns\/a exceeded its deadline of 60000 ms/);
});

test("a run that ignores its deadline keeps its key locked, is reported once, and its late outcome still counts", async () => {
  const hung = Promise.withResolvers<void>();
  let runs = 0;
  const controller = await started(
    async () => {
      runs++;
      if (runs === 1) await hung.promise;
      return {};
    },
    { deadlineMs: 1_000 },
  );
  controller.enqueue(key);
  await clock.advance(1_000);
  controller.enqueue(key);
  await clock.advance(600_000);
  assert.equal(runs, 1, "no second run beside the hung one");
  assert.deepEqual(
    log.at("error").map(({ message }) => message),
    ["reconcile ignores its abort: its key and worker stay locked"],
  );
  hung.resolve();
  await clock.advance(0);
  assert.deepEqual([runs, counts.timeout, counts.success], [2, 1, 2]);
});

test("a stop aborts the running reconciles, counts no error, starts none of the queued, and waits for the end", async () => {
  const seen: unknown[] = [];
  const controller = await started(
    async ({ name }, { signal }) => {
      seen.push(name);
      await clock.sleep(3_600_000, signal);
      return {};
    },
    { workers: 1 },
  );
  controller.enqueue(key);
  controller.enqueue({ name: "queued" });
  await clock.advance(0);
  stop.abort(new Error("shutting down"));
  await Promise.all(finished);
  assert.deepEqual(seen, ["a"]);
  assert.deepEqual([counts.failed, log.at("error").length], [undefined, 0]);
});

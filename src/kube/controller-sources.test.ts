import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { ManualClock } from "#clock";
import { type Controller, type ControllerOptions, createController, type EventRoute } from "./controller.ts";
import { ownKey } from "./event-keys.ts";
import type { Informer } from "./informer.ts";
import type { QueueMetrics } from "./queue.ts";
import type { Reconcile } from "./reconcile.ts";
import type { ConfigMap } from "./resources.ts";
import { FakeInformer } from "./testing/fake-informer.ts";
import { configMap, MemoryLog } from "./testing/objects.ts";
import { fixedRandom } from "./testing/rest-fixture.ts";

let clock: ManualClock;
let log: MemoryLog;
let stop: AbortController;
let finished: Promise<void>[];

beforeEach(() => {
  clock = new ManualClock();
  log = new MemoryLog();
  stop = new AbortController();
  finished = [];
});

afterEach(async () => {
  stop.abort();
  await clock.advance(0);
  await Promise.all(finished);
  assert.equal(clock.pending, 0, "every timer is cleared");
});

function newController(reconcile: Reconcile, more: Partial<ControllerOptions> = {}): Controller {
  return createController({ name: "test", reconcile, clock, random: fixedRandom, log, ...more });
}

/** Notes when it ran. */
function noting() {
  const runs: number[] = [];
  const reconcile: Reconcile = async () => {
    runs.push(clock.monotonic());
    return {};
  };
  return { runs, reconcile };
}

test("workers start only when every informer has synced; what came before is not lost", async () => {
  const { runs, reconcile } = noting();
  const controller = newController(reconcile);
  const [first, second] = [new FakeInformer(), new FakeInformer()];
  for (const informer of [first, second]) {
    controller.watch(informer as unknown as Informer<ConfigMap>, { map: ownKey });
  }
  first.emit({ type: "added", object: configMap("a", 1) });
  finished.push(controller.start(stop.signal));
  first.sync();
  await clock.advance(60_000);
  assert.equal(runs.length, 0);
  second.sync();
  await clock.advance(0);
  assert.equal(runs.length, 1);
});

test("a standby keeps no keys: it looks at what is there when it starts, not at what came and went before", async () => {
  const { runs, reconcile } = noting();
  const depths: number[] = [];
  const queueMetrics: QueueMetrics = {
    depth: (keys) => depths.push(keys),
    added() {},
    retried() {},
    waited() {},
    worked() {},
    unfinished() {},
  };
  const controller = newController(reconcile, { queue: { metrics: queueMetrics } });
  const informer = new FakeInformer();
  controller.watch(informer as unknown as Informer<ConfigMap>, { map: ownKey });
  informer.sync();
  for (const type of ["added", "deleted"] as const) informer.emit({ type, object: configMap("gone", 1) });
  informer.emit({ type: "added", object: configMap("a", 2) });
  await clock.advance(0);
  assert.deepEqual(depths, []);
  finished.push(controller.start(stop.signal));
  await clock.advance(0);
  assert.equal(runs.length, 1);
  stop.abort();
  await Promise.all(finished);
  assert.equal(informer.handlers, 0, "a controller that stopped listens to nobody");
});

test("a stop before the informers synced ends the start, though a key is queued", async () => {
  const { runs, reconcile } = noting();
  const controller = newController(reconcile);
  const informer = new FakeInformer();
  controller.watch(informer as unknown as Informer<ConfigMap>, { map: ownKey });
  controller.enqueue({ namespace: "ns", name: "a" });
  let ended = false;
  const start = controller.start(stop.signal).then(() => {
    ended = true;
  });
  stop.abort(new Error("over"));
  informer.fail(new Error("over"));
  await clock.advance(0);
  assert.deepEqual([ended, runs.length], [true, 0]);
  await start;
});

test("an informer that cannot sync fails the start, a stop while waiting does not", async () => {
  const { reconcile } = noting();
  const failing = newController(reconcile);
  const informer = new FakeInformer();
  failing.watch(informer as unknown as Informer<ConfigMap>, { map: ownKey });
  const start = failing.start(stop.signal);
  informer.fail(new Error("no"));
  await assert.rejects(start, /no/);

  const stopped = newController(reconcile);
  const other = new FakeInformer();
  stopped.watch(other as unknown as Informer<ConfigMap>, { map: ownKey });
  const end = stopped.start(stop.signal);
  stop.abort(new Error("over"));
  other.fail(new Error("over"));
  await end;
});

test("predicates keep events from waking anybody; one that throws lets the event pass", async () => {
  const { runs, reconcile } = noting();
  const controller = newController(reconcile);
  const informer = new FakeInformer();
  const route: EventRoute<ConfigMap> = {
    predicate: ({ object }) => {
      if (object.metadata.name === "broken") throw new Error("predicate bug");
      return object.metadata.name === "wanted";
    },
    map: ownKey,
  };
  controller.watch(informer as unknown as Informer<ConfigMap>, route);
  informer.sync();
  finished.push(controller.start(stop.signal));
  for (const name of ["unwanted", "wanted", "broken"])
    informer.emit({ type: "added", object: configMap(name, 1) });
  await clock.advance(0);
  assert.equal(runs.length, 2);
  assert.equal(log.at("error").length, 1);
});

test("a predicate is not asked about an object that cannot be read: its reconciler has to report it", async () => {
  const { runs, reconcile } = noting();
  const controller = newController(reconcile);
  const informer = new FakeInformer();
  controller.watch(informer as unknown as Informer<ConfigMap>, { predicate: () => false, map: ownKey });
  informer.sync();
  finished.push(controller.start(stop.signal));
  await clock.advance(0);
  const [old, object] = [configMap("a", 1), configMap("a", 2)];
  informer.emit({ type: "modified", object, old, unreadable: new Error("cannot be represented") });
  await clock.advance(0);
  assert.equal(runs.length, 1);
  informer.emit({ type: "modified", object: configMap("a", 3), old, healed: true });
  await clock.advance(0);
  assert.equal(runs.length, 2, "and take the report back");
  informer.emit({ type: "modified", object: configMap("a", 4), old: configMap("a", 3) });
  await clock.advance(0);
  assert.equal(runs.length, 2);
});

test("a mapping that throws is logged and never reaches the informer", async () => {
  const controller = newController(noting().reconcile);
  const informer = new FakeInformer();
  controller.watch(informer as unknown as Informer<ConfigMap>, {
    map: (): never => {
      throw new Error("mapping bug");
    },
  });
  informer.sync();
  finished.push(controller.start(stop.signal));
  await clock.advance(0);
  informer.emit({ type: "added", object: configMap("a", 1) });
  assert.match(String(log.at("error")[0]?.facts.error), /mapping bug/);
});

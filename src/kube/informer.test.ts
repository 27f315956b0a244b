import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { ManualClock, type Random } from "#clock";
import { ApiError, isApiError } from "./errors.ts";
import { UnsafeIntegerError } from "./exact-json.ts";
import { createInformer, type Informer, type InformerEvent, type InformerOptions } from "./informer.ts";
import { type ConfigMap, configMaps } from "./resources.ts";
import { labelIndex } from "./store.ts";
import { configMap, MemoryLog } from "./testing/objects.ts";
import { ScriptedListWatch } from "./testing/scripted-list-watch.ts";

const random: Random = { next: () => 0, uuid: () => "id" };
let clock: ManualClock;
let api: ScriptedListWatch;
let log: MemoryLog;
let stop: AbortController;
let running: Promise<void>[];

beforeEach(() => {
  clock = new ManualClock();
  api = new ScriptedListWatch();
  log = new MemoryLog();
  stop = new AbortController();
  running = [];
});

afterEach(async () => {
  stop.abort();
  await Promise.all(running);
  assert.equal(clock.pending, 0, "every timer is cleared");
});

async function start(options: Partial<InformerOptions<ConfigMap>> = {}) {
  const informer = createInformer(api, configMaps, { clock, random, log, ...options });
  const told: string[] = [];
  informer.onEvent((event) => told.push(describe(event)));
  running.push(informer.start(stop.signal));
  await clock.advance(0);
  return { informer, told };
}

function describe({ type, object, old, unreadable }: InformerEvent<ConfigMap>): string {
  const before = old === undefined ? "" : ` from ${old.metadata.resourceVersion}`;
  return `${type} ${object.metadata.name}@${object.metadata.resourceVersion}${before}${unreadable ? " unreadable" : ""}`;
}

const names = (informer: Informer<ConfigMap>) =>
  informer
    .list()
    .map(({ metadata: { name, resourceVersion } }) => `${name}@${resourceVersion}`)
    .sort()
    .join(" ");

async function synced(...objects: ConfigMap[]) {
  const started = await start();
  for (const object of objects) api.open.send("ADDED", object);
  api.open.initialEventsEnd("10");
  await clock.advance(0);
  started.told.length = 0;
  return started;
}

test("the first request is a consistent WatchList of the scope, and nothing is visible before its end", async () => {
  const { informer, told } = await start({ namespace: "ns", labelSelector: "app" });
  assert.deepEqual(api.open.request, {
    namespace: "ns",
    labelSelector: "app",
    sendInitialEvents: true,
    resourceVersionMatch: "NotOlderThan",
    allowWatchBookmarks: true,
    timeoutSeconds: 300,
  });
  api.open.send("ADDED", configMap("a", 3));
  await clock.advance(0);
  assert.deepEqual([informer.hasSynced, names(informer), told], [false, "", []]);
  api.open.send("ADDED", configMap("b", 2));
  api.open.send("DELETED", configMap("a", 4));
  api.open.initialEventsEnd("9");
  await clock.advance(0);
  await informer.synced();
  assert.deepEqual([informer.hasSynced, names(informer), informer.resourceVersion], [true, "b@2", "9"]);
  assert.deepEqual(told, ["added b@2"]);
});

test("changes on the same stream are told with the state before", async () => {
  const { informer, told } = await synced(configMap("a", 3));
  api.open.send("MODIFIED", configMap("a", 11));
  api.open.send("ADDED", configMap("b", 12));
  api.open.send("DELETED", configMap("a", 13));
  api.open.bookmark("20");
  await clock.advance(0);
  assert.deepEqual(told, ["modified a@11 from 3", "added b@12", "deleted a@13"]);
  assert.deepEqual([names(informer), informer.resourceVersion], ["b@12", "20"]);
});

test("a repeated or late event neither brings a state back nor is told", async () => {
  const { informer, told } = await synced(configMap("a", 3));
  api.open.send("MODIFIED", configMap("a", 12));
  api.open.send("MODIFIED", configMap("a", 12));
  api.open.send("DELETED", configMap("a", 13));
  api.open.send("MODIFIED", configMap("a", 11));
  await clock.advance(0);
  assert.deepEqual(told, ["modified a@12 from 3", "deleted a@13"]);
  assert.equal(names(informer), "");
});

test("a server without WatchList is listed in pages, and not asked for WatchList again", async () => {
  const { informer } = await start();
  api.open.fail(new ApiError("sendInitialEvents is forbidden", { class: "invalid", status: 422 }));
  await clock.advance(0);
  api.lastList.answer([configMap("a", 3)], "10", { continue: "token" });
  await clock.advance(0);
  assert.deepEqual(api.lastList.request, { limit: 500, continue: "token" });
  assert.equal(informer.hasSynced, false);
  api.lastList.answer([configMap("b", 4)], "10");
  await clock.advance(0);
  assert.deepEqual([names(informer), api.open.request.resourceVersion], ["a@3 b@4", "10"]);

  api.open.fail(new ApiError("gone", { class: "expired", status: 410 }));
  await clock.advance(100);
  assert.deepEqual([api.watches.length, api.lists.length], [2, 3]);
});

test("an expired page token starts the list over and drops the pages before", async () => {
  const { informer } = await start();
  api.open.fail(new ApiError("refused", { class: "invalid" }));
  await clock.advance(0);
  api.lastList.answer([configMap("ghost", 3)], "10", { continue: "token" });
  await clock.advance(0);
  api.lastList.fail(new ApiError("expired", { class: "expired" }));
  await clock.advance(100);
  assert.deepEqual(api.lastList.request, { limit: 500 });
  api.lastList.answer([configMap("a", 11)], "12");
  await clock.advance(0);
  assert.equal(names(informer), "a@11");
});

test("a relist tells what was missed: additions, changes, deletions, and a successor of the same name", async () => {
  const { informer, told } = await synced(
    configMap("same", 1),
    configMap("changed", 2),
    configMap("deleted", 3),
    configMap("reborn", 4),
  );
  const broken = api.open;
  broken.fail(new ApiError("too old", { class: "expired" }));
  await clock.advance(100);
  assert.ok(broken.closed);
  assert.equal(names(informer), "changed@2 deleted@3 reborn@4 same@1", "what is known is served meanwhile");
  for (const object of [
    configMap("same", 1),
    configMap("changed", 30),
    configMap("reborn", 31, { uid: "other" }),
    configMap("new", 32),
  ]) {
    api.open.send("ADDED", object);
  }
  api.open.initialEventsEnd("40");
  await clock.advance(0);
  assert.deepEqual(told, [
    "modified changed@30 from 2",
    "deleted reborn@4",
    "added reborn@31",
    "added new@32",
    "deleted deleted@3",
  ]);
  assert.equal(names(informer), "changed@30 new@32 reborn@31 same@1");
});

test("a list older than what is held replaces it: the server was restored from a backup", async () => {
  const { informer, told } = await synced(configMap("a", 9));
  api.open.fail(new Error("cut"));
  await clock.advance(1_000);
  api.open.send("ADDED", configMap("a", 2));
  api.open.initialEventsEnd("5");
  await clock.advance(0);
  api.open.send("MODIFIED", configMap("a", 6));
  await clock.advance(0);
  assert.deepEqual(told, ["modified a@2 from 9", "modified a@6 from 2"]);
  assert.equal(informer.resourceVersion, "6");
});

test("a watch that ends after its time goes on from the last version without a list", async () => {
  const { told } = await synced(configMap("a", 3));
  api.open.send("MODIFIED", configMap("a", 15));
  await clock.advance(100_000);
  api.open.bookmark("17");
  await clock.advance(100_000);
  api.open.end();
  await clock.advance(0);
  const { resourceVersion, sendInitialEvents } = api.open.request;
  assert.deepEqual([api.watches.length, resourceVersion, sendInitialEvents], [2, "17", undefined]);
  api.open.send("MODIFIED", configMap("a", 18));
  await clock.advance(0);
  assert.deepEqual(told, ["modified a@15 from 3", "modified a@18 from 15"]);
});

test("a watch that showed nothing for 150 s is given up and listed anew, though its next never settles", async () => {
  await synced(configMap("a", 3));
  await clock.advance(149_000);
  api.open.bookmark("11");
  await clock.advance(149_999);
  const silent = api.open;
  await clock.advance(1);
  assert.ok(silent.closed);
  await clock.advance(100);
  assert.equal(api.open.request.sendInitialEvents, true);
});

test("a list that keeps failing is retried after 50 ms, 100 ms, ... and at most 30 s, and less by jitter", async () => {
  await start();
  const waits: number[] = [];
  for (let round = 0; round < 12; round++) {
    const asked = api.watches.length;
    api.open.fail(new ApiError("refused", { class: "transient" }));
    const from = clock.monotonic();
    while (api.watches.length === asked) await clock.advance(25);
    waits.push(clock.monotonic() - from);
  }
  assert.deepEqual(waits, [50, 100, 200, 400, 800, 1600, 3200, 6400, 12800, 15000, 15000, 15000]);
});

test("a watch whose first event never parses is not tried in a tight loop", async () => {
  await synced(configMap("a", 3));
  const from = clock.monotonic();
  for (let round = 0; round < 6; round++) {
    const asked = api.watches.length;
    api.open.fail(new ApiError("not JSON", { class: "transient" }));
    while (api.watches.length === asked) await clock.advance(25);
    api.open.send("ADDED", configMap("a", 3));
    api.open.initialEventsEnd("10");
    await clock.advance(0);
  }
  assert.ok(clock.monotonic() - from > 5_000);
});

test("an object with an integer that would be rounded fails alone: get throws, its event comes, the rest goes on", async () => {
  const { informer, told } = await synced(configMap("a", 3, { data: { k: "v" } }));
  const refused = new UnsafeIntegerError("watch", "data.k", "9007199254740993", {});
  api.open.send("MODIFIED", configMap("a", 11), refused);
  api.open.send("ADDED", configMap("b", 12));
  await clock.advance(0);
  assert.deepEqual(told, ["modified a@11 from 3 unreadable", "added b@12"]);
  assert.throws(
    () => informer.get({ namespace: "ns", name: "a" }),
    /ConfigMap ns\/a .*cannot be read.*9007199254740993/,
  );
  assert.equal(names(informer), "a@3 b@12", "a list goes on with the last readable state");
  api.open.send("MODIFIED", configMap("a", 13));
  await clock.advance(0);
  assert.equal(informer.get({ namespace: "ns", name: "a" })?.metadata.resourceVersion, "13");
  assert.equal(log.at("error").length, 1);
});

test("an object that was never readable is told, refused by get, left out of lists, and its deletion is told", async () => {
  const { informer, told } = await start();
  api.open.fail(new ApiError("refused", { class: "invalid" }));
  await clock.advance(0);
  const error = new UnsafeIntegerError("list", "data.k", "9007199254740993", {});
  api.lastList.answer([configMap("good", 2)], "10", { refused: [{ object: configMap("bad", 3), error }] });
  await clock.advance(0);
  assert.deepEqual(told, ["added good@2", "added bad@3 unreadable"]);
  assert.equal(names(informer), "good@2");
  assert.throws(
    () => informer.get({ namespace: "ns", name: "bad" }),
    (thrown) => isApiError(thrown, "invalid"),
  );
  api.open.send("DELETED", configMap("bad", 11), error);
  await clock.advance(0);
  assert.equal(told.at(-1), "deleted bad@3 unreadable");
  assert.equal(informer.get({ namespace: "ns", name: "bad" }), undefined);
});

test("a transform or index function that throws fails the object, not the informer", async () => {
  const { informer, told } = await start({
    transform: (object) => {
      if (object.data?.bad === "transform") throw new Error("no transform");
      return object;
    },
    indexes: {
      data: (object) => {
        if (object.data?.bad === "index") throw new Error("no index");
        return Object.keys(object.data ?? {});
      },
    },
  });
  api.open.send("ADDED", configMap("a", 1, { data: { bad: "transform" } }));
  api.open.send("ADDED", configMap("b", 2, { data: { bad: "index" } }));
  api.open.send("ADDED", configMap("c", 3, { data: { fine: "" } }));
  api.open.initialEventsEnd("10");
  await clock.advance(0);
  assert.deepEqual(told, ["added a@1 unreadable", "added b@2 unreadable", "added c@3"]);
  assert.deepEqual(
    informer.byIndex("data", "fine").map(({ metadata }) => metadata.name),
    ["c"],
  );
  assert.throws(() => informer.get({ namespace: "ns", name: "b" }), /no index/);
});

test("a transform that changes the identity is refused", async () => {
  const { informer } = await start({
    transform: (object) => ({ ...object, metadata: { ...object.metadata, resourceVersion: "1" } }),
  });
  api.open.send("ADDED", configMap("a", 5));
  api.open.initialEventsEnd("10");
  await clock.advance(0);
  assert.throws(() => informer.get({ namespace: "ns", name: "a" }), /identifies/);
});

test("objects are frozen to the last leaf and carry no managedFields", async () => {
  const { informer } = await synced(
    configMap("a", 1, { data: { k: "v" }, managedFields: [{ manager: "kubectl" }] }),
  );
  const held = informer.get({ namespace: "ns", name: "a" });
  assert.ok(held?.data !== undefined);
  assert.equal("managedFields" in held.metadata, false);
  for (const part of [held, held.metadata, held.data]) assert.ok(Object.isFrozen(part));
});

test("a handler that throws is logged and keeps nobody from hearing the event", async () => {
  const { informer, told } = await start();
  informer.onEvent(() => {
    throw new Error("handler bug");
  });
  const heard: string[] = [];
  const unsubscribe = informer.onEvent(({ object }) => heard.push(object.metadata.name));
  api.open.send("ADDED", configMap("a", 1));
  api.open.initialEventsEnd("10");
  await clock.advance(0);
  assert.deepEqual([told, heard], [["added a@1"], ["a"]]);
  assert.equal(log.at("error")[0]?.message, "event handler threw");
  unsubscribe();
  api.open.send("ADDED", configMap("b", 11));
  await clock.advance(0);
  assert.deepEqual(heard, ["a"]);
});

test("a handler that comes late is told what is held", async () => {
  const { informer } = await synced(configMap("a", 1));
  const heard: string[] = [];
  informer.onEvent((event) => heard.push(describe(event)));
  assert.deepEqual(heard, ["added a@1"]);
});

test("a big list gives the event loop a turn every 8 ms, and is complete only at its end", async () => {
  // A clock on which every look at it costs a millisecond: the work itself takes time.
  class BusyClock extends ManualClock {
    #spent = 0;
    override monotonic(): number {
      return super.monotonic() + this.#spent++;
    }
  }
  clock = new BusyClock();
  const { informer } = await start();
  for (let index = 0; index < 500; index++) api.open.send("ADDED", configMap(`o${index}`, index + 1));
  api.open.initialEventsEnd("1000");
  let turns = 0;
  while (!informer.hasSynced) {
    await new Promise<void>((resolve) => setImmediate(resolve));
    turns++;
  }
  assert.ok(turns > 50, `the loop got ${turns} turns`);
  assert.equal(informer.list().length, 500);
});

test("nothing is kept of objects that are gone", async () => {
  const metrics: number[] = [];
  const { informer } = await start({
    indexes: labelIndex("app"),
    metrics: { objects: (count) => metrics.push(count), listed() {}, interrupted() {}, unreadable() {} },
  });
  api.open.initialEventsEnd("1");
  for (let index = 0; index < 100; index++) {
    const labels = { app: `app-${index}` };
    api.open.send("ADDED", configMap(`o${index}`, 10 + index * 2, { labels }));
    api.open.send("DELETED", configMap(`o${index}`, 11 + index * 2, { labels }));
  }
  await clock.advance(0);
  assert.deepEqual([informer.list().length, metrics.at(-1), informer.writes.size], [0, 0, 0]);
});

test("stopping before the first list rejects whoever waits for it, and ends without an error", async () => {
  const { informer } = await start();
  const waiting = informer.synced();
  stop.abort(new Error("over"));
  await assert.rejects(waiting, (error) => isApiError(error, "aborted"));
  await Promise.all(running);
  assert.ok(api.watches[0]?.closed);
});

test("whoever waits with a signal stops waiting when it aborts, and the informer goes on", async () => {
  const { informer } = await start();
  const impatient = new AbortController();
  const waiting = informer.synced(impatient.signal);
  impatient.abort(new Error("enough"));
  await assert.rejects(waiting, /enough/);
  api.open.initialEventsEnd("1");
  await clock.advance(0);
  assert.ok(informer.hasSynced);
});

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { ManualClock, type Random } from "#clock";
import { ApiError } from "./errors.ts";
import { createInformer, type Informer } from "./informer.ts";
import { MISSING_KIND_RETRY_MS, OptionalKind } from "./optional-kind.ts";
import { type ConfigMap, configMaps } from "./resources.ts";
import { configMap, MemoryLog } from "./testing/objects.ts";
import { ScriptedListWatch } from "./testing/scripted-list-watch.ts";

const random: Random = { next: () => 0, uuid: () => "id" };
const missing = () => new ApiError("no such kind", { class: "notFound", status: 404 });
const backoffMs = 1_000;

let clock: ManualClock;
let api: ScriptedListWatch;
let kind: OptionalKind;
let informer: Informer<ConfigMap>;
let log: MemoryLog;
let stop: AbortController;
let running: Promise<void>;
let changes: boolean[];

beforeEach(async () => {
  clock = new ManualClock();
  api = new ScriptedListWatch();
  kind = new OptionalKind(api, configMaps, clock);
  changes = [];
  kind.onChange(() => changes.push(kind.installed));
  log = new MemoryLog();
  informer = createInformer(kind, configMaps, { clock, random, log });
  stop = new AbortController();
  running = informer.start(stop.signal);
  await clock.advance(0);
});

afterEach(async () => {
  stop.abort();
  await running;
  assert.equal(clock.pending, 0, "no timer outlives the informer");
});

async function answerMissing(): Promise<void> {
  api.open.fail(missing());
  await clock.advance(0);
}

async function answerWith(version: string, ...objects: ConfigMap[]): Promise<void> {
  for (const object of objects) api.open.send("ADDED", object);
  api.open.initialEventsEnd(version);
  await clock.advance(0);
}

const names = () => informer.list().map(({ metadata }) => metadata.name);

test("a kind that the cluster does not have is a synced, empty cache, and no warning", async () => {
  await answerMissing();
  assert.equal(informer.hasSynced, true);
  assert.deepEqual(names(), []);
  assert.equal(kind.installed, false);
  await clock.advance(MISSING_KIND_RETRY_MS + backoffMs);
  await answerMissing();
  assert.deepEqual(log.at("warn"), []);
});

test("a missing kind costs one request per period, however long it is missing", async () => {
  await answerMissing();
  for (let period = 1; period <= 5; period++) {
    await clock.advance(MISSING_KIND_RETRY_MS - 1);
    assert.equal(api.watches.length, period, "not before the period is over");
    await clock.advance(1 + backoffMs);
    assert.equal(api.watches.length, period + 1);
    await answerMissing();
  }
  assert.deepEqual(changes, [], "the first answer is no change, and neither is the same one again");
});

test("a kind that is installed later is found, listed, and told as a change", async () => {
  await answerMissing();
  await clock.advance(MISSING_KIND_RETRY_MS + backoffMs);
  await answerWith("10", configMap("a", 5));
  assert.deepEqual(changes, [true]);
  assert.deepEqual(names(), ["a"]);
  api.open.send("ADDED", configMap("b", 11));
  await clock.advance(0);
  assert.deepEqual(names(), ["a", "b"]);
});

test("a kind that is there from the start is no change", async () => {
  await answerWith("10");
  assert.equal(kind.installed, true);
  assert.deepEqual(changes, []);
});

test("a kind that is uninstalled empties the cache at once and is told as a change", async () => {
  await answerWith("10", configMap("a", 5));
  const deleted: string[] = [];
  informer.onEvent(({ type, object }) => void (type === "deleted" && deleted.push(object.metadata.name)));
  await clock.advance(2_000);
  api.open.end();
  await clock.advance(0);
  await answerMissing();
  assert.deepEqual(changes, [false]);
  await clock.advance(backoffMs);
  await answerMissing();
  assert.deepEqual(names(), []);
  assert.deepEqual(deleted, ["a"]);
  await clock.advance(MISSING_KIND_RETRY_MS + backoffMs);
  await answerWith("30", configMap("c", 25));
  assert.deepEqual(changes, [false, true]);
  assert.deepEqual(names(), ["c"]);
});

test("a server without WatchList is asked by pages, with the same answers", async () => {
  api.open.fail(new ApiError("sendInitialEvents is forbidden", { class: "invalid", status: 422 }));
  await clock.advance(0);
  api.lastList.fail(missing());
  await clock.advance(0);
  assert.equal(informer.hasSynced, true);
  assert.equal(kind.installed, false);
  await answerMissing();
  const lists = api.lists.length;
  await clock.advance(MISSING_KIND_RETRY_MS - 1);
  assert.equal(api.lists.length, lists, "the watch of a missing kind waits out the period");
  await clock.advance(1 + backoffMs);
  api.lastList.answer([configMap("a", 5)], "10");
  await clock.advance(0);
  assert.deepEqual(names(), ["a"]);
  assert.deepEqual(changes, [true]);
});

test("any other failure is the reflector's to deal with", async () => {
  api.open.fail(new ApiError("forbidden", { class: "forbidden", status: 403 }));
  await clock.advance(0);
  assert.equal(informer.hasSynced, false);
  assert.equal(log.at("warn").length, 1);
});

test("unsubscribed, a handler hears no more", async () => {
  const heard: boolean[] = [];
  kind.onChange(() => heard.push(kind.installed))();
  await answerMissing();
  await clock.advance(MISSING_KIND_RETRY_MS + backoffMs);
  await answerWith("10");
  assert.deepEqual(heard, []);
});

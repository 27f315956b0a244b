import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { ManualClock, type Random } from "#clock";
import { ApiError } from "./errors.ts";
import { createInformer, type Informer, type InformerEvent } from "./informer.ts";
import { keyOf } from "./object.ts";
import { type ConfigMap, configMaps } from "./resources.ts";
import { configMap } from "./testing/objects.ts";
import { ScriptedListWatch } from "./testing/scripted-list-watch.ts";

const random: Random = { next: () => 0, uuid: () => "id" };
let clock: ManualClock;
let api: ScriptedListWatch;
let stop: AbortController;
let running: Promise<void>;
let informer: Informer<ConfigMap>;

beforeEach(async () => {
  clock = new ManualClock();
  api = new ScriptedListWatch();
  stop = new AbortController();
  informer = createInformer(api, configMaps, { clock, random });
  running = informer.start(stop.signal);
  await clock.advance(0);
});

afterEach(async () => {
  stop.abort();
  await running;
});

async function list(version: string, ...objects: ConfigMap[]): Promise<void> {
  for (const object of objects) api.open.send("ADDED", object);
  api.open.initialEventsEnd(version);
  await clock.advance(0);
}

async function relist(version: string, ...objects: ConfigMap[]): Promise<void> {
  api.open.fail(new ApiError("too old", { class: "expired" }));
  await clock.advance(100);
  await list(version, ...objects);
}

const version = (event: InformerEvent<ConfigMap>) =>
  `${event.type} ${event.object.metadata.resourceVersion}${event.unreadable ? " unreadable" : ""}`;

test("on a new list, what a handler reads is as new as what it is told, also behind a write of ours", async () => {
  await list("10", configMap("a", 5), configMap("b", 6));
  informer.writes.answered(configMap("a", 12), informer.writes.ticket());
  informer.writes.answered(configMap("b", 13), informer.writes.ticket());
  const read: string[] = [];
  informer.onEvent((event) => {
    const held = informer.get(keyOf(event.object))?.metadata.resourceVersion ?? "nothing";
    read.push(`${version(event)}, reads ${held}`);
  });
  read.length = 0;
  await relist("30", configMap("a", 15));
  assert.deepEqual(read, ["modified 15, reads 15", "deleted 6, reads nothing"]);
});

test("a handler that comes late is told of objects that cannot be read, too, and of each object once", async () => {
  await list("10", configMap("a", 5), configMap("b", 6));
  api.open.send("MODIFIED", configMap("a", 11), new Error("cannot be represented"));
  api.open.send("ADDED", configMap("c", 12), new Error("cannot be represented"));
  await clock.advance(0);
  const told: string[] = [];
  informer.onEvent((event) => told.push(version(event)));
  assert.deepEqual(told.sort(), ["added 11 unreadable", "added 12 unreadable", "added 6"]);
});

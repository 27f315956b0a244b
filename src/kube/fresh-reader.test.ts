import assert from "node:assert/strict";
import { test } from "node:test";
import type { Client } from "./client.ts";
import { FreshReader } from "./fresh-reader.ts";
import type { KubeObject } from "./object.ts";
import { configMaps } from "./resources.ts";
import { FakeClient } from "./testing/fake-client.ts";

const FINALIZER = "example.org/held";
const key = { namespace: "sei", name: "held" };
const { signal } = new AbortController();

function object(resourceVersion: string, metadata: Partial<KubeObject["metadata"]> = {}): KubeObject {
  return {
    apiVersion: "v1",
    kind: configMaps.kind,
    metadata: { ...key, uid: "held-uid", resourceVersion, finalizers: [FINALIZER], ...metadata },
  };
}

/** What each read gave, and how many of them went to the API server. */
class World {
  readonly kube = new FakeClient();
  readonly reader: FreshReader<KubeObject>;
  liveReads = 0;

  constructor() {
    const { client } = this.kube;
    const live: Client["live"] = {
      ...client.live,
      get: (...args) => {
        this.liveReads += 1;
        return client.live.get(...args);
      },
    };
    this.reader = new FreshReader({ ...client, live }, configMaps, FINALIZER);
  }

  async read(): Promise<string | undefined> {
    return (await this.reader.read(key, signal))?.metadata.resourceVersion;
  }
}

test("the first pass over an object reads it live, later ones trust the cache", async () => {
  const world = new World();
  world.kube.put(object("7"));
  assert.deepEqual([await world.read(), await world.read(), await world.read()], ["7", "7", "7"]);
  assert.equal(world.liveReads, 1);
});

test("a cache that is behind is not believed until it has caught up, also by more digits", async () => {
  const world = new World();
  world.kube.put(object("10")).cacheShows("ConfigMap", key, object("9"));
  assert.deepEqual([await world.read(), await world.read()], ["10", "10"]);
  world.kube.cacheShows("ConfigMap", key, object("10"));
  assert.equal(await world.read(), "10");
  world.kube.put(object("12")).cacheShows("ConfigMap", key, object("11"));
  assert.equal(await world.read(), "11", "what comes later is the watch's to tell");
  assert.equal(world.liveReads, 2);
});

test("an object that is gone, of which the cache does not know, is gone", async () => {
  const world = new World();
  world.kube.cacheShows("ConfigMap", key, object("7", { deletionTimestamp: "2026-01-01T00:00:00Z" }));
  assert.equal(await world.read(), undefined);
});

test("an object without our finalizer costs no read: the write that adds it proves as much", async () => {
  const world = new World();
  world.kube.put(object("7", { finalizers: [] }));
  assert.equal(await world.read(), "7");
  const held = object("8");
  world.kube.put(held);
  world.reader.confirm(held);
  assert.equal(await world.read(), "8");
  assert.equal(world.liveReads, 0);
});

test("of an object that was forgotten nothing is known any more", async () => {
  const world = new World();
  world.kube.put(object("7"));
  await world.read();
  world.reader.forget("sei/held");
  await world.read();
  assert.equal(world.liveReads, 2);
});

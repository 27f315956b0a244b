import assert from "node:assert/strict";
import { test } from "node:test";
import { Finalizers, type SeiNode } from "#api";
import type { Client, KubeObject } from "#kube";
import { FakeClient } from "../kube/testing/fake-client.ts";
import { NodeReader } from "./node-reader.ts";
import { seiNode } from "./testing.ts";

const key = { namespace: "sei", name: "rpc-0" };
const { signal } = new AbortController();

function node(resourceVersion: string, metadata: Partial<SeiNode["metadata"]> = {}): KubeObject {
  const plain = seiNode();
  const finalizers = [Finalizers.seiNode];
  return {
    ...plain,
    metadata: { ...plain.metadata, resourceVersion, finalizers, ...metadata },
  } as KubeObject;
}

/** What each read gave, and how many of them went to the API server. */
class World {
  readonly kube = new FakeClient();
  readonly reader = new NodeReader();
  liveReads = 0;

  async read(): Promise<string | undefined> {
    const { client } = this.kube;
    const live: Client["live"] = {
      ...client.live,
      get: (...args) => {
        this.liveReads += 1;
        return client.live.get(...args);
      },
    };
    const found = await this.reader.read({ ...client, live }, key, signal);
    return found?.metadata.resourceVersion;
  }
}

test("the first pass over a node reads it live, later ones trust the cache", async () => {
  const world = new World();
  world.kube.put(node("7"));
  assert.deepEqual([await world.read(), await world.read(), await world.read()], ["7", "7", "7"]);
  assert.equal(world.liveReads, 1);
});

test("a cache that is behind is not believed until it has caught up, also by more digits", async () => {
  const world = new World();
  world.kube.put(node("10")).cacheShows("SeiNode", key, node("9"));
  assert.deepEqual([await world.read(), await world.read()], ["10", "10"]);
  world.kube.cacheShows("SeiNode", key, node("10"));
  assert.equal(await world.read(), "10");
  world.kube.put(node("12")).cacheShows("SeiNode", key, node("11"));
  assert.equal(await world.read(), "11", "what comes later is the watch's to tell");
  assert.equal(world.liveReads, 2);
});

test("a node that is gone, of which the cache does not know, is gone", async () => {
  const world = new World();
  world.kube.cacheShows("SeiNode", key, node("7", { deletionTimestamp: "2026-01-01T00:00:00Z" }));
  assert.equal(await world.read(), undefined);
});

test("a node without our finalizer costs no read: the write that adds it proves as much", async () => {
  const world = new World();
  world.kube.put(node("7", { finalizers: [] }));
  assert.equal(await world.read(), "7");
  const held = node("8");
  world.kube.put(held);
  world.reader.confirm(held as KubeObject & SeiNode);
  assert.equal(await world.read(), "8");
  assert.equal(world.liveReads, 0);
});

test("of a node that was forgotten nothing is known any more", async () => {
  const world = new World();
  world.kube.put(node("7"));
  await world.read();
  world.reader.forget("sei/rpc-0");
  await world.read();
  assert.equal(world.liveReads, 2);
});

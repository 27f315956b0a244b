import assert from "node:assert/strict";
import { test } from "node:test";
import type { Client } from "./client.ts";
import { FreshList } from "./fresh-list.ts";
import type { KubeObject } from "./object.ts";
import { configMaps } from "./resources.ts";
import { FakeClient } from "./testing/fake-client.ts";

const { signal } = new AbortController();
const key = (name: string) => ({ namespace: "sei", name });
const selection = { namespace: "sei", labels: { "example.org/of": "owner" } };

function object(name: string, resourceVersion: string): KubeObject {
  const { labels } = selection;
  return {
    apiVersion: "v1",
    kind: configMaps.kind,
    metadata: { ...key(name), uid: `uid-${name}`, resourceVersion, labels },
  };
}

class World {
  readonly kube = new FakeClient();
  readonly list: FreshList<KubeObject>;
  liveReads = 0;

  constructor() {
    const { client } = this.kube;
    const live: Client["live"] = {
      ...client.live,
      list: (...args) => {
        this.liveReads += 1;
        return client.live.list(...args);
      },
    };
    this.list = new FreshList({ ...client, live }, configMaps);
  }

  async read(owner = "sei/owner"): Promise<readonly string[]> {
    const objects = await this.list.of(owner, selection, signal);
    return objects.map(({ metadata }) => `${metadata.name}@${metadata.resourceVersion}`);
  }
}

test("the first list of an owner is live, later ones trust the cache; another owner's is its own first", async () => {
  const world = new World();
  world.kube.put(object("a", "7"));
  assert.deepEqual([await world.read(), await world.read(), await world.read()], [["a@7"], ["a@7"], ["a@7"]]);
  assert.equal(world.liveReads, 1);
  await world.read("sei/other");
  assert.equal(world.liveReads, 2);
});

test("a cache that shows one too old, or one too few, is not believed until it has caught up with all", async () => {
  const world = new World();
  world.kube.put(object("a", "10"), object("b", "11"));
  world.kube.cacheShows("ConfigMap", key("a"), object("a", "9")).cacheShows("ConfigMap", key("b"), undefined);
  assert.deepEqual(await world.read(), ["a@10", "b@11"]);
  world.kube.cacheShows("ConfigMap", key("a"), object("a", "10"));
  assert.deepEqual(await world.read(), ["a@10", "b@11"], "b is missing");
  world.kube.cacheShows("ConfigMap", key("b"), object("b", "11"));
  assert.deepEqual(await world.read(), ["a@10", "b@11"]);
  assert.equal(world.liveReads, 2);
  world.kube.cacheShows("ConfigMap", key("b"), undefined);
  assert.deepEqual(await world.read(), ["a@10"], "what comes later is the watch's to tell");
});

test("one that is deleted before the cache has shown it is not waited for", async () => {
  const world = new World();
  world.kube.put(object("a", "7"), object("b", "8")).cacheShows("ConfigMap", key("b"), undefined);
  await world.read();
  world.kube.remove("ConfigMap", key("b"));
  assert.deepEqual([await world.read(), await world.read()], [["a@7"], ["a@7"]]);
  assert.equal(world.liveReads, 2);
});

test("of an owner that was forgotten nothing is known any more", async () => {
  const world = new World();
  await world.read();
  world.list.forget("sei/owner");
  await world.read();
  assert.equal(world.liveReads, 2);
});

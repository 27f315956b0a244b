import assert from "node:assert/strict";
import { test } from "node:test";
import { formerUpdateManagers } from "#api";
import { Applier, isConflict, type KubeObject, type StatefulSet } from "#kube";
import { apiError, FakeClient } from "../kube/testing/fake-client.ts";
import { FIELD_MANAGER, readStatefulSet, syncStatefulSet } from "./statefulset.ts";
import { seiNode, settings } from "./testing.ts";

const { signal } = new AbortController();
const key = { namespace: "sei", name: "rpc-0" };

function statefulSet(metadata: Partial<StatefulSet["metadata"]> = {}): StatefulSet {
  const ours = {
    apiVersion: "sei.io/v1alpha1",
    kind: "SeiNode",
    name: "rpc-0",
    uid: "node-uid",
    controller: true,
  };
  return {
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: {
      ...key,
      uid: "sts-uid",
      resourceVersion: "1",
      generation: 1,
      ownerReferences: [ours],
      ...metadata,
    },
    spec: { serviceName: "rpc-0", selector: { matchLabels: { "sei.io/node": "rpc-0" } }, template: {} },
  } as StatefulSet;
}

class World {
  readonly fake = new FakeClient();
  readonly node = (uid?: string) =>
    seiNode({}, uid === undefined ? {} : { statefulSet: { name: "rpc-0", uid } });
  readonly #applier = new Applier(this.fake.client, FIELD_MANAGER, formerUpdateManagers);

  async sync(recordedUid?: string) {
    const node = this.node(recordedUid);
    if (this.fake.live("SeiNode", key) === undefined) this.fake.put(node as KubeObject);
    const cached = await readStatefulSet(this.fake.client, node, signal);
    const deps = { client: this.fake.client, applier: this.#applier, settings };
    return syncStatefulSet(deps, node, cached, recordedUid, signal);
  }

  verbs(): string[] {
    return this.fake.writes.map((write) => `${write.verb} ${write.kind}`);
  }
}

test("a cold start applies without force and without a uid, and gives back the live object", async () => {
  const world = new World();
  const outcome = await world.sync();
  assert.equal(outcome.state, "applied");
  assert.deepEqual(world.fake.writes[0]?.options, { fieldManager: "seinode-controller", force: false });
});

test("the recorded object is updated in place, with its uid and force", async () => {
  const world = new World();
  world.fake.put(statefulSet());
  const outcome = await world.sync("sts-uid");
  assert.equal(outcome.state === "applied" && outcome.statefulSet.metadata.uid, "sts-uid");
  const write = world.fake.writes[0];
  assert.deepEqual(write?.options, { fieldManager: "seinode-controller", force: true });
  assert.equal((write?.body as StatefulSet | undefined)?.metadata.uid, "sts-uid");
});

test("an apply that would change nothing is not sent again", async () => {
  const world = new World();
  world.fake.put(statefulSet());
  await world.sync("sts-uid");
  await world.sync("sts-uid");
  assert.deepEqual(world.verbs(), ["apply StatefulSet"]);
});

test("a value that somebody else changed at an applied path is put right", async () => {
  const world = new World();
  world.fake.put(statefulSet());
  await world.sync("sts-uid");
  const live = world.fake.live("StatefulSet", key) as StatefulSet;
  world.fake.put({ ...live, spec: { ...live.spec, replicas: 5 } } as KubeObject);
  await world.sync("sts-uid");
  assert.deepEqual(world.verbs(), ["apply StatefulSet", "apply StatefulSet"]);
});

test("a field that others own or the server filled in causes no write", async () => {
  const world = new World();
  world.fake.put(statefulSet());
  await world.sync("sts-uid");
  const live = world.fake.live("StatefulSet", key) as StatefulSet;
  world.fake.put({
    ...live,
    spec: { ...live.spec, revisionHistoryLimit: 10 },
    status: { replicas: 1 },
  } as KubeObject);
  await world.sync("sts-uid");
  assert.deepEqual(world.verbs(), ["apply StatefulSet"]);
});

test("after a lost answer the next pass applies again", async () => {
  const world = new World();
  world.fake.put(statefulSet());
  await world.sync("sts-uid");
  world.fake.put({ ...statefulSet(), spec: {} } as KubeObject);
  world.fake.failNext.set("apply StatefulSet", apiError("transient", 0));
  await assert.rejects(world.sync("sts-uid"));
  await world.sync("sts-uid");
  assert.equal(world.verbs().length, 3);
});

test("D11: a recorded object that is gone is forgotten before anything is created", async () => {
  const world = new World();
  assert.equal((await world.sync("sts-uid")).state, "forget");
  assert.deepEqual(world.verbs(), []);
});

test("D11: a cache that does not show the recorded object yet does not make it gone", async () => {
  const world = new World();
  world.fake.put(statefulSet()).cacheShows("StatefulSet", key, undefined);
  assert.equal((await world.sync("sts-uid")).state, "applied");
});

test("D11: our own object without a record is adopted", async () => {
  const world = new World();
  world.fake.put(statefulSet());
  const outcome = await world.sync();
  assert.equal(outcome.state === "applied" && outcome.statefulSet.metadata.uid, "sts-uid");
});

test("D11: an orphan with our selector is adopted without taking fields from others", async () => {
  const world = new World();
  world.fake.put(statefulSet({ ownerReferences: [] }));
  assert.equal((await world.sync()).state, "applied");
  assert.deepEqual(world.fake.writes[0]?.options, { fieldManager: "seinode-controller", force: false });
});

const foreignOwner = { apiVersion: "apps/v1", kind: "Other", name: "x", uid: "other", controller: true };

for (const [situation, object] of [
  ["of another controller", statefulSet({ ownerReferences: [foreignOwner] })],
  [
    "of nobody with another selector",
    {
      ...statefulSet({ ownerReferences: [] }),
      spec: { selector: { matchLabels: { app: "x" } } },
    } as unknown as StatefulSet,
  ],
] as const) {
  test(`D11: a StatefulSet ${situation} is left alone and reported`, async () => {
    const world = new World();
    world.fake.put(object);
    const outcome = await world.sync();
    assert.equal(outcome.state === "blocked" && outcome.reason, "ForeignStatefulSet");
    assert.deepEqual(world.verbs(), []);
  });
}

test("D11: a StatefulSet of a predecessor of the same name is waited for, because garbage collection is about to remove it", async () => {
  const world = new World();
  const predecessor = { ...foreignOwner, kind: "SeiNode", name: "rpc-0", uid: "old-node-uid" };
  world.fake.put(statefulSet({ ownerReferences: [predecessor] }));
  const outcome = await world.sync();
  assert.equal(outcome.state === "blocked" && outcome.reason, "StatefulSetTerminating");
  assert.deepEqual(world.verbs(), []);
});

test("D11: a foreign object that the cache did not show answers the first apply with a refusal, and is reported", async () => {
  const world = new World();
  world.fake.put(statefulSet({ ownerReferences: [foreignOwner] })).cacheShows("StatefulSet", key, undefined);
  world.fake.failNext.set("apply StatefulSet", apiError("conflict", 409));
  assert.equal((await world.sync()).state, "blocked");
});

for (const [whose, ownerReferences] of [
  ["of nobody", []],
  ["that names us as its controller", statefulSet().metadata.ownerReferences ?? []],
] as const) {
  test(`D11: an impostor ${whose} is deleted with uid and resourceVersion, once, and recreated`, async () => {
    const world = new World();
    world.fake.put(
      statefulSet({ uid: "impostor", resourceVersion: "7", ownerReferences: [...ownerReferences] }),
    );
    assert.equal((await world.sync("sts-uid")).state, "forget");
    assert.deepEqual(world.fake.writes[0]?.options, {
      preconditions: { uid: "impostor", resourceVersion: "7" },
      propagationPolicy: "Background",
    });
    const recreated = await world.sync();
    assert.equal(recreated.state, "applied");
    const uid = recreated.state === "applied" ? recreated.statefulSet.metadata.uid : "";
    assert.equal((await world.sync(uid)).state, "applied");
    assert.deepEqual(
      world.verbs().filter((verb) => verb.startsWith("delete")),
      ["delete StatefulSet"],
    );
  });
}

test("D11: a record read from a stale cache never deletes the fresh object", async () => {
  const world = new World();
  world.fake.put(world.node("fresh") as KubeObject, statefulSet({ uid: "fresh" }));
  assert.equal((await world.sync("stale")).state, "blocked");
  assert.deepEqual(world.verbs(), []);
});

test("D11: an impostor of another controller is not deleted", async () => {
  const world = new World();
  world.fake.put(statefulSet({ uid: "impostor", ownerReferences: [foreignOwner] }));
  assert.equal((await world.sync("sts-uid")).state, "blocked");
  assert.deepEqual(world.verbs(), []);
});

test("nothing is applied onto an object that is being deleted", async () => {
  const world = new World();
  world.fake.put(statefulSet({ deletionTimestamp: "2026-01-01T00:00:00Z" }));
  const outcome = await world.sync("sts-uid");
  assert.equal(outcome.state === "blocked" && outcome.reason, "StatefulSetTerminating");
  assert.deepEqual(world.verbs(), []);
});

test("the pod is not taken away for a pause that is over, which the cache has not heard of yet", async () => {
  const fake = new FakeClient();
  const paused = seiNode({ paused: true }, { statefulSet: { name: "rpc-0", uid: "sts-uid" } });
  const unpaused = { ...seiNode(), metadata: { ...paused.metadata, generation: 2 } };
  const scaledUp = statefulSet();
  fake
    .put(unpaused as KubeObject, { ...scaledUp, spec: { ...scaledUp.spec, replicas: 1 } } as KubeObject)
    .cacheShows("SeiNode", key, paused as KubeObject);
  const deps = { client: fake.client, applier: new Applier(fake.client, FIELD_MANAGER, []), settings };
  const cached = await readStatefulSet(fake.client, paused, signal);
  const sync = () => syncStatefulSet(deps, paused, cached, "sts-uid", signal);
  await assert.rejects(sync, (error) => isConflict(error));
  assert.deepEqual(fake.writes, []);

  fake.put(paused as KubeObject);
  assert.equal((await sync()).state, "applied");
});

import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject, OwnerReference } from "#kube";
import { FakeClient } from "../../kube/testing/fake-client.ts";
import { seiNode, settings } from "../testing.ts";
import { ensureDataVolumeClaim } from "./ensure-data-pvc.ts";

const { signal } = new AbortController();
const key = { namespace: "sei", name: "data-rpc-0" };

function claim(owner?: Partial<OwnerReference>, metadata: object = {}): KubeObject {
  const reference = {
    apiVersion: "sei.io/v1alpha1",
    kind: "SeiNode",
    name: "rpc-0",
    uid: "node-uid",
    controller: true,
  };
  return {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: {
      ...key,
      uid: "pvc-uid",
      resourceVersion: "1",
      ...(owner && { ownerReferences: [{ ...reference, ...owner }] }),
      ...metadata,
    },
  };
}

const ensure = (world: FakeClient) => ensureDataVolumeClaim(world.client, seiNode(), settings, signal);

test("a missing volume is created, once", async () => {
  const world = new FakeClient();
  assert.deepEqual(await ensure(world), { state: "complete" });
  assert.deepEqual(await ensure(world.put(claim({}))), { state: "complete" });
  assert.deepEqual(
    world.writes.map((write) => write.verb),
    ["create"],
  );
});

test("a volume that we created before a crash is ours: no request is needed", async () => {
  const world = new FakeClient().put(claim({}));
  assert.deepEqual(await ensure(world), { state: "complete" });
  assert.deepEqual(world.writes, []);
});

test("a create that meets our own volume, which the cache does not show yet, is complete", async () => {
  const world = new FakeClient().put(claim({})).cacheShows("PersistentVolumeClaim", key, undefined);
  assert.deepEqual(await ensure(world), { state: "complete" });
});

for (const [whose, object] of [
  ["nobody's", claim()],
  ["another controller's", claim({ kind: "StatefulSet", name: "x", uid: "other" })],
  ["another SeiNode's", claim({ name: "other", uid: "other" })],
] as const) {
  test(`a volume that is ${whose} fails the plan and names the import as the way to use it`, async () => {
    const outcome = await ensure(new FakeClient().put(object));
    assert.equal(outcome.state, "terminal");
    assert.match(
      outcome.state === "terminal" ? outcome.error : "",
      /already exists and is not owned.*import/,
    );
  });
}

for (const [whose, object] of [
  ["of a predecessor of the same name", claim({ uid: "old-node-uid" })],
  ["that is being deleted", claim({}, { deletionTimestamp: "2026-01-01T00:00:00Z" })],
] as const) {
  test(`D25: a volume ${whose} is waited for`, async () => {
    const world = new FakeClient().put(object);
    assert.equal((await ensure(world)).state, "running");
    assert.deepEqual(await ensure(world.remove("PersistentVolumeClaim", key)), { state: "complete" });
  });
}

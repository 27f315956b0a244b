/** Exact applies: what repeats or judges an object is sent for the version that was read. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Applier } from "./applier.ts";
import { isConflict } from "./errors.ts";
import type { DeepReadonly, KubeObject } from "./object.ts";
import { configMaps } from "./resources.ts";
import { FakeClient } from "./testing/fake-client.ts";

const signal = new AbortController().signal;
const key = { namespace: "sei", name: "a" };
const manifest = { apiVersion: "v1", kind: "ConfigMap", metadata: { ...key }, data: { a: "1" } };

function world(managedFields: NonNullable<KubeObject["metadata"]["managedFields"]> = []) {
  const kube = new FakeClient();
  const object = {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { ...key, uid: "u", resourceVersion: "5", managedFields },
  };
  kube.put(object);
  const { client } = kube;
  // The transfer is a write of its own: it moves the version on.
  const jsonPatch: typeof client.jsonPatch = async (resource, at, operations) => {
    await client.jsonPatch(resource, at, operations);
    const now = kube.live("ConfigMap", key) as KubeObject;
    kube.put({ ...now, metadata: { ...now.metadata, resourceVersion: "6" } });
    return kube.live("ConfigMap", key) as never;
  };
  return { kube, object, applier: new Applier({ ...client, jsonPatch }, "us", ["manager"]) };
}

const apply = (applier: Applier, existing: DeepReadonly<KubeObject>) =>
  applier.apply(configMaps, manifest, existing as never, signal, { exact: true });
const sent = (kube: FakeClient) =>
  kube.writes
    .filter(({ verb }) => verb === "apply")
    .map(({ body }) => (body as KubeObject).metadata.resourceVersion);

test("an exact apply carries uid and resourceVersion of the object it was made for", async () => {
  const { kube, object, applier } = world();
  await apply(applier, object);
  assert.deepEqual(sent(kube), ["5"]);
});

test("an exact apply to an object that has changed since is a conflict", async () => {
  const { kube, object, applier } = world();
  kube.put({ ...object, metadata: { ...object.metadata, resourceVersion: "7" } });
  await assert.rejects(apply(applier, object), isConflict);
});

const former = [{ manager: "manager", operation: "Update", fieldsV1: { "f:data": {} } }];

test("the taking over of fields moves the version on; the exact apply after it carries the new one", async () => {
  const { kube, object, applier } = world(former);
  await apply(applier, object);
  assert.deepEqual(sent(kube), ["6"]);
});

test("but not when somebody else had changed the object before the taking over", async () => {
  const { kube, object, applier } = world(former);
  kube.put({ ...object, metadata: { ...object.metadata, resourceVersion: "5b" } });
  await assert.rejects(apply(applier, object), isConflict);
});

test("a manifest that would change nothing is not sent a second time", async () => {
  const { kube, object, applier } = world();
  const answer = await apply(applier, object);
  await apply(applier, answer);
  assert.equal(sent(kube).length, 1);
});

test("without former managers, the first sight of an object costs the apply alone", async () => {
  const { kube, object } = world([{ manager: "manager", operation: "Update" }]);
  let reads = 0;
  const live = {
    ...kube.client.live,
    get: ((resource, at) => {
      reads++;
      return kube.client.live.get(resource, at);
    }) as typeof kube.client.live.get,
  };
  await apply(new Applier({ ...kube.client, live }, "us", []), object);
  assert.equal(reads, 0);
  await apply(new Applier({ ...kube.client, live }, "us", ["another"]), object).catch(() => {});
  assert.equal(reads, 1);
});

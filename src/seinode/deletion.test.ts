import assert from "node:assert/strict";
import { test } from "node:test";
import type { SeiNode } from "#api";
import { type KubeObject, type Logger, type OwnerReference, StatusWriter } from "#kube";
import { apiError, FakeClient } from "../kube/testing/fake-client.ts";
import { deleteNode } from "./deletion.ts";
import type { SeiNodeRuntime } from "./deps.ts";
import { seiNode } from "./testing.ts";

const claimKey = { namespace: "sei", name: "data-rpc-0" };
const ours = {
  apiVersion: "sei.io/v1alpha1",
  kind: "SeiNode",
  name: "rpc-0",
  uid: "node-uid",
  controller: true,
};
const log = { debug() {}, info() {}, warn() {}, error() {}, child: () => log } as unknown as Logger;

function deleted(
  spec: Partial<SeiNode["spec"]> = {},
  finalizers = ["other/finalizer", "sei.io/seinode-finalizer"],
): SeiNode {
  const node = seiNode(spec, { phase: "Running" });
  return { ...node, metadata: { ...node.metadata, deletionTimestamp: "2026-01-01T00:00:00Z", finalizers } };
}

function claim(ownerReferences: OwnerReference[], labels: Record<string, string> = {}): KubeObject {
  return {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { ...claimKey, uid: "pvc-uid", resourceVersion: "5", ownerReferences, labels },
  };
}

async function run(world: FakeClient, node: SeiNode): Promise<{ events: string[]; verbs: string[] }> {
  if (world.live("SeiNode", node.metadata) === undefined) world.put(node as KubeObject);
  const events: string[] = [];
  const runtime = {
    client: world.client,
    statusWriter: new StatusWriter(world.client, {
      group: "sei.io",
      version: "v1alpha1",
      kind: "SeiNode",
      plural: "seinodes",
      namespaced: true,
    }),
    metrics: { forget() {} },
    recorder: { event: (_about: unknown, _type: string, reason: string) => events.push(reason) },
  } as unknown as SeiNodeRuntime;
  await deleteNode(runtime, node, { signal: new AbortController().signal, log });
  return { events, verbs: world.writes.map((write) => `${write.verb} ${write.kind}`) };
}

test("a deleted node says Terminating, loses its volume and then our finalizer, and no other one", async () => {
  const world = new FakeClient().put(claim([ours]));
  const { verbs } = await run(world, deleted());
  assert.deepEqual(verbs, ["mergePatch SeiNode", "delete PersistentVolumeClaim", "mergePatch SeiNode"]);
  assert.deepEqual(world.writes[1]?.options, { preconditions: { uid: "pvc-uid", resourceVersion: "5" } });
  const node = world.live("SeiNode", { namespace: "sei", name: "rpc-0" }) as SeiNode | undefined;
  assert.deepEqual(node?.metadata.finalizers, ["other/finalizer"]);
  assert.equal(node?.status?.phase, "Terminating");
});

test("without our finalizer nothing is done", async () => {
  assert.deepEqual(
    (await run(new FakeClient().put(claim([ours])), deleted({}, ["other/finalizer"]))).verbs,
    [],
  );
});

test("D25: an ownerless volume with our label is deleted", async () => {
  const { verbs } = await run(new FakeClient().put(claim([], { "sei.io/node": "rpc-0" })), deleted());
  assert.ok(verbs.includes("delete PersistentVolumeClaim"));
});

for (const [whose, object] of [
  ["nobody's and without our label", claim([])],
  [
    "somebody else's",
    claim([{ ...ours, kind: "StatefulSet", name: "x", uid: "other" }], { "sei.io/node": "rpc-0" }),
  ],
  ["a namesake's with another uid", claim([{ ...ours, uid: "other" }], { "sei.io/node": "rpc-0" })],
  [
    "owned, but not controlled, by somebody",
    claim([{ ...ours, kind: "Backup", uid: "b", controller: false }], { "sei.io/node": "rpc-0" }),
  ],
] as const) {
  test(`D25: a volume that is ${whose} is kept, and an event says so`, async () => {
    const { verbs, events } = await run(new FakeClient().put(object), deleted());
    assert.ok(!verbs.includes("delete PersistentVolumeClaim"));
    assert.deepEqual(events, ["DataVolumeKept"]);
  });
}

test("a deletion that orphans what the node owns keeps the volume: its pod goes on", async () => {
  const { verbs } = await run(
    new FakeClient().put(claim([ours])),
    deleted({}, ["orphan", "sei.io/seinode-finalizer"]),
  );
  assert.ok(!verbs.includes("delete PersistentVolumeClaim"));
});

test("an imported volume is never deleted, not even when it has our name and label", async () => {
  const world = new FakeClient().put(claim([ours]));
  const { verbs } = await run(world, deleted({ dataVolume: { import: { pvcName: "data-rpc-0" } } }));
  assert.ok(!verbs.includes("delete PersistentVolumeClaim"));
});

test("a volume that the cache still shows, but is replaced live, is judged live", async () => {
  const world = new FakeClient().put(claim([])).cacheShows("PersistentVolumeClaim", claimKey, claim([ours]));
  assert.ok(!(await run(world, deleted())).verbs.includes("delete PersistentVolumeClaim"));
});

test("a volume that changes under the deletion stops it before the finalizer goes", async () => {
  const world = new FakeClient().put(claim([ours]));
  world.failNext.set("delete PersistentVolumeClaim", apiError("conflict", 409));
  await assert.rejects(run(world, deleted()));
  const node = world.live("SeiNode", { namespace: "sei", name: "rpc-0" }) as SeiNode | undefined;
  assert.ok(node?.metadata.finalizers?.includes("sei.io/seinode-finalizer"));
});

/** Each row of spec/seinode.md 5.1, import branch: one thing wrong with a good claim or volume, and what becomes of it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Client, KubeObject } from "#kube";
import { FakeClient } from "../../kube/testing/fake-client.ts";
import { seiNode, settings } from "../testing.ts";
import { checkImportedVolume } from "./import-volume.ts";

const { signal } = new AbortController();
const claimKey = { namespace: "sei", name: "brought" };
const required = "2000Gi";

type Change = Readonly<Record<"metadata" | "spec" | "status", object>>;

function claim({ metadata = {}, spec = {}, status = {} }: Partial<Change> = {}): KubeObject {
  return {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { ...claimKey, uid: "claim", resourceVersion: "1", ...metadata },
    spec: { accessModes: ["ReadWriteOnce"], volumeName: "disk", ...spec },
    status: { phase: "Bound", capacity: { storage: required }, ...status },
  } as KubeObject;
}

function volume({ spec = {}, status = {} }: Partial<Change> = {}): KubeObject {
  return {
    apiVersion: "v1",
    kind: "PersistentVolume",
    metadata: { name: "disk", uid: "volume", resourceVersion: "1" },
    spec: { capacity: { storage: required }, ...spec },
    status: { phase: "Bound", ...status },
  } as KubeObject;
}

async function judge(objects: readonly KubeObject[]) {
  const reads: string[] = [];
  const world = new FakeClient().put(...objects);
  const { client } = world;
  const counted: Client = {
    ...client,
    live: {
      ...client.live,
      get: (resource, key, ...rest) => {
        reads.push(resource.kind);
        return client.live.get(resource, key, ...rest);
      },
    },
  };
  const node = seiNode({ dataVolume: { import: { pvcName: claimKey.name } } });
  const verdict = await checkImportedVolume(counted, node, settings, claimKey.name, signal);
  return { ...verdict, reads, writes: world.writes };
}

const bigger = { capacity: { storage: "3000Gi" } };

const accepted: readonly [situation: string, objects: KubeObject[]][] = [
  ["just large enough", [claim(), volume()]],
  ["ReadWriteOncePod", [claim({ spec: { accessModes: ["ReadWriteOncePod"] } }), volume()]],
  ["larger than required", [claim({ status: bigger }), volume({ spec: bigger })]],
  [
    "of the same capacity in another notation",
    [
      claim({ status: { capacity: { storage: "2048Gi" } } }),
      volume({ spec: { capacity: { storage: "2Ti" } } }),
    ],
  ],
  ["of any storage class", [claim({ spec: { storageClassName: "whatever" } }), volume()]],
];
for (const [situation, objects] of accepted) {
  test(`a claim that is ${situation} is accepted, and nothing is written`, async () => {
    const { reason, reads, writes } = await judge(objects);
    assert.equal(reason, "PVCValidated");
    assert.deepEqual(reads, ["PersistentVolumeClaim", "PersistentVolume"]);
    assert.deepEqual(writes, []);
  });
}

const waited: readonly [situation: string, objects: KubeObject[], message: RegExp][] = [
  ["that does not exist", [], /brought does not exist; create it/],
  ["on its way out", [claim({ metadata: { deletionTimestamp: "2026-01-01T00:00:00Z" } })], /being deleted/],
  ["in phase Pending", [claim({ status: { phase: "Pending" } })], /not bound \(phase Pending\)/],
  ['in the unknown phase "Released"', [claim({ status: { phase: "Released" } })], /phase Released/],
  ["without a phase", [claim({ status: { phase: undefined } })], /phase unset/],
  ["without a capacity", [claim({ status: { capacity: undefined } })], /no capacity yet/],
  ["without a volume name", [claim({ spec: { volumeName: "" } })], /names no volume yet/],
  ["whose volume does not exist", [claim()], /PersistentVolume disk does not exist/],
];
for (const [situation, objects, message] of waited) {
  test(`a claim ${situation} is waited for, with one read of it`, async () => {
    const verdict = await judge(objects);
    assert.equal(verdict.reason, "PVCNotReady");
    assert.match(verdict.message, message);
    assert.equal(verdict.reads.filter((kind) => kind === "PersistentVolumeClaim").length, 1);
  });
}

const refused: readonly [situation: string, objects: KubeObject[], message: RegExp][] = [
  ["in phase Lost", [claim({ status: { phase: "Lost" } })], /phase Lost/],
  ["for many readers", [claim({ spec: { accessModes: ["ReadWriteMany"] } })], /access mode ReadWriteOnce/],
  ["without an access mode", [claim({ spec: { accessModes: undefined } })], /access mode ReadWriteOnce/],
  [
    "that is too small",
    [claim({ status: { capacity: { storage: "1999Gi" } } }), volume()],
    /has 1999Gi, less than required 2000Gi/,
  ],
  ["whose volume has failed", [claim(), volume({ status: { phase: "Failed" } })], /phase Failed/],
  ["whose volume has another size", [claim(), volume({ spec: bigger })], /3000Gi .* does not match 2000Gi/],
  [
    "whose volume has no size",
    [claim(), volume({ spec: { capacity: undefined } })],
    /unset .* does not match/,
  ],
];
for (const [situation, objects, message] of refused) {
  test(`a claim ${situation} is refused for good`, async () => {
    const verdict = await judge(objects);
    assert.equal(verdict.reason, "PVCInvalid");
    assert.match(verdict.message, message);
  });
}

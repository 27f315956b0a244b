import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pod, StatefulSet } from "#kube";
import { FakeClient } from "../../kube/testing/fake-client.ts";
import type { Images } from "../images.ts";
import { images, pod, seiNode } from "../testing.ts";
import { observeImages } from "./observe-image.ts";

const { signal } = new AbortController();
const key = { namespace: "sei", name: "rpc-0-0" };

function observe(world: FakeClient, cached: Pod | undefined, wanted: Images = images) {
  return observeImages(world.client, seiNode(), statefulSet(), cached, wanted, signal);
}

/** Its template asks for `seid`; its newest revision is another than that of the pods here. */
function statefulSet(seid = "sei:v9", updateRevision = "rev-9"): StatefulSet {
  return {
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: { name: "rpc-0", namespace: "sei", uid: "sts-uid", resourceVersion: "1", generation: 1 },
    spec: {
      replicas: 1,
      serviceName: "rpc-0",
      selector: { matchLabels: { "sei.io/node": "rpc-0" } },
      template: { spec: pod({ seid }).spec },
    },
    status: { replicas: 1, observedGeneration: 1, updateRevision },
  } as StatefulSet;
}

test("an image that an admission webhook rewrote is current when the pod is of the revision that asks for the wanted one", async () => {
  const mirrored = pod({ seid: "mirror.example.org/sei:v1", revision: "rev-9" });
  const world = new FakeClient().put(mirrored);
  const ask = statefulSet(images.seid);
  assert.deepEqual(await observeImages(world.client, seiNode(), ask, mirrored, images, signal), {
    state: "complete",
  });
  const other = statefulSet("sei:v0");
  assert.notEqual(
    (await observeImages(world.client, seiNode(), other, mirrored, images, signal)).state,
    "complete",
  );
});

test("D4: a pod made from the wanted images whose containers have started proves them", async () => {
  const current = pod();
  assert.deepEqual(await observe(new FakeClient().put(current), current), { state: "complete" });
});

test("D4: seid that crashed has started: the image is what is observed, not its health", async () => {
  const crashed = pod();
  const status = crashed.status?.containerStatuses?.[0];
  assert.ok(status);
  status.state = { waiting: { reason: "CrashLoopBackOff" } };
  status.lastState = { terminated: { exitCode: 1 } };
  assert.equal((await observe(new FakeClient().put(crashed), crashed)).state, "complete");
});

test("D4: an image that cannot be pulled is never current", async () => {
  const pulling = pod({ started: false });
  const status = pulling.status?.containerStatuses?.[0];
  assert.ok(status);
  status.state = { waiting: { reason: "ImagePullBackOff" } };
  const outcome = await observe(new FakeClient().put(pulling), pulling);
  assert.equal(outcome.state, "running");
  assert.match(outcome.state === "running" ? (outcome.waitingFor ?? "") : "", /cannot pull image sei:v1/);
});

test("a runtime that rewrites the image name in the status does not matter", async () => {
  const rewritten = pod();
  const status = rewritten.status?.containerStatuses?.[0];
  assert.ok(status);
  status.image = "docker.io/library/sei@sha256:abc";
  assert.equal((await observe(new FakeClient().put(rewritten), rewritten)).state, "complete");
});

for (const [situation, live] of [
  ["gone", undefined],
  ["terminating", { ...pod(), metadata: { ...pod().metadata, deletionTimestamp: "2026-01-01T00:00:00Z" } }],
  ["owned by another StatefulSet", { ...pod(), metadata: { ...pod().metadata, ownerReferences: [] } }],
] as const) {
  test(`a cached pod that is live ${situation} proves nothing`, async () => {
    const world = new FakeClient();
    if (live !== undefined) world.put(live as Pod);
    assert.equal((await observe(world.cacheShows("Pod", key, pod()), pod())).state, "running");
  });
}

test("without a pod the task waits, and asks the API server nothing", async () => {
  assert.deepEqual(await observe(new FakeClient(), undefined), {
    state: "running",
    waitingFor: "a pod of the wanted images to start",
  });
});

test("a pod of another image is replaced once more instead of waited for", async () => {
  const old = pod({ seid: "sei:v0", revision: "rev-1" });
  const world = new FakeClient().put(old, {
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: { name: "rpc-0", namespace: "sei", uid: "sts-uid", resourceVersion: "1", generation: 1 },
    spec: { replicas: 1, selector: { matchLabels: { "sei.io/node": "rpc-0" } } },
    status: { observedGeneration: 1, updateRevision: "rev-2" },
  } as never);
  assert.equal((await observe(world, old)).state, "running");
  assert.deepEqual(
    world.writes.map((write) => `${write.verb} ${write.kind}`),
    ["delete Pod"],
  );
});

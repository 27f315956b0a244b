import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pod, StatefulSet } from "#kube";
import { apiError, FakeClient } from "../../kube/testing/fake-client.ts";
import { pod, seiNode } from "../testing.ts";
import { replaceOutdatedPods } from "./replace-pod.ts";

const { signal } = new AbortController();
const node = seiNode();

function statefulSet(change: { spec?: object; status?: object; generation?: number } = {}): StatefulSet {
  return {
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: {
      name: "rpc-0",
      namespace: "sei",
      uid: "sts-uid",
      resourceVersion: "1",
      generation: change.generation ?? 2,
    },
    spec: {
      replicas: 1,
      serviceName: "rpc-0",
      selector: { matchLabels: { "sei.io/node": "rpc-0" } },
      template: {},
      ...change.spec,
    },
    status: {
      observedGeneration: 2,
      replicas: 1,
      currentRevision: "rev-1",
      updateRevision: "rev-2",
      ...change.status,
    },
  } as StatefulSet;
}

function changed(base: Pod, metadata: Partial<Pod["metadata"]>): Pod {
  return { ...base, metadata: { ...base.metadata, ...metadata } };
}

async function run(world: FakeClient) {
  const outcome = await replaceOutdatedPods(world.client, node, "sts-uid", signal);
  return { state: outcome.state, deleted: world.writes.filter((write) => write.verb === "delete"), outcome };
}

test("a pod of the old revision is deleted by uid, and the task is complete when the API server has accepted that", async () => {
  const world = new FakeClient().put(statefulSet(), pod({ revision: "rev-1" }));
  const first = await run(world);
  assert.equal(first.state, "complete");
  assert.deepEqual(first.deleted, [
    { verb: "delete", kind: "Pod", name: "rpc-0-0", options: { preconditions: { uid: "pod-uid" } } },
  ]);
});

test("a StatefulSet that the cache shows as observed, but that has a newer template, is waited for", async () => {
  const shown = statefulSet();
  const world = new FakeClient()
    .put(statefulSet({ generation: 3 }), pod({ revision: "rev-1" }))
    .cacheShows("StatefulSet", shown.metadata as never, shown);
  const { state, deleted } = await run(world);
  assert.deepEqual({ state, deleted }, { state: "running", deleted: [] });
});

test("a StatefulSet that the cache does not show as observed yet costs no request", async () => {
  const world = new FakeClient()
    .put(statefulSet(), pod({ revision: "rev-1" }))
    .cacheShows("StatefulSet", statefulSet().metadata as never, statefulSet({ generation: 3 }));
  const { client } = world;
  const asked = () => assert.fail("a live read");
  const outcome = await replaceOutdatedPods(
    { ...client, live: { get: asked, list: asked } },
    node,
    "sts-uid",
    signal,
  );
  assert.equal(outcome.state, "running");
});

test("the pod is looked up live, because the cache may not show it yet", async () => {
  const old = pod({ revision: "rev-1" });
  const world = new FakeClient().put(statefulSet(), old).cacheShows("Pod", old.metadata as never, undefined);
  assert.equal((await run(world)).deleted.length, 1);
});

test("D3: rolling back to the first revision deletes the newer pod although currentRevision equals updateRevision", async () => {
  const world = new FakeClient().put(
    statefulSet({ status: { updateRevision: "rev-1" } }),
    pod({ revision: "rev-2" }),
  );
  assert.equal((await run(world)).deleted.length, 1);
});

const leftAlone: readonly [situation: string, world: () => FakeClient, state: string][] = [
  [
    "a pod of the wanted revision",
    () => new FakeClient().put(statefulSet(), pod({ revision: "rev-2" })),
    "complete",
  ],
  ["no pod at all", () => new FakeClient().put(statefulSet()), "complete"],
  [
    "a pod that is terminating already",
    () =>
      new FakeClient().put(
        statefulSet(),
        changed(pod({ revision: "rev-1" }), { deletionTimestamp: "2026-01-01T00:00:00Z" }),
      ),
    "complete",
  ],
  [
    "a pod without a revision hash",
    () => new FakeClient().put(statefulSet(), changed(pod(), { labels: { "sei.io/node": "rpc-0" } })),
    "complete",
  ],
  [
    "a pod of another owner with our labels",
    () =>
      new FakeClient().put(
        statefulSet(),
        changed(pod({ revision: "rev-1" }), {
          ownerReferences: [
            { apiVersion: "apps/v1", kind: "StatefulSet", name: "rpc-0", uid: "other", controller: true },
          ],
        }),
      ),
    "complete",
  ],
  [
    "a StatefulSet of the name that is not the recorded one",
    () => {
      const other = statefulSet();
      return new FakeClient().put(
        { ...other, metadata: { ...other.metadata, uid: "other" } },
        changed(pod({ revision: "rev-1" }), {
          ownerReferences: [
            { apiVersion: "apps/v1", kind: "StatefulSet", name: "rpc-0", uid: "other", controller: true },
          ],
        }),
      );
    },
    "running",
  ],
  ["a missing StatefulSet", () => new FakeClient().put(pod({ revision: "rev-1" })), "running"],
  [
    "an empty updateRevision",
    () => new FakeClient().put(statefulSet({ status: { updateRevision: "" } }), pod({ revision: "rev-1" })),
    "running",
  ],
  [
    "an observedGeneration that lags",
    () => new FakeClient().put(statefulSet({ generation: 3 }), pod({ revision: "rev-1" })),
    "running",
  ],
  [
    "a StatefulSet of several replicas",
    () => new FakeClient().put(statefulSet({ spec: { replicas: 3 } }), pod({ revision: "rev-1" })),
    "terminal",
  ],
  [
    "an empty selector",
    () =>
      new FakeClient().put(
        statefulSet({ spec: { selector: { matchLabels: {} } } }),
        pod({ revision: "rev-1" }),
      ),
    "terminal",
  ],
  [
    "no selector",
    () => new FakeClient().put(statefulSet({ spec: { selector: undefined } }), pod({ revision: "rev-1" })),
    "terminal",
  ],
];

for (const [situation, world, state] of leftAlone) {
  test(`with ${situation} nothing is deleted and the task is ${state}`, async () => {
    const result = await run(world());
    assert.deepEqual(result.deleted, []);
    assert.equal(result.state, state);
  });
}

test("the refusal of several replicas names the task", async () => {
  const { outcome } = await run(new FakeClient().put(statefulSet({ spec: { replicas: 2 } })));
  assert.match(outcome.state === "terminal" ? outcome.error : "", /replace-pod refuses the multi-replica/);
});

for (const [situation, error] of [
  ["gone in the meantime", apiError("notFound", 404)],
  ["replaced by another of its name in the meantime", apiError("conflict", 409)],
] as const) {
  test(`a pod that is ${situation} is no failure`, async () => {
    const world = new FakeClient().put(statefulSet(), pod({ revision: "rev-1" }));
    world.failNext.set("delete Pod", error);
    assert.equal((await run(world)).state, "running");
  });
}

test("any other failure of the deletion is transient: it rejects", async () => {
  const world = new FakeClient().put(statefulSet(), pod({ revision: "rev-1" }));
  world.failNext.set("delete Pod", apiError("transient", 503));
  await assert.rejects(run(world));
});

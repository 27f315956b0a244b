/** Passes over a Running node whose image changes, or only seems to. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { TaskPlan } from "#api";
import { apiError } from "../kube/testing/fake-client.ts";
import { observedStatefulSet, PassWorld, podKey, running, withContainer } from "./pass-world.ts";
import { images, pod, seiNode } from "./testing.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;

const wholeUpdate = [
  "apply-statefulset",
  "apply-service",
  "config-patch",
  "config-validate",
  "replace-pod",
  "observe-image",
  "mark-ready",
];
const types = (plan: TaskPlan | undefined) => plan?.tasks.map(({ type }) => type);
const superseded = (world: PassWorld) =>
  world.events.filter((event) => event.startsWith("NodeUpdateSuperseded"));

/** An update in D5 order, because the sidecar of the old pod is dead, whose config-validate failed on the new pod. */
async function failedAfterReplacement(): Promise<PassWorld> {
  const silent = { type: "SidecarReady", status: "Unknown" as const, reason: "Unreachable", message: "" };
  const conditions = [{ ...silent, lastTransitionTime: "2025-01-01T00:00:00Z" }];
  const world = new PassWorld(seiNode({ image: "sei:v2" }, { ...running, conditions }), {
    rollsOut: true,
    pod: withContainer(pod(), "sei-sidecar", { state: { waiting: { reason: "CrashLoopBackOff" } } }),
  });
  world.sidecar.fails.add("config-validate");
  await world.elapse(10 * SECOND);
  assert.equal(world.plan()?.phase, "Failed");
  assert.ok(world.tasks().includes("replace-pod:Complete"));
  assert.equal(world.status().currentImage, "sei:v2");
  return world;
}

test("D5: an update that failed after the pod was replaced is rebuilt whole; seid does not start without its config", async () => {
  const world = await failedAfterReplacement();
  world.sidecar.fails.clear();
  await world.elapse(30 * SECOND);
  assert.deepEqual(world.sidecar.posted.slice(2), ["config-patch", "config-validate", "mark-ready"]);
  assert.equal(world.condition("Ready").status, "True");
  assert.equal(world.condition("NodeUpdateInProgress").reason, "UpdateComplete");
});

test("D5: a rebuilt update that fails again is rebuilt whole again; mark-ready never comes before its config-validate", async () => {
  const world = await failedAfterReplacement();
  await world.elapse(10 * MINUTE);
  assert.ok(world.sidecar.posts.length >= 8, "it was tried again several times");
  assert.ok(!world.sidecar.posted.includes("mark-ready"), "the gate of seid stays closed");
  assert.equal(world.condition("Stalled").reason, "PlanFailed");
  world.sidecar.fails.clear();
  await world.elapse(10 * MINUTE);
  assert.equal(world.condition("Ready").status, "True");
});

test("D8: an update that failed is dropped, not built again, when the image goes back to the current one", async () => {
  const world = new PassWorld(seiNode({ image: "sei:v2" }, running));
  world.sidecar.rejects.add("config-patch");
  await world.elapse(SECOND);
  assert.equal(world.plan()?.phase, "Failed");
  world.edit({ spec: { image: images.seid } });
  await world.elapse(SECOND);
  assert.equal(world.plan(), undefined);
  assert.equal(world.condition("Ready").status, "True");
  assert.deepEqual(world.sidecar.posted, ["config-patch"]);
});

test("D21: with no sidecar image recorded, another platform default starts no update, and the node is Ready", async () => {
  const { currentSidecarImage: _, ...status } = running;
  const world = new PassWorld(seiNode({}, status), {
    rollsOut: true,
    pod: pod({ sidecar: "seictl:v0" }),
    statefulSet: observedStatefulSet({}, { sidecarImage: "seictl:v0" }),
  });
  await world.elapse(5 * MINUTE);
  assert.equal(world.statefulSet()?.status?.updateRevision, "rev-2", "the template has the new default");
  assert.equal(world.plan(), undefined);
  assert.equal(world.condition("Ready").status, "True");
  assert.deepEqual(world.writes("delete"), []);
  assert.deepEqual(world.sidecar.posted, []);
});

test("a pod in a stale cache that differs only in the sidecar image starts no update", async () => {
  const world = new PassWorld(seiNode({}, running));
  world.kube.cacheShows("Pod", podKey, pod({ sidecar: "seictl:v0", revision: "rev-0" }));
  await world.passTimes(3);
  assert.equal(world.plan(), undefined);
  assert.equal(world.condition("Ready").status, "True");
});

test("a pod that really runs another sidecar image than recorded is updated", async () => {
  const world = new PassWorld(seiNode({}, running), {
    pod: pod({ sidecar: "seictl:v0", revision: "rev-0" }),
  });
  await world.pass();
  assert.deepEqual(types(world.plan()), wholeUpdate);
  assert.match(world.condition("NodeUpdateInProgress").message, /sidecar image drift.*current=seictl:v0/);
});

test("D2: NodeUpdateSuperseded is emitted once although the flush met conflicts", async () => {
  const world = new PassWorld(seiNode({ image: "sei:v2" }, running));
  await world.pass();
  world.edit({ spec: { image: "sei:v3" } });
  for (let i = 0; i < 3; i++) {
    world.kube.failNext.set("mergePatch SeiNode", apiError("conflict", 409));
    const { error } = await world.pass();
    assert.ok(error, "the conflict is not swallowed");
    assert.deepEqual(superseded(world), [], "nobody hears of a plan that was not written");
  }
  await world.passTimes(3);
  assert.equal(superseded(world).length, 1);
  assert.match(superseded(world)[0] ?? "", /changed from sei:v2 to sei:v3/);
});

test("where a webhook rewrites images to a mirror, the node is taken as what its template says", async () => {
  const { currentImage: _, currentSidecarImage: __, ...status } = running;
  const mirror = (image: string) => `mirror.local/${image}`;
  const world = new PassWorld(seiNode({}, status), {
    rollsOut: true,
    mirror,
    pod: pod({ seid: mirror("sei:v1") }),
  });
  await world.elapse(2 * MINUTE);
  assert.equal(world.status().currentImage, "sei:v1");
  assert.equal(world.plan(), undefined);
  assert.equal(world.condition("Ready").status, "True");

  world.edit({ spec: { image: "sei:v2" } });
  await world.elapse(MINUTE);
  assert.equal(world.status().currentImage, "sei:v2");
  assert.equal(world.plan(), undefined);
  assert.equal(world.condition("Ready").status, "True");
  assert.equal(world.writes("delete", "Pod").length, 1, "the pod was replaced once");
});

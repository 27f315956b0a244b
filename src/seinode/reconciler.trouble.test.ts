/** Passes while something is wrong for a while: the API server, the pod, the spec. What is told must be known and stay still. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { isApiError, type Pod } from "#kube";
import { apiError } from "../kube/testing/fake-client.ts";
import { PassWorld, running, withContainer } from "./pass-world.ts";
import { pod, seiNode } from "./testing.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;

test("D6: a transient API error changes no condition, and the new generation counts as observed only when acted on", async () => {
  const world = new PassWorld(seiNode({}, running));
  await world.elapse(SECOND);
  const told = () => ["Ready", "Reconciling", "Stalled", "SidecarReady"].map((type) => world.condition(type));
  const before = structuredClone(told());
  assert.equal(world.condition("Ready").status, "True");
  world.edit({ spec: { podLabels: { a: "b" } } });
  world.kube.failNext.set("apply StatefulSet", apiError("transient", 503));
  const { error } = await world.pass();
  assert.ok(isApiError(error, "transient"), "the pass is tried again");
  assert.deepEqual(told(), before);
  assert.equal(world.status().observedGeneration, 1);
  await world.pass();
  assert.equal(world.status().observedGeneration, 2);
  assert.equal(world.condition("Ready").status, "True");
  assert.equal(world.statefulSet()?.spec?.template.metadata?.labels?.a, "b");
});

test("D8: a failed update is rebuilt at once on a new generation whose first pass met a transient API error", async () => {
  const world = new PassWorld(seiNode({ image: "sei:v2" }, running));
  world.sidecar.rejects.add("config-patch");
  await world.elapse(SECOND);
  assert.equal(world.plan()?.phase, "Failed");
  const failedPlan = world.plan()?.id;
  world.sidecar.rejects.clear();
  world.edit({ spec: { externalAddress: "a:1", podLabels: { a: "b" } } });
  world.kube.failNext.set("apply StatefulSet", apiError("transient", 503));
  assert.ok((await world.pass()).error);
  await world.pass();
  assert.equal(world.plan()?.phase, "Active");
  assert.notEqual(world.plan()?.id, failedPlan);
});

/** seid between two crashes looks well for a moment. */
function crashing(down: boolean, restartCount: number): Pod {
  const state = down ? { waiting: { reason: "CrashLoopBackOff" } } : { running: {} };
  return withContainer(pod(), "seid", {
    ready: false,
    restartCount,
    state,
    lastState: { terminated: { exitCode: 1 } },
  });
}

test("a crash loop is Stalled after 2 min and stays so between the crashes, with one status write", async () => {
  const world = new PassWorld(seiNode({}, running));
  await world.elapse(SECOND);
  world.kube.put(crashing(true, 1));
  await world.elapse(SECOND);
  const writes = world.statusWrites;
  let stalledAt: number | undefined;
  for (let crash = 1; crash <= 9; crash++) {
    world.kube.put(crashing(true, crash));
    for (let second = 0; second < Math.min(300, 10 * 2 ** crash); second += 5) {
      await world.elapse(5 * SECOND);
      if (world.condition("Stalled").status === "True") stalledAt ??= world.clock.monotonic();
    }
    world.kube.put(crashing(false, crash));
    await world.elapse(15 * SECOND);
    assert.equal(world.condition("Stalled").status, stalledAt === undefined ? "False" : "True");
    assert.match(world.condition("Ready").message, /crash loop/, "told also while seid runs for a moment");
  }
  assert.ok(
    stalledAt !== undefined && stalledAt >= 2 * MINUTE && stalledAt <= 2 * MINUTE + 20 * SECOND,
    `${stalledAt}`,
  );
  assert.equal(world.condition("Stalled").reason, "CrashLoop");
  assert.equal(world.statusWrites, writes + 1);

  world.kube.put(pod());
  await world.pass();
  assert.equal(world.condition("Stalled").status, "False");
  assert.equal(world.condition("Ready").status, "True");
});

test("a crash loop is over for a pod that has run for 10 min without being ready", async () => {
  const world = new PassWorld(seiNode({}, running), { pod: crashing(true, 1) });
  await world.elapse(3 * MINUTE);
  assert.equal(world.condition("Stalled").reason, "CrashLoop");
  world.kube.put(crashing(false, 2));
  await world.elapse(9 * MINUTE);
  assert.equal(world.condition("Stalled").status, "True");
  await world.elapse(2 * MINUTE);
  assert.equal(world.condition("Stalled").status, "False");
});

test("D6: an invalid spec is Stalled at once, is not called reconciling, and renders no plan", async () => {
  const world = new PassWorld(seiNode({ fullNode: { snapshotGeneration: {} } }), {
    statefulSet: null,
    pod: null,
  });
  await world.elapse(MINUTE);
  assert.equal(world.condition("Reconciling").status, "False");
  assert.equal(world.condition("Stalled").reason, "InvalidSpec");
  assert.match(world.condition("Ready").message, /snapshotGeneration/);
  assert.equal(world.plan(), undefined);
  assert.equal(world.statusWrites, 1);
  world.edit({ spec: { fullNode: {} } });
  await world.passTimes(1);
  assert.equal(world.condition("Stalled").status, "False");
  assert.equal(world.condition("Reconciling").status, "True");
});

test("D17: a pod that is never created stalls the node after 5 min, and no sooner", async () => {
  const world = new PassWorld(seiNode(), { pod: null });
  await world.elapse(5 * MINUTE - SECOND);
  assert.equal(world.condition("Stalled").status, "False");
  assert.equal(world.condition("Reconciling").status, "True");
  const writes = world.statusWrites;
  await world.elapse(10 * SECOND);
  assert.equal(world.condition("Stalled").status, "True");
  assert.equal(world.condition("Stalled").reason, "PodNotStarted");
  await world.elapse(30 * MINUTE);
  assert.equal(world.statusWrites, writes + 1, "waiting writes nothing");
  assert.deepEqual(world.sidecar.posted, []);

  world.kube.put(pod());
  await world.elapse(MINUTE);
  assert.equal(world.status().phase, "Running");
  assert.equal(world.condition("Stalled").status, "False");
});

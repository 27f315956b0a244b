/** `sei.io/apply-config` in whole passes (D23): one restart of seid for one value, whatever happens on the way. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { SeiNodeSpec } from "#api";
import { apiError } from "../kube/testing/fake-client.ts";
import { PassWorld, podKey, running, withContainer } from "./pass-world.ts";
import { pod, seiNode } from "./testing.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const APPLY = ["config-apply", "config-validate", "restart-seid"];

const config = (world: PassWorld) => world.condition("PendingChanges");
const restarts = (world: PassWorld) => world.sidecar.posted.filter((type) => type === "restart-seid").length;
const events = (world: PassWorld, reason: string) =>
  world.events.filter((event) => event.startsWith(`${reason}:`));

/** Settled with a record, then its overrides edited. `posts` of the bring-up are forgotten. */
async function edited(options: { spec?: Partial<SeiNodeSpec> } = {}): Promise<PassWorld> {
  const world = new PassWorld(seiNode(), { statefulSet: null, pod: null, rollsOut: true });
  await world.elapse(MINUTE);
  world.sidecar.posts.length = 0;
  world.edit({ spec: { overrides: { "mempool.size": "1" }, ...options.spec } });
  await world.elapse(SECOND);
  assert.equal(config(world).status, "True");
  return world;
}

const annotate = (world: PassWorld, value: string) =>
  world.edit({ annotations: { "sei.io/apply-config": value } });

test("D23: a new value writes the configuration incrementally, checks it and restarts seid; then nothing is pending", async () => {
  const world = await edited();
  annotate(world, "1");
  await world.pass();
  assert.deepEqual(world.sidecar.posted, [], "a plan is visible before it acts");
  assert.equal(world.status().observedApplyConfig, "1");
  assert.equal(world.condition("Reconciling").reason, "ApplyingConfig");
  await world.elapse(MINUTE);
  assert.deepEqual(world.sidecar.posted, APPLY);
  assert.deepEqual(world.sidecar.posts[0]?.params, {
    mode: "full",
    incremental: true,
    targetVersion: 0,
    overrides: { "logging.level": "info", "mempool.size": "1", "network.p2p.external_address": "" },
  });
  assert.equal(config(world).status, "False");
  assert.equal(world.condition("Ready").status, "True");
  assert.deepEqual(events(world, "ConfigApplied").length, 1);
  await world.elapse(10 * MINUTE);
  world.restart();
  await world.elapse(10 * MINUTE);
  assert.equal(restarts(world), 1, "the same value asks for nothing more");
  annotate(world, "2");
  await world.elapse(MINUTE);
  assert.equal(restarts(world), 2, "another one does");
});

test("D23: until seid was restarted what was written is pending still", async () => {
  const world = await edited();
  world.sidecar.hangs.add("restart-seid");
  annotate(world, "1");
  await world.elapse(MINUTE);
  assert.equal(world.plan()?.tasks[1]?.status, "Complete");
  assert.match(config(world).message, /written after seid started/);
  world.sidecar.hangs.clear();
  await world.elapse(MINUTE);
  assert.equal(config(world).status, "False");
});

test("D23: a restart of seid that nobody planned puts into effect what was written", async () => {
  const world = await edited();
  world.sidecar.fails.add("restart-seid");
  annotate(world, "1");
  await world.elapse(MINUTE);
  assert.match(config(world).message, /written after seid started/);
  const seen = world.pod();
  assert.ok(seen);
  world.kube.put(withContainer(seen, "seid", { restartCount: 1 }));
  await world.elapse(SECOND);
  assert.equal(config(world).status, "False");
});

for (const lost of APPLY) {
  test(`D23: a lost answer to ${lost} is found out by asking; each task is POSTed once`, async () => {
    const world = await edited();
    world.sidecar.losesAnswerTo = lost;
    annotate(world, "1");
    await world.elapse(MINUTE);
    assert.deepEqual(world.sidecar.posted, APPLY);
    assert.equal(config(world).status, "False");
  });

  test(`D23: a crash after ${lost} ended and before that was written POSTs nothing twice`, async () => {
    const world = await edited();
    for (const type of APPLY) if (type !== lost) world.sidecar.hangs.add(type);
    annotate(world, "1");
    for (const type of APPLY) {
      if (type === lost) {
        world.kube.failNext.set("mergePatch SeiNode", apiError("transient", 503));
        await world.pass();
        world.restart();
      }
      world.sidecar.hangs.delete(type);
      await world.elapse(MINUTE);
    }
    assert.deepEqual(world.sidecar.posted, APPLY);
    assert.equal(config(world).status, "False");
  });
}

test("D23, D8: an override key nobody knows fails the plan at once with its name; nothing is sent, nothing is tried again", async () => {
  const world = await edited({ spec: { overrides: { "mempool.sise": "1" } } });
  annotate(world, "1");
  await world.elapse(30 * MINUTE);
  assert.deepEqual(world.sidecar.posted, []);
  assert.equal(world.plan()?.phase, "Failed");
  assert.match(world.plan()?.failedTaskDetail?.error ?? "", /mempool\.sise.*mempool\.size/);
  assert.match(world.condition("Stalled").message, /mempool\.sise.*sei\.io\/apply-config/);
  assert.equal(events(world, "ConfigApplyFailed").length, 1);
  const { length } = world.kube.writes;
  await world.elapse(30 * MINUTE);
  assert.equal(world.kube.writes.length, length, "kept and shown, not written again");

  world.edit({ spec: { overrides: { "mempool.size": "1" } } });
  await world.elapse(MINUTE);
  assert.equal(world.plan(), undefined, "the spec it failed for is gone");
  assert.deepEqual(world.sidecar.posted, [], "and seid is restarted only when somebody asks");
  annotate(world, "2");
  await world.elapse(MINUTE);
  assert.deepEqual(world.sidecar.posted, APPLY);
  assert.equal(world.condition("Ready").status, "True");
});

test("D23: a restart that failed is not tried again by itself; a new value or sei.io/retry is another try", async () => {
  const world = await edited();
  world.sidecar.fails.add("restart-seid");
  annotate(world, "1");
  await world.elapse(30 * MINUTE);
  world.restart();
  await world.elapse(30 * MINUTE);
  assert.equal(restarts(world), 1);
  assert.match(world.condition("Stalled").message, /restart-seid failed: does not work/);
  world.edit({ annotations: { "sei.io/retry": "1" } });
  await world.elapse(30 * MINUTE);
  assert.equal(restarts(world), 2);
  world.sidecar.fails.clear();
  annotate(world, "2");
  await world.elapse(MINUTE);
  assert.equal(restarts(world), 3);
  assert.equal(world.condition("Ready").status, "True");
  assert.equal(config(world).status, "False");
});

test("D23: an image update goes before a request of the same moment, which then restarts seid once", async () => {
  const world = await edited();
  world.edit({ spec: { image: "sei:v2" }, annotations: { "sei.io/apply-config": "1" } });
  await world.elapse(MINUTE);
  assert.deepEqual(world.sidecar.posted, ["config-patch", "config-validate", "mark-ready", ...APPLY]);
  assert.deepEqual(events(world, "ConfigApplySuperseded"), [], "it was not begun before");
  assert.equal(world.status().currentImage, "sei:v2");
  assert.equal(config(world).status, "False");
});

test("D23, D2: an image update takes the place of a plan that has not restarted seid; what was asked for follows it", async () => {
  const world = await edited();
  world.sidecar.hangs.add("config-validate");
  annotate(world, "1");
  await world.elapse(SECOND);
  world.edit({ spec: { image: "sei:v2" } });
  await world.pass();
  assert.equal(events(world, "ConfigApplySuperseded").length, 1);
  assert.equal(world.status().observedApplyConfig, undefined);
  world.sidecar.hangs.clear();
  await world.elapse(MINUTE);
  assert.deepEqual(world.sidecar.posted.slice(2), [
    "config-patch",
    "config-validate",
    "mark-ready",
    ...APPLY,
  ]);
  assert.equal(world.status().observedApplyConfig, "1");
  assert.equal(config(world).status, "False");
});

test("D23, D2: an image update that comes while seid is being restarted is not followed by another restart", async () => {
  const world = await edited();
  world.sidecar.hangs.add("restart-seid");
  annotate(world, "1");
  await world.elapse(MINUTE);
  world.edit({ spec: { image: "sei:v2" } });
  await world.elapse(MINUTE);
  assert.equal(world.status().currentImage, "sei:v2");
  assert.equal(restarts(world), 1);
  assert.equal(config(world).status, "False", "the new pod has read what was written");
});

for (const dies of [false, true]) {
  test(`D23, D2: an image update that meets a ${dies ? "crash" : "conflict"} before the first write of a plan that ran restarts seid once`, async () => {
    const world = await edited();
    annotate(world, "1");
    await world.pass();
    world.kube.failNext.set("mergePatch SeiNode", apiError("conflict", 409));
    await world.pass();
    if (dies) world.restart();
    world.edit({ spec: { image: "sei:v2" } });
    await world.elapse(MINUTE);
    assert.equal(world.status().currentImage, "sei:v2");
    assert.equal(restarts(world), 1);
    assert.equal(config(world).status, "False");
  });
}

test("D23: a pod that is replaced in the middle is marked ready first, for restart-seid would wait for a seid at its gate", async () => {
  const world = await edited();
  world.sidecar.hangs.add("config-validate");
  annotate(world, "1");
  await world.elapse(SECOND);
  world.kube.remove("Pod", podKey);
  await world.pass();
  world.sidecar.hangs.clear();
  await world.elapse(MINUTE);
  assert.deepEqual(world.sidecar.posted.slice(2), ["mark-ready", ...APPLY]);
  assert.equal(world.condition("Ready").status, "True");
  assert.equal(config(world).status, "False");
});

test("D23: a configuration that could not be applied does not keep a restarted sidecar from being marked ready", async () => {
  const world = await edited();
  world.sidecar.fails.add("config-validate");
  annotate(world, "1");
  await world.elapse(MINUTE);
  assert.equal(world.condition("Ready").reason, "PlanFailed");
  world.kube.remove("Pod", podKey);
  await world.elapse(MINUTE);
  assert.equal(world.sidecar.posted.at(-1), "mark-ready");
  assert.equal(world.condition("Ready").status, "True");
});

test("D23: a paused node says that the request waits, and follows it when it is unpaused", async () => {
  const world = await edited();
  world.edit({ spec: { paused: true }, annotations: { "sei.io/apply-config": "1" } });
  await world.elapse(10 * MINUTE);
  assert.deepEqual(world.sidecar.posted, []);
  assert.match(config(world).message, /followed once the node is unpaused/);
  world.edit({ spec: { paused: false } });
  await world.elapse(2 * MINUTE);
  assert.equal(restarts(world), 1);
  assert.equal(config(world).status, "False");
});

test("D23: a request that was there when a node was brought up is done with its init plan", async () => {
  const node = seiNode({ overrides: { "mempool.size": "1" } });
  const annotations = { "sei.io/apply-config": "1" };
  const world = new PassWorld(
    { ...node, metadata: { ...node.metadata, annotations } },
    { statefulSet: null, pod: null, rollsOut: true },
  );
  await world.elapse(10 * MINUTE);
  assert.equal(world.status().phase, "Running");
  assert.equal(world.status().observedApplyConfig, "1");
  assert.equal(restarts(world), 0);
});

test("D23: a request that comes while a node is brought up waits until it is Running", async () => {
  const world = new PassWorld(seiNode(), { statefulSet: null, pod: null, rollsOut: true });
  world.sidecar.hangs.add("configure-genesis");
  await world.elapse(10 * SECOND);
  world.edit({ spec: { overrides: { "mempool.size": "1" } }, annotations: { "sei.io/apply-config": "1" } });
  await world.elapse(MINUTE);
  assert.equal(world.status().phase, "Initializing");
  world.sidecar.hangs.clear();
  await world.elapse(MINUTE);
  assert.deepEqual(world.sidecar.posted.slice(-4), ["mark-ready", ...APPLY]);
});

test("D23: a Failed node is left alone: a request does not plan it again", async () => {
  const plan = { id: "x", phase: "Failed" as const, tasks: [] };
  const { statefulSet } = running;
  const world = new PassWorld(seiNode({}, { phase: "Failed", plan, ...(statefulSet && { statefulSet }) }), {
    rollsOut: true,
  });
  annotate(world, "1");
  await world.elapse(10 * MINUTE);
  assert.deepEqual(world.sidecar.posted, []);
  assert.equal(world.status().phase, "Failed");
});

test("D23: a sidecar that is away is waited for before the plan is made", async () => {
  const world = await edited();
  const seen = world.pod();
  assert.ok(seen);
  world.kube.put(withContainer(seen, "sei-sidecar", { state: { waiting: { reason: "CrashLoopBackOff" } } }));
  annotate(world, "1");
  await world.elapse(MINUTE);
  assert.equal(world.plan(), undefined);
  assert.match(config(world).message, /followed once the sidecar is ready/, "not asked for once more");
  world.kube.put(seen);
  await world.elapse(MINUTE);
  assert.deepEqual(world.sidecar.posted, APPLY);
});

test("D23: a CRD that drops the handled value is told about; seid is never restarted, however often the controller is", async () => {
  const world = new PassWorld(seiNode({}, running), {
    prunes: ["observedApplyConfig", "applied"],
    rollsOut: true,
    pod: pod(),
  });
  annotate(world, "1");
  for (let starts = 0; starts < 3; starts++) {
    await world.elapse(10 * MINUTE);
    assert.match(world.condition("Stalled").message, /install the CRD of this version/);
    const { length } = world.kube.writes;
    await world.elapse(10 * MINUTE);
    assert.equal(world.kube.writes.length, length);
    world.restart();
  }
  assert.deepEqual(world.sidecar.posted, []);
});

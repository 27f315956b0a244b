/**
 * What a node says of itself: Ready, Reconciling and Stalled as kstatus and with it every GitOps tool reads them (D17),
 * and the metrics (D13). Judged on every state the API server ever showed, not only on the last.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { SeiNode } from "#api";
import type { DeepReadonly } from "#kube";
import { kubectl } from "../harness/kubectl.ts";
import { endWorld } from "../harness/manners.ts";
import { scrape, untilMetrics } from "../harness/metrics.ts";
import { condition, IMAGE_V1, IMAGE_V2, NAMESPACE, World } from "../harness/world.ts";

let world: World;
before(async () => {
  world = await World.start();
});
after(() => endWorld(world));

type Node = DeepReadonly<SeiNode>;
const keyOf = (name: string) => ({ namespace: NAMESPACE, name });

/** Every state of the node that the watch shows from now on. */
function history(name: string): Node[] {
  const states: Node[] = [];
  world.nodes.onEvent(({ type, object }) => {
    if (object.metadata.name === name && type !== "deleted") states.push(object);
  });
  return states;
}

/** The rules of kstatus for a custom resource: https://github.com/kubernetes-sigs/cli-utils, in short. */
function kstatus(node: Node): "InProgress" | "Failed" | "Terminating" | "Current" {
  const { metadata, status } = node;
  if (metadata.deletionTimestamp !== undefined) return "Terminating";
  if (status?.observedGeneration !== undefined && status.observedGeneration !== metadata.generation)
    return "InProgress";
  if (condition(node, "Stalled")?.status === "True") return "Failed";
  if (condition(node, "Reconciling")?.status === "True") return "InProgress";
  const ready = condition(node, "Ready");
  return ready !== undefined && ready.status !== "True" ? "InProgress" : "Current";
}

/** Neighbours that are the same told once. */
const steps = (states: readonly Node[]) =>
  states.map(kstatus).filter((state, index, all) => state !== all[index - 1]);

const summary = (node: Node) =>
  ["Ready", "Reconciling", "Stalled"].map((type) => condition(node, type)?.status).join(" ");

test("D17: a bring-up is InProgress from the first status on, and Current only once the node is Ready", async () => {
  const states = history("born");
  await world.createNode("born");
  const ready = await world.untilReady("born");
  const told = states.filter(({ status }) => status?.conditions !== undefined);
  assert.deepEqual(steps(told), ["InProgress", "Current"]);
  assert.ok(told.length >= 3);
  for (const state of told.slice(0, -1)) assert.match(summary(state), /^False (True|False) False$/);
  assert.equal(told[0] && summary(told[0]), "False True False");
  assert.equal(summary(ready), "True False False");
  assert.equal(ready.status?.observedGeneration, ready.metadata.generation);
  assert.ok(told.every(({ status, metadata }) => status?.observedGeneration === metadata.generation));
});

test("D17: an image change is InProgress from the moment the API server has it until the new image runs", async () => {
  const states = history("moved");
  await world.createNode("moved");
  const before = await world.untilReady("moved");
  states.length = 0;
  await world.patchNode("moved", { spec: { image: IMAGE_V2 } });
  const ready = await world.untilReady("moved", IMAGE_V2);
  assert.deepEqual(steps(states), ["InProgress", "Current"]);
  const early = states.filter(({ status }) => status?.currentImage !== IMAGE_V2);
  assert.ok(early.length > 0 && early.every((state) => kstatus(state) !== "Current"));
  assert.ok((ready.metadata.generation ?? 0) > (before.metadata.generation ?? 0));
  assert.equal(ready.status?.observedGeneration, ready.metadata.generation);
});

test("D17: a halted node is not Ready, says that it may wait for an upgrade, and is neither Stalled nor Reconciling", async () => {
  await world.createNode("halted");
  await world.untilReady("halted");
  world.simulator.halt(`${NAMESPACE}/halted`);
  const halted = await world.untilNode(
    "halted",
    "not Ready",
    (node) => summary(node) === "False False False",
  );
  assert.equal(condition(halted, "Ready")?.reason, "PodNotReady");
  assert.match(condition(halted, "Ready")?.message ?? "", /waits for a chain upgrade.*set spec\.image/);
  assert.equal(halted.status?.phase, "Running");
  world.simulator.node(NAMESPACE, "halted").seid.resume();
  await world.untilReady("halted");
});

test("D17: a pull error is told in Ready at once; Stalled is patient with it", async () => {
  world.simulator.images.failPull("sei:bad");
  await world.createNode("pulling", { image: "sei:bad" });
  const told = await world.untilNode("pulling", "told", (node) =>
    /cannot pull image sei:bad/.test(condition(node, "Ready")?.message ?? ""),
  );
  assert.equal(summary(told), "False True False");
  assert.equal(kstatus(told), "InProgress");
});

test("D17: a Failed node is Stalled at once, with the task, since when, and the remedy; nothing says it is working", async () => {
  const states = history("failing");
  world.simulator.node(NAMESPACE, "failing").script("config-validate", { fail: "bad TOML" });
  await world.createNode("failing");
  const failed = await world.untilNode("failing", "Failed", ({ status }) => status?.phase === "Failed");
  assert.equal(summary(failed), "False False True");
  const stalled = condition(failed, "Stalled");
  assert.equal(stalled?.reason, "InitializationFailed");
  assert.match(
    stalled?.message ?? "",
    /task config-validate failed: .*bad TOML.*\(since \d{4}-.*Z\).*sei\.io\/retry/,
  );
  assert.deepEqual(steps(states.filter(({ status }) => status !== undefined)), ["InProgress", "Failed"]);
  // Pausing a Failed node does not make it any better.
  await world.patchNode("failing", { spec: { paused: true } });
  const paused = await world.untilNode(
    "failing",
    "Paused",
    (node) => condition(node, "Paused")?.status === "True",
  );
  assert.equal(kstatus(paused), "Failed");
});

test("D17: a node that is paused is not Ready and not Stalled", async () => {
  await world.createNode("resting", { paused: true });
  const paused = await world.untilNode(
    "resting",
    "paused",
    (node) => condition(node, "Paused")?.status === "True",
  );
  assert.equal(summary(paused), "False False False");
  assert.equal(condition(paused, "Ready")?.reason, "Paused");
});

test("D13: phase gauge, active plans and counters say what is so, and nothing of a node outlives it", async () => {
  const name = "measured";
  const { metricsUrl } = world.manager;
  const phase = (wanted: string) => ({ namespace: NAMESPACE, name, phase: wanted });
  const gauge = "sei_controller_seinode_phase";
  const plans = { controller: "seinode", namespace: NAMESPACE };
  const others = (await scrape(metricsUrl)).sum("sei_controller_plan_active", plans);
  const started = (await scrape(metricsUrl)).sum("sei_controller_seinode_phase_transitions_total", {
    from_phase: "",
    to_phase: "Initializing",
  });

  const simulated = world.simulator.node(NAMESPACE, name);
  simulated.script("config-validate", { hang: true });
  await world.createNode(name);
  await world.untilNode(name, "Initializing", ({ status }) => status?.phase === "Initializing");
  const early = await untilMetrics(
    metricsUrl,
    "Initializing with a plan",
    (metrics) =>
      metrics.sum(gauge, phase("Initializing")) === 1 &&
      metrics.sum("sei_controller_plan_active", plans) === others + 1,
  );
  assert.equal(early.sum(gauge, { namespace: NAMESPACE, name }), 1);
  assert.equal(early.matching(gauge, { namespace: NAMESPACE, name }).length, 5);

  simulated.heal();
  await kubectl(world, ["delete", "pod", `${name}-0`]);
  await world.untilReady(name);
  const steady = await untilMetrics(
    metricsUrl,
    "Running without a plan",
    (metrics) =>
      metrics.sum(gauge, phase("Running")) === 1 &&
      metrics.sum("sei_controller_plan_active", plans) === others &&
      metrics.sum("sei_controller_seinode_sidecar_ready", { namespace: NAMESPACE, name }) === 1,
  );
  assert.equal(steady.sum(gauge, phase("Initializing")), 0);
  assert.equal(
    steady.sum("sei_controller_seinode_phase_transitions_total", {
      controller: "seinode",
      namespace: NAMESPACE,
      from_phase: "",
      to_phase: "Initializing",
    }),
    started + 1,
  );
  const durations = { namespace: NAMESPACE, plan_type: "init", outcome: "complete" };
  assert.ok(steady.sum("sei_controller_plan_duration_seconds_count", durations) >= 1);
  const left = { namespace: NAMESPACE, chain_id: "pacific-1", phase: "Initializing" };
  assert.ok(steady.sum("sei_controller_seinode_phase_duration_seconds_count", left) >= 1);

  await kubectl(world, ["delete", "snode", name, "--wait=false"]);
  await world.untilGone(world.nodes, keyOf(name));
  await untilMetrics(metricsUrl, "no series of the node", (metrics) => !metrics.speaksOf(NAMESPACE, name));
});

test("D13: a spec that cannot be planned counts as an error of the SeiNode controller", async () => {
  const { metricsUrl } = world.manager;
  const labels = { controller: "seinode", namespace: NAMESPACE };
  const before = (await scrape(metricsUrl)).sum("sei_controller_reconcile_errors_total", labels);
  await world.createNode("miscounted", {
    image: IMAGE_V1,
    fullNode: { snapshotGeneration: { tendermint: { keepRecent: 1, publish: {} } } },
  });
  await untilMetrics(
    metricsUrl,
    "one error more",
    (metrics) => metrics.sum("sei_controller_reconcile_errors_total", labels) > before,
  );
});

/**
 * Settled means: as it should be, and then not one write, however often it is looked at (design D12). "Looked at" is
 * counted by the manager's own reconcile metric, "written" by the API server's audit log.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { SeiNode } from "#api";
import { systemClock } from "#clock";
import {
  configMaps,
  type DeepReadonly,
  type KubeObject,
  type ObjectKey,
  persistentVolumeClaims,
  pods,
  type ResourceType,
  services,
  statefulSets,
} from "#kube";
import { type AuditRecord, isWrite } from "../harness/audit.ts";
import { endWorld } from "../harness/manners.ts";
import { forceReconciles, type Metrics, untilMetrics } from "../harness/metrics.ts";
import { condition, NAMESPACE, World } from "../harness/world.ts";

let world: World;
before(async () => {
  world = await World.start();
});
after(() => endWorld(world));

const keyOf = (name: string) => ({ namespace: NAMESPACE, name });

/**
 * Names of what was asked after `mark`, without what only reads. By the time of the request and not by its place in the log:
 * the record of a write can come after the watch event by which we heard of it.
 */
async function writesSince(mark: string): Promise<readonly string[]> {
  const records = (await world.audit()).filter((record) => record.at > mark && isWrite(record));
  return records.map(({ verb, resource, name }: AuditRecord) => `${verb} ${resource} ${name}`);
}

/** In the form of the audit log's times, which sort as text. */
const now = () => `${new Date(systemClock.now()).toISOString().slice(0, -1)}999Z`;

const annotate = <T extends KubeObject>(resource: ResourceType<T>, key: ObjectKey, value: string) =>
  world.rest.mergePatch(resource, key, { metadata: { annotations: { "test/touched": value } } });

const touchPod = (name: string) => (round: number) => annotate(pods, keyOf(`${name}-0`), String(round));

const probesOf = (outcome: string) => (metrics: Metrics) =>
  metrics.sum("sei_controller_seinode_sidecar_health_probes_total", { outcome });

async function versions(name: string): Promise<readonly string[]> {
  const objects = await Promise.all([
    world.rest.get(statefulSets, keyOf(name)),
    world.rest.get(services, keyOf(name)),
    world.rest.get(persistentVolumeClaims, keyOf(`data-${name}`)),
    world.rest.get(configMaps, keyOf(`${name}-rbac-proxy-config`)),
  ]);
  const node = world.nodes.get(keyOf(name));
  return [...objects, node].map((object) => object?.metadata.resourceVersion ?? "absent");
}

test("defaults filled in by the API server cause no write: a Ready node is looked at 20 times and left alone", async () => {
  await world.createNode("settled");
  await world.untilReady("settled");
  await eventsAreOut("settled");
  const before = await versions("settled");
  const mark = now();
  await forceReconciles(world.manager.metricsUrl, 20, touchPod("settled"));
  assert.deepEqual(await writesSince(mark), []);
  assert.deepEqual(await versions("settled"), before);
});

test("annotations that others put on the StatefulSet stay, and cause no write either", async () => {
  const before = await world.rest.get(statefulSets, keyOf("settled"));
  const mark = now();
  await forceReconciles(world.manager.metricsUrl, 5, (round) =>
    annotate(statefulSets, keyOf("settled"), String(round)),
  );
  assert.deepEqual(await writesSince(mark), []);
  const after = await world.rest.get(statefulSets, keyOf("settled"));
  assert.equal(after.metadata.annotations?.["test/touched"], "5");
  assert.equal(after.metadata.generation, before.metadata.generation);
});

test("D12: a node whose image cannot be pulled is told so once, and not written again", async () => {
  world.simulator.images.failPull("sei:bad");
  await world.createNode("unpullable", { image: "sei:bad" });
  await world.untilNode("unpullable", "told", (node) => says(node, /cannot pull image sei:bad/));
  await eventsAreOut("unpullable");
  const mark = now();
  await forceReconciles(world.manager.metricsUrl, 20, touchPod("unpullable"));
  assert.deepEqual(await writesSince(mark), []);
});

test("D12: a Running node whose sidecar hangs is told so once, and not written again with each probe", async () => {
  await world.createNode("hung");
  await world.untilReady("hung");
  world.simulator.node(NAMESPACE, "hung").fault({ kind: "hang" });
  // A changed pod is probed at once.
  await restartSidecar("hung");
  await world.untilNode("hung", "silent", (node) =>
    /does not answer|no answer/.test(condition(node, "SidecarReady")?.message ?? ""),
  );
  await eventsAreOut("hung");
  const mark = now();
  const { metricsUrl } = world.manager;
  const probed = probesOf("unreachable")(await untilMetrics(metricsUrl, "any", () => true));
  await untilMetrics(metricsUrl, "four more probes", (m) => probesOf("unreachable")(m) >= probed + 4);
  await forceReconciles(metricsUrl, 5, touchPod("hung"));
  assert.deepEqual(await writesSince(mark), []);
});

test("D12: a node whose sidecar hangs during its bring-up is told so once", async () => {
  const name = "hung-early";
  const simulated = world.simulator.node(NAMESPACE, name);
  const heal = simulated.fault({ kind: "hang" }, { method: "POST" });
  await world.createNode(name);
  await world.untilNode(name, "waits for the sidecar", (node) => says(node, /waits for the sidecar/));
  // Two calls that got no answer: the first may still change what is said.
  await untilHung(name, 2);
  await eventsAreOut(name);
  const mark = now();
  await untilHung(name, 4);
  assert.deepEqual(await writesSince(mark), []);
  heal();
  await world.untilReady(name);
});

test("a restarted manager applies each owned object at most once, changes nothing, writes no status and deletes no pod", async () => {
  const names = ["settled", "unpullable", "hung"];
  const before = await Promise.all(names.map(versions));
  const podsBefore = names.map((name) => world.pod(name)?.metadata.uid);
  await world.manager.kill();
  const mark = now();
  const manager = await world.startManager();
  await untilMetrics(
    manager.metricsUrl,
    "every node is looked at, the hung one is probed",
    (metrics) =>
      names.every((name) => metrics.matching("sei_controller_seinode_phase", { name }).length > 0) &&
      probesOf("unreachable")(metrics) >= 1,
  );
  for (const name of names) await forceReconciles(manager.metricsUrl, 3, touchPod(name));
  const writes = await writesSince(mark);
  for (const write of writes) assert.match(write, /^patch (statefulsets|services|configmaps) /);
  assert.deepEqual([...new Set(writes)], writes, "none is applied twice");
  assert.deepEqual(await Promise.all(names.map(versions)), before);
  assert.deepEqual(
    names.map((name) => world.pod(name)?.metadata.uid),
    podsBefore,
  );
});

function says(node: DeepReadonly<SeiNode>, text: RegExp): boolean {
  return text.test(condition(node, "Ready")?.message ?? "");
}

/** Events are sent after the status they tell of, on their own time. */
async function eventsAreOut(name: string): Promise<void> {
  const phase = world.nodes.get(keyOf(name))?.status?.phase ?? "";
  await world.untilEvent(name, "PhaseTransition", ({ message }) => message?.endsWith(phase) === true);
}

async function restartSidecar(name: string): Promise<void> {
  const ready = world.pod(name)?.metadata.resourceVersion;
  world.simulator.node(NAMESPACE, name).sidecar.crash();
  await world.until(
    world.pods,
    keyOf(`${name}-0`),
    "another sidecar",
    ({ metadata, status }) =>
      metadata.resourceVersion !== ready &&
      (status?.initContainerStatuses ?? []).some(
        ({ name: container, restartCount, state }) =>
          container === "sei-sidecar" && restartCount > 0 && state?.running !== undefined,
      ),
  );
}

/** Until the manager has sent that many calls which hang. Seen at the proxy, which tells nobody. */
async function untilHung(name: string, calls: number): Promise<void> {
  const simulated = world.simulator.node(NAMESPACE, name);
  await untilMetrics(
    world.manager.metricsUrl,
    `${calls} calls to ${name}`,
    () => simulated.requests({ method: "POST" }).length >= calls,
  );
}

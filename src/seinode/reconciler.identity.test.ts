/** Passes over a node that may not be touched: its identity was edited (D27), it is Failed, its StatefulSet is not its own. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject, StatefulSet } from "#kube";
import { apiError } from "../kube/testing/fake-client.ts";
import { nodeKey, observedStatefulSet, PassWorld, running } from "./pass-world.ts";
import { seiNode } from "./testing.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const imported = { dataVolume: { import: { pvcName: "mine" } } };
const chainOf = (world: PassWorld) => world.statefulSet()?.spec?.template.metadata?.labels?.["sei.io/chain"];

function assertIdentityChanged(world: PassWorld): void {
  assert.equal(world.condition("Ready").reason, "IdentityChanged");
  assert.match(world.condition("Ready").message, /from pacific-1 to atlantic-2/);
  assert.equal(world.condition("Stalled").status, "True");
  assert.equal(world.condition("Reconciling").status, "False");
}

test("D27: pausing a node whose chain was edited scales nothing, claims nothing, and leaves it Stalled", async () => {
  const world = new PassWorld(seiNode({}, running));
  await world.pass();
  world.edit({ spec: { chainId: "atlantic-2" } });
  await world.elapse(MINUTE);
  assertIdentityChanged(world);
  const stalled = world.condition("Stalled");
  world.edit({ spec: { paused: true } });
  await world.elapse(MINUTE);
  assertIdentityChanged(world);
  assert.doesNotMatch(world.condition("Ready").message, /scaled to 0/);
  assert.equal(world.condition("Stalled").lastTransitionTime, stalled.lastTransitionTime);
  assert.equal(world.statefulSet()?.spec?.replicas, 1);
  assert.equal(chainOf(world), "pacific-1");
});

test("pausing a Failed node leaves it as it is: not scaled, told as Failed, Stalled", async () => {
  const { statefulSet } = running;
  const plan = { id: "x", phase: "Failed" as const, tasks: [] };
  const status = { phase: "Failed" as const, plan, ...(statefulSet && { statefulSet }) };
  const world = new PassWorld(seiNode({}, status));
  await world.pass();
  const stalled = world.condition("Stalled");
  world.edit({ spec: { paused: true } });
  await world.elapse(MINUTE);
  assert.equal(world.condition("Ready").reason, "InitializationFailed");
  assert.doesNotMatch(world.condition("Ready").message, /scaled to 0/);
  assert.equal(world.condition("Stalled").status, "True");
  assert.equal(world.condition("Stalled").lastTransitionTime, stalled.lastTransitionTime);
  assert.equal(world.condition("Paused").status, "True");
  assert.equal(world.statefulSet()?.spec?.replicas, 1);
});

test("pausing a healthy node says scaled to 0 only once no pod is left", async () => {
  const world = new PassWorld(seiNode({ paused: true }, running));
  await world.pass();
  assert.equal(world.statefulSet()?.spec?.replicas, 0);
  assert.match(world.condition("Ready").message, /is being scaled to 0/);
  world.kube.remove("Pod", { ...nodeKey, name: "rpc-0-0" });
  await world.pass();
  assert.match(world.condition("Ready").message, /the pod is scaled to 0/);
});

for (const [kind, name] of [
  ["Service", "rpc-0"],
  ["ConfigMap", "rpc-0-rbac-proxy-config"],
] as const) {
  test(`D27: with an imported volume and no StatefulSet, the ${kind} alone tells which chain the data is of`, async () => {
    const world = new PassWorld(seiNode(imported, running), { statefulSet: observedStatefulSet(imported) });
    await world.elapse(SECOND);
    for (const other of ["StatefulSet", "Pod", kind === "Service" ? "ConfigMap" : "Service"]) {
      world.kube.remove(other, {
        ...nodeKey,
        name: other === "Pod" ? "rpc-0-0" : other === "ConfigMap" ? "rpc-0-rbac-proxy-config" : "rpc-0",
      });
    }
    assert.ok(world.kube.live(kind, { ...nodeKey, name }), "the witness is there");
    world.edit({ spec: { chainId: "atlantic-2" } });
    await world.elapse(MINUTE);
    assertIdentityChanged(world);
    assert.equal(world.statefulSet(), undefined, "nothing is rendered");

    world.edit({ spec: { chainId: "pacific-1" } });
    await world.elapse(MINUTE);
    assert.equal(chainOf(world), "pacific-1", "and cured by changing it back");
  });
}

test("D27: a StatefulSet that the cache does not show is seen all the same", async () => {
  const world = new PassWorld(seiNode({ chainId: "atlantic-2" }, running));
  world.kube.cacheShows("StatefulSet", nodeKey, undefined);
  await world.passTimes(3);
  assertIdentityChanged(world);
  assert.equal(chainOf(world), "pacific-1");
});

test("D27: a StatefulSet that lost its owner reference still tells the chain, by its recorded uid", async () => {
  const world = new PassWorld(seiNode({ chainId: "atlantic-2" }, running));
  const orphan = observedStatefulSet();
  world.kube.put({ ...orphan, metadata: { ...orphan.metadata, ownerReferences: [] } });
  await world.passTimes(3);
  assertIdentityChanged(world);
  assert.equal(chainOf(world), "pacific-1");
});

test("D11: a foreign StatefulSet that no cache shows is told, asked for every 10 s, and not applied to again", async () => {
  const foreign: KubeObject & Pick<StatefulSet, "spec"> = {
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: { ...nodeKey, uid: "foreign", resourceVersion: "1", labels: { app: "db" } },
    spec: { selector: { matchLabels: { app: "db" } }, serviceName: "db", template: {} },
  };
  const world = new PassWorld(seiNode(), { statefulSet: null, pod: null });
  world.kube.put(foreign).cacheShows("StatefulSet", nodeKey, undefined);
  world.kube.failNext.set("apply StatefulSet", apiError("conflict", 409));
  await world.elapse(5 * MINUTE);
  assert.equal(world.condition("Stalled").reason, "ForeignStatefulSet");
  assert.equal(world.events.filter((event) => event.startsWith("NameTaken: StatefulSet rpc-0")).length, 1);
  assert.equal(world.writes("apply", "StatefulSet").length, 1);
  assert.ok(world.passes.length >= 30 && world.passes.length <= 33, `${world.passes.length} passes`);
  assert.equal(world.statusWrites, 1);

  world.kube.remove("StatefulSet", nodeKey);
  await world.elapse(15 * SECOND);
  assert.equal(world.status().phase, "Initializing");
  assert.equal(world.condition("Stalled").status, "False");
});

test("D11: a StatefulSet on its way out is waited for, stalls after 5 min only, and is then made anew", async () => {
  const world = new PassWorld(seiNode({}, running), { rollsOut: true });
  await world.elapse(SECOND);
  const going = world.statefulSet();
  assert.ok(going);
  world.kube.put({
    ...going,
    metadata: { ...going.metadata, deletionTimestamp: "2026-01-01T00:00:00Z" },
  } as StatefulSet);
  await world.elapse(4 * MINUTE);
  assert.equal(world.condition("Stalled").status, "False");
  assert.equal(world.condition("Reconciling").reason, "StatefulSetTerminating");
  assert.equal(world.condition("Ready").reason, "StatefulSetTerminating");
  await world.elapse(2 * MINUTE);
  assert.equal(world.condition("Stalled").reason, "StatefulSetTerminating");
  world.kube.remove("StatefulSet", nodeKey).remove("Pod", { ...nodeKey, name: "rpc-0-0" });
  await world.elapse(MINUTE);
  assert.notEqual(world.status().statefulSet?.uid, going.metadata.uid);
  assert.equal(world.status().statefulSet?.uid, world.statefulSet()?.metadata.uid);
  assert.equal(world.condition("Stalled").status, "False");
});

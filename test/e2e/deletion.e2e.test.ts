/** The end of a node, and what is left of it: its own volume goes, nobody else's does (design D25). */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { systemClock } from "#clock";
import { persistentVolumeClaims } from "#kube";
import { kubectl } from "../harness/kubectl.ts";
import { endWorld } from "../harness/manners.ts";
import { forceReconciles } from "../harness/metrics.ts";
import { condition, NAMESPACE, World } from "../harness/world.ts";

let world: World;
before(async () => {
  world = await World.start();
});
after(() => endWorld(world));

const keyOf = (name: string) => ({ namespace: NAMESPACE, name });
const claim = (name: string) => world.rest.get(persistentVolumeClaims, keyOf(name));
const deleteNode = (name: string) => kubectl(world, ["delete", "snode", name, "--wait=false"]);
const untilGone = (what: string) => kubectl(world, ["wait", "--for=delete", what, "--timeout=60s"]);

const untilTerminating = (what: string) =>
  kubectl(world, ["wait", "--for=jsonpath={.metadata.deletionTimestamp}", what, "--timeout=60s"]);

const patchClaim = (name: string, patch: object) =>
  kubectl(world, ["patch", "pvc", name, "--type=merge", "-p", JSON.stringify(patch)]);

async function claimDeletions(name: string): Promise<number> {
  const records = await world.audit();
  return records.filter(
    (r) => r.verb === "delete" && r.resource === "persistentvolumeclaims" && r.name === name,
  ).length;
}

async function bringUp(name: string): Promise<void> {
  await world.createNode(name);
  await world.untilReady(name);
}

test("a deleted node takes its pod, StatefulSet, Service, ConfigMap and volume with it", async () => {
  const name = "whole";
  await bringUp(name);
  const last = lastPhase(name);
  await deleteNode(name);
  await world.untilGone(world.nodes, keyOf(name));
  assert.equal(last(), "Terminating");
  for (const what of [`pvc/data-${name}`, `sts/${name}`, `svc/${name}`, `cm/${name}-rbac-proxy-config`]) {
    await untilGone(what);
  }
  await world.untilGone(world.pods, keyOf(`${name}-0`));
  assert.equal(await claimDeletions(`data-${name}`), 1);
});

test("D25: a volume without an owner that carries the node's label is deleted with it", async () => {
  const name = "ownerless";
  await bringUp(name);
  await patchClaim(`data-${name}`, { metadata: { ownerReferences: null } });
  await deleteNode(name);
  await untilGone(`pvc/data-${name}`);
  await world.untilGone(world.nodes, keyOf(name));
  assert.equal(await claimDeletions(`data-${name}`), 1);
});

test("D25: a volume that is not the node's, although it has its name, is kept, and an event says so", async () => {
  const name = "foreign-volume";
  await createClaim(`data-${name}`);
  await world.createNode(name);
  const failed = await world.untilNode(name, "Failed", ({ status }) => status?.phase === "Failed");
  assert.match(condition(failed, "Stalled")?.message ?? "", /dataVolume\.import\.pvcName/);
  await deleteNode(name);
  await world.untilGone(world.nodes, keyOf(name));
  const event = await world.untilEvent(name, "DataVolumeKept");
  assert.equal(event.type, "Warning");
  assert.equal((await claim(`data-${name}`)).metadata.deletionTimestamp, undefined);
  assert.equal(await claimDeletions(`data-${name}`), 0);
});

test("an imported volume is kept", async () => {
  const name = "importing";
  await createClaim("brought");
  await world.createNode(name, { dataVolume: { import: { pvcName: "brought" } } });
  const ready = await world.untilReady(name);
  assert.equal(condition(ready, "ImportPVCReady")?.reason, "PVCValidated");
  await deleteNode(name);
  await world.untilGone(world.nodes, keyOf(name));
  await untilGone(`sts/${name}`);
  assert.equal((await claim("brought")).metadata.deletionTimestamp, undefined);
  assert.equal(await claimDeletions("brought"), 0);
});

test("a node is deleted whatever state it is in: Failed, paused, Initializing, with a spec that cannot be planned", async () => {
  world.simulator.images.failPull("sei:bad");
  world.simulator.node(NAMESPACE, "is-failed").script("config-validate", { fail: "scripted" });
  await Promise.all([
    world.createNode("is-failed"),
    world.createNode("is-paused", { paused: true }),
    world.createNode("is-initializing", { image: "sei:bad" }),
    world.createNode("is-invalid", {
      fullNode: { snapshotGeneration: { tendermint: { keepRecent: 1, publish: {} } } },
    }),
  ]);
  const reason = (name: string, wanted: RegExp) =>
    world.untilNode(name, String(wanted), (node) => wanted.test(condition(node, "Ready")?.reason ?? ""));
  await Promise.all([
    reason("is-failed", /InitializationFailed/),
    reason("is-paused", /Paused/),
    reason("is-initializing", /Initializing/),
    reason("is-invalid", /InvalidSpec/),
  ]);
  for (const name of ["is-failed", "is-paused", "is-initializing", "is-invalid"]) await deleteNode(name);
  for (const name of ["is-failed", "is-paused", "is-initializing", "is-invalid"]) {
    await world.untilGone(world.nodes, keyOf(name));
    await untilGone(`pvc/data-${name}`);
    await untilGone(`sts/${name}`);
  }
});

test("D25: created again under the same name at once, a node waits for StatefulSet and volume of its predecessor and comes up", async () => {
  const name = "phoenix";
  await bringUp(name);
  const old = await claim(`data-${name}`);
  // As a pod that will not go would hold it.
  await patchClaim(`data-${name}`, {
    metadata: { finalizers: [...(old.metadata.finalizers ?? []), "test.example.org/hold"] },
  });
  await kubectl(world, [
    "patch",
    "sts",
    name,
    "--type=merge",
    "-p",
    '{"metadata":{"finalizers":["test.example.org/hold"]}}',
  ]);
  const said: string[] = [];
  const end = world.nodes.onEvent(({ type, object }) => {
    if (object.metadata.name !== name || type === "deleted") return;
    const stalled = object.status?.conditions?.find((c) => c.type === "Stalled" && c.status === "True");
    if (stalled !== undefined || object.status?.phase === "Failed") said.push(JSON.stringify(object.status));
  });
  await deleteNode(name);
  await world.untilGone(world.nodes, keyOf(name));
  await world.createNode(name);
  await world.untilNode(name, "waits for the old StatefulSet", (node) =>
    /StatefulSet phoenix of the previous SeiNode/.test(condition(node, "Ready")?.message ?? ""),
  );
  await kubectl(world, ["patch", "sts", name, "--type=merge", "-p", '{"metadata":{"finalizers":null}}']);
  await world.untilNode(name, "waits for the old volume", (node) =>
    /waits for PersistentVolumeClaim data-phoenix of the previous SeiNode to be gone/.test(
      condition(node, "Ready")?.message ?? "",
    ),
  );
  await patchClaim(`data-${name}`, { metadata: { finalizers: null } });
  await world.untilReady(name);
  end();
  assert.notEqual((await claim(`data-${name}`)).metadata.uid, old.metadata.uid);
  assert.deepEqual(said, [], "neither Stalled nor Failed on the way");
});

test("finalizers of others survive ours, and the node is not touched again while they hold it", async () => {
  const name = "held";
  const theirs = "test.example.org/hold";
  await world.createNode(name, {}, { finalizers: [theirs] });
  await world.untilReady(name);
  await deleteNode(name);
  const held = await world.untilNode(
    name,
    "only their finalizer left",
    ({ metadata }) => metadata.finalizers?.length === 1,
  );
  assert.deepEqual(held.metadata.finalizers, [theirs]);
  assert.equal(held.status?.phase, "Terminating");
  // It goes with its pod, which goes with the node.
  await untilTerminating(`pvc/data-${name}`);
  const { resourceVersion } = held.metadata;
  await forceReconciles(world.manager.metricsUrl, 3, (round) =>
    kubectl(world, ["annotate", "--overwrite", "sts", name, `test/wake=${round}`]),
  );
  assert.equal(world.nodes.get(keyOf(name))?.metadata.resourceVersion, resourceVersion);
  await world.patchNode(name, { metadata: { finalizers: null } });
  await world.untilGone(world.nodes, keyOf(name));
  assert.equal(await claimDeletions(`data-${name}`), 1);
});

test("a manager killed after it deleted the volume and before it gave up the finalizer is followed by one that ends it", async () => {
  const name = "cut-short";
  await bringUp(name);
  await holdFinalizer(name);
  await deleteNode(name);
  await untilTerminating(`pvc/data-${name}`);
  await world.manager.kill();
  await kubectl(world, ["delete", "validatingadmissionpolicybinding,validatingadmissionpolicy", HOLD]);
  const stuck = world.nodes.get(keyOf(name));
  assert.deepEqual(stuck?.metadata.finalizers, ["sei.io/seinode-finalizer"]);
  await world.startManager();
  await world.untilGone(world.nodes, keyOf(name));
  await untilGone(`sts/${name}`);
  assert.equal(await claimDeletions(`data-${name}`), 1);
});

/** The phase the node showed last. */
function lastPhase(name: string): () => string | undefined {
  let phase: string | undefined;
  world.nodes.onEvent(({ type, object }) => {
    if (object.metadata.name === name && type !== "deleted") phase = object.status?.phase;
  });
  return () => phase;
}

async function createClaim(name: string): Promise<void> {
  await world.rest.create(persistentVolumeClaims, {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name, namespace: NAMESPACE },
    spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "10Gi" } } },
  } as never);
}

const HOLD = "hold-finalizer";

/**
 * The API server refuses to take our finalizer off this node: the only way to stop the manager between two writes from
 * outside. Resolves when the policy is in force, which nothing but a refusal tells.
 */
async function holdFinalizer(name: string): Promise<void> {
  const policy = {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "ValidatingAdmissionPolicy",
    metadata: { name: HOLD },
    spec: {
      matchConstraints: {
        resourceRules: [
          {
            apiGroups: ["sei.io"],
            apiVersions: ["v1alpha1"],
            operations: ["UPDATE"],
            resources: ["seinodes"],
          },
        ],
      },
      matchConditions: [{ name: "only-this-one", expression: `object.metadata.name == '${name}'` }],
      validations: [
        { expression: "has(object.metadata.finalizers) && size(object.metadata.finalizers) > 0" },
      ],
    },
  };
  const binding = {
    apiVersion: policy.apiVersion,
    kind: "ValidatingAdmissionPolicyBinding",
    metadata: { name: HOLD },
    spec: { policyName: HOLD, validationActions: ["Deny"] },
  };
  const input = JSON.stringify({ apiVersion: "v1", kind: "List", items: [policy, binding] });
  await kubectl(world, ["create", "-f", "-"], { input });
  const deadline = systemClock.monotonic() + 60_000;
  const strip = [
    "patch",
    "snode",
    name,
    "--dry-run=server",
    "--type=merge",
    "-p",
    '{"metadata":{"finalizers":null}}',
  ];
  for (;;) {
    const { stderr, code } = await world.controlPlane.kubectl(["-n", NAMESPACE, ...strip]);
    if (code !== 0 && stderr.includes(HOLD)) return;
    if (systemClock.monotonic() > deadline) throw new Error(`policy not in force: ${stderr}`);
  }
}

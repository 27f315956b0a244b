/** Whose StatefulSet is it (design 4.2, D11): decided by uid and controller, never by name. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { seiNodes } from "#api";
import { configMaps, type DeepReadonly, type Pod, type StatefulSet, services, statefulSets } from "#kube";
import type { AuditRecord } from "../harness/audit.ts";
import { kubectl } from "../harness/kubectl.ts";
import { endWorld } from "../harness/manners.ts";
import { forceReconciles } from "../harness/metrics.ts";
import { condition, IMAGE_V2, NAMESPACE, World } from "../harness/world.ts";

let world: World;
before(async () => {
  world = await World.start();
});
after(() => endWorld(world));

const keyOf = (name: string) => ({ namespace: NAMESPACE, name });

/** The uids that `status.statefulSet` has shown since the node was created, in order; undefined where it showed none. */
function recordedUids(name: string): { uids: (string | undefined)[]; end: () => void } {
  const uids: (string | undefined)[] = [];
  const end = world.nodes.onEvent(({ type, object }) => {
    if (object.metadata.name !== name || type === "deleted") return;
    const uid = object.status?.statefulSet?.uid;
    if (uids.length === 0 || uids.at(-1) !== uid) uids.push(uid);
  });
  return { uids, end };
}

async function bringUp(name: string): Promise<{ uid: string; pod: DeepReadonly<Pod> }> {
  await world.createNode(name);
  const node = await world.untilReady(name);
  const pod = world.pod(name);
  const uid = node.status?.statefulSet?.uid;
  assert.ok(pod !== undefined && uid !== undefined);
  return { uid, pod };
}

const untilRecorded = (name: string, what: string, passes: (uid: string) => boolean) =>
  world.untilNode(name, what, ({ status }) => {
    const uid = status?.statefulSet?.uid;
    return uid !== undefined && passes(uid);
  });

async function asked(verb: string, resource: string, name: string): Promise<readonly AuditRecord[]> {
  const records = await world.audit();
  return records.filter((r) => r.verb === verb && r.resource === resource && r.name === name);
}

const forgeRecord = (name: string, uid: string | null) =>
  world.rest.mergePatch(
    seiNodes,
    keyOf(name),
    { status: { statefulSet: uid === null ? null : { name, uid } } },
    { subresource: "status" },
  );

/** The controller is not woken by a status; an annotation on the StatefulSet wakes it. */
const wake = (name: string) => kubectl(world, ["annotate", "statefulset", name, `test/wake=${name}`]);

test("D11: a StatefulSet it controls is adopted after the record of it was lost, its pod untouched", async () => {
  const { uid, pod } = await bringUp("forgotten");
  await forgeRecord("forgotten", null);
  await wake("forgotten");
  await untilRecorded("forgotten", "the same StatefulSet recorded again", (recorded) => recorded === uid);
  await world.untilReady("forgotten");
  assert.equal(world.pod("forgotten")?.metadata.uid, pod.metadata.uid);
  assert.deepEqual(await asked("delete", "statefulsets", "forgotten"), []);
});

test("D11: a deleted StatefulSet is forgotten in one write, created anew, and recorded in another", async () => {
  const { uid } = await bringUp("deleted");
  const seen = recordedUids("deleted");
  await kubectl(world, ["delete", "statefulset", "deleted"]);
  const node = await untilRecorded("deleted", "another uid recorded", (recorded) => recorded !== uid);
  await world.untilReady("deleted");
  seen.end();
  assert.deepEqual(seen.uids.slice(-2), [undefined, node.status?.statefulSet?.uid]);
  assert.equal(world.statefulSets.get(keyOf("deleted"))?.metadata.uid, node.status?.statefulSet?.uid);
  // By hand, not by us.
  assert.deepEqual(await asked("delete", "statefulsets", "deleted"), []);
});

test("D11: with a forged uid in the record, the impostor is deleted and replaced once, not in a loop", async () => {
  const { uid } = await bringUp("forged");
  await forgeRecord("forged", "00000000-0000-4000-8000-000000000000");
  await wake("forged");
  await untilRecorded(
    "forged",
    "the uid of a new StatefulSet",
    (recorded) => recorded !== uid && !recorded.startsWith("00000000"),
  );
  await world.untilReady("forged");
  assert.equal((await asked("delete", "statefulsets", "forged")).length, 1);
});

test("D11: a StatefulSet recreated by hand while nobody looked is replaced once by one of our own", async () => {
  const name = "impostor";
  const { uid } = await bringUp(name);
  await world.manager.stop();
  const original = await world.rest.get(statefulSets, keyOf(name));
  await kubectl(world, ["delete", "statefulset", name, "--cascade=orphan"]);
  const impostor = await world.rest.create<StatefulSet>(
    statefulSets,
    copyOf(original, { ownerReferences: [] }),
  );
  await world.startManager();
  await untilRecorded(
    name,
    "a third StatefulSet",
    (recorded) => recorded !== uid && recorded !== impostor.metadata.uid,
  );
  await world.untilReady(name);
  assert.equal((await asked("delete", "statefulsets", name)).length, 1);
  assert.equal(world.statefulSets.get(keyOf(name))?.metadata.ownerReferences?.[0]?.kind, "SeiNode");
});

for (const [name, labels] of [
  ["foreign-labelled", { "sei.io/node": "foreign-labelled" }],
  ["foreign-unlabelled", { app: "somebody-elses" }],
] as const) {
  test(`D11: a StatefulSet of another controller (${name}) is left alone and reported; once it goes, the node comes up`, async () => {
    const owner = await world.rest.create(configMaps, {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name, namespace: NAMESPACE },
    });
    const existing = await world.rest.create<StatefulSet>(
      statefulSets,
      foreign(name, labels, owner.metadata),
    );
    await world.createNode(name);
    const node = await world.untilNode(
      name,
      "told",
      (n) => condition(n, "Stalled")?.reason === "ForeignStatefulSet",
    );
    assert.equal(condition(node, "Stalled")?.status, "True");
    assert.match(condition(node, "Stalled")?.message ?? "", new RegExp(`controlled by ConfigMap ${name}`));
    assert.equal(condition(node, "Ready")?.status, "False");
    assert.equal(condition(node, "Ready")?.reason, "ForeignStatefulSet");
    const left = await world.rest.get(statefulSets, keyOf(name));
    assert.equal(left.metadata.uid, existing.metadata.uid);
    assert.equal(left.metadata.generation, 1);
    assert.deepEqual(left.metadata.labels, labels);
    // One that carries no label of ours is in no cache: it is met by the first apply, which is refused, and by no other.
    await forceReconciles(world.manager.metricsUrl, 3, (round) =>
      world.patchNode(name, { metadata: { annotations: { "sei.io/retry": String(round) } } }),
    );
    const refused = await asked("patch", "statefulsets", name);
    assert.equal(refused.length, "sei.io/node" in labels ? 0 : 1);
    assert.ok(refused.every(({ code }) => code === 409 || code === 422));

    await kubectl(world, ["delete", "statefulset", name]);
    await world.untilReady(name);
  });
}

test("D11: an orphan with our selector and nobody as its controller is adopted", async () => {
  const name = "orphan";
  const { uid } = await bringUp(name);
  await world.manager.stop();
  await kubectl(world, [
    "patch",
    "statefulset",
    name,
    "--type=merge",
    "-p",
    '{"metadata":{"ownerReferences":null}}',
  ]);
  await forgeRecord(name, null);
  await world.startManager();
  await untilRecorded(name, "adopted", (recorded) => recorded === uid);
  const adopted = await world.until(
    world.statefulSets,
    keyOf(name),
    "controlled by the SeiNode",
    (object) => object.metadata.ownerReferences?.[0]?.kind === "SeiNode",
  );
  assert.equal(adopted.metadata.uid, uid);
});

test("a StatefulSet scaled by hand is put back to one replica", async () => {
  const name = "scaled";
  const { pod } = await bringUp(name);
  // They would mount the volume of the first, which is nobody's fault but whose who scaled.
  for (const ordinal of [1, 2]) world.simulator.pods.hold(NAMESPACE, `${name}-${ordinal}`);
  await kubectl(world, ["scale", "statefulset", name, "--replicas=3"]);
  await world.until(
    world.statefulSets,
    keyOf(name),
    "one replica again, and only one",
    ({ metadata, spec, status }) =>
      (metadata.generation ?? 0) >= 3 &&
      spec?.replicas === 1 &&
      status?.observedGeneration === metadata.generation &&
      status?.replicas === 1,
  );
  await world.untilReady(name);
  assert.equal(world.pod(name)?.metadata.uid, pod.metadata.uid);
});

test("a pod with our labels that the StatefulSet does not own survives an image update", async () => {
  const name = "with-stray";
  await bringUp(name);
  await kubectl(world, ["create", "-f", "-"], {
    input: JSON.stringify({
      apiVersion: "v1",
      kind: "Pod",
      metadata: {
        name: "stray",
        namespace: NAMESPACE,
        labels: { "sei.io/node": name, "controller-revision-hash": `${name}-older` },
      },
      // The subdomain keeps the simulator from taking it for a pod of the node.
      spec: { subdomain: "elsewhere", containers: [{ name: "main", image: "busybox" }] },
    }),
  });
  const stray = await world.until(world.pods, keyOf("stray"), "exists", () => true);
  await world.patchNode(name, { spec: { image: IMAGE_V2 } });
  await world.untilReady(name, IMAGE_V2);
  const left = world.pods.get(keyOf("stray"));
  assert.equal(left?.metadata.uid, stray.metadata.uid);
  assert.equal(left?.metadata.deletionTimestamp, undefined);
  assert.deepEqual(await asked("delete", "pods", "stray"), []);
  assert.equal((await asked("delete", "pods", `${name}-0`)).length, 1);
});

test("objects the Go operator wrote with Update are taken over: what we do not want goes away, the pod stays", async () => {
  const name = "from-go";
  const { pod } = await bringUp(name);
  await world.manager.stop();
  const statefulSet = await writtenByGo(statefulSets, "apis/apps/v1", name);
  await writtenByGo(services, "api/v1", name);
  await forgeRecord(name, statefulSet.metadata.uid);
  await world.startManager();

  const cleaned = await world.until(
    world.statefulSets,
    keyOf(name),
    "without the label of old",
    ({ metadata }) => metadata.labels?.legacy === undefined,
  );
  assert.equal(cleaned.metadata.uid, statefulSet.metadata.uid);
  assert.equal(
    cleaned.spec?.template.spec?.containers[0]?.env?.find((variable) => variable.name === "LEGACY"),
    undefined,
  );
  assert.deepEqual(await formerManagers(statefulSets, name), []);
  assert.equal(world.pod(name)?.metadata.uid, pod.metadata.uid);

  // The Service is written by the next plan, as in the reference.
  await world.patchNode(name, { spec: { image: IMAGE_V2 } });
  await world.untilReady(name, IMAGE_V2);
  assert.equal((await world.rest.get(services, keyOf(name))).metadata.labels?.legacy, undefined);
  assert.deepEqual(await formerManagers(services, name), []);
  assert.deepEqual(await asked("delete", "statefulsets", name), []);
});

/** Replaces the object by what the Go operator would have left: a POST and a PUT as `manager`, with fields we do not own. */
async function writtenByGo<T extends typeof statefulSets | typeof services>(
  resource: T,
  group: string,
  name: string,
): Promise<DeepReadonly<StatefulSet>> {
  const live = (await world.rest.get<never>(resource as never, keyOf(name))) as unknown as StatefulSet;
  await kubectl(world, ["delete", resource.plural, name, "--cascade=orphan"]);
  const path = `/${group}/namespaces/${NAMESPACE}/${resource.plural}`;
  const query = { fieldManager: "manager" };
  const created = await world.rest.request<StatefulSet>("POST", path, { query, body: copyOf(live) });
  const { metadata, spec } = created;
  const container = spec?.template?.spec?.containers[0];
  if (container !== undefined) container.env = [...(container.env ?? []), { name: "LEGACY", value: "1" }];
  // Without resourceVersion: the StatefulSet controller may have written its status meanwhile.
  const { resourceVersion: _, ...unconditional } = metadata;
  const labels = { ...metadata.labels, legacy: "yes" };
  const body = { ...created, metadata: { ...unconditional, labels } };
  const written = await world.rest.request<StatefulSet>("PUT", `${path}/${name}`, { query, body });
  assert.deepEqual(
    (written.metadata.managedFields ?? [])
      .filter(({ subresource }) => subresource !== "status")
      .map((entry) => `${entry.manager} ${entry.operation}`),
    ["manager Update"],
  );
  return written;
}

async function formerManagers(resource: typeof statefulSets | typeof services, name: string) {
  const live = await world.rest.get<never>(resource as never, keyOf(name));
  const { managedFields = [] } = (live as unknown as StatefulSet).metadata;
  return managedFields.filter(({ manager, subresource }) => manager === "manager" && !subresource);
}

function copyOf(original: DeepReadonly<StatefulSet>, metadata: object = {}) {
  const { name, namespace = NAMESPACE, labels, annotations, ownerReferences } = original.metadata;
  return {
    apiVersion: original.apiVersion,
    kind: original.kind,
    metadata: { name, namespace, labels, annotations, ownerReferences, ...metadata },
    spec: withoutAddresses(original.spec),
  } as never;
}

/** A Service's addresses belong to the one that has them. */
function withoutAddresses(spec: unknown): unknown {
  const { clusterIPs: _clusterIPs, ...rest } = spec as { clusterIPs?: unknown };
  return rest;
}

function foreign(
  name: string,
  labels: Readonly<Record<string, string>>,
  owner: { name: string; uid: string },
) {
  const selector = { app: "somebody-elses" };
  return {
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: {
      name,
      namespace: NAMESPACE,
      labels,
      ownerReferences: [
        { apiVersion: "v1", kind: "ConfigMap", name: owner.name, uid: owner.uid, controller: true },
      ],
    },
    spec: {
      replicas: 0,
      serviceName: "",
      selector: { matchLabels: selector },
      template: {
        metadata: { labels: selector },
        spec: { containers: [{ name: "main", image: "busybox" }] },
      },
    },
  };
}

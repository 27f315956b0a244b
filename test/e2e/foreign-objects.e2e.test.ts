/** A name the node needs is taken: what the real API server answers, what the node says, and what becomes of the object. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { FieldOwners } from "#api";
import { configMaps, jobs, type KubeObject, type ResourceType, services } from "#kube";
import { endWorld } from "../harness/manners.ts";
import { condition, NAMESPACE, World } from "../harness/world.ts";

let world: World;
before(async () => {
  world = await World.start();
});
after(() => endWorld(world));

interface Taken {
  readonly resource: ResourceType<KubeObject>;
  readonly apiVersion: string;
  /** Of the object, by the node's name. */
  readonly nameOf: (node: string) => string;
  readonly body: object;
  /** Whether a ConfigMap of the node's name is its controller. */
  readonly controlled: boolean;
  readonly spec?: object;
}

const template = {
  metadata: { labels: { app: "db" } },
  spec: { restartPolicy: "Never", containers: [{ name: "main", image: "busybox" }] },
};
const portOfTheirs = { spec: { selector: { app: "db" }, ports: [{ name: "db", port: 5432 }] } };
const bootstrap = { fullNode: { snapshot: { s3: { targetHeight: 1000 }, bootstrapImage: "sei:v0" } } };
const same = (node: string) => node;

const cases: Readonly<Record<string, Taken>> = {
  "service-controlled": {
    resource: services,
    apiVersion: "v1",
    nameOf: same,
    body: portOfTheirs,
    controlled: true,
  },
  "service-by-hand": {
    resource: services,
    apiVersion: "v1",
    nameOf: same,
    body: portOfTheirs,
    controlled: false,
  },
  "service-before-bootstrap": {
    resource: services,
    apiVersion: "v1",
    nameOf: same,
    body: portOfTheirs,
    controlled: true,
    spec: bootstrap,
  },
  "configmap-controlled": {
    resource: configMaps,
    apiVersion: "v1",
    nameOf: (node) => `${node}-rbac-proxy-config`,
    body: { data: { "config.yaml": "theirs" } },
    controlled: true,
  },
  "job-by-hand": {
    resource: jobs,
    apiVersion: "batch/v1",
    nameOf: (node) => `${node}-bootstrap`,
    body: { spec: { suspend: true, template } },
    controlled: false,
    spec: bootstrap,
  },
};

for (const [name, { resource, apiVersion, nameOf, body, controlled, spec }] of Object.entries(cases)) {
  test(`a ${resource.kind} of the name a node needs (${name}) is left alone and told at once; once it goes, the node gets on`, async () => {
    const owner = await world.rest.create(configMaps, {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name, namespace: NAMESPACE },
    });
    const { uid = "" } = owner.metadata;
    const ownerReferences = controlled
      ? [{ apiVersion: "v1", kind: "ConfigMap", name, uid, controller: true }]
      : [];
    const key = { namespace: NAMESPACE, name: nameOf(name) };
    const theirs = await world.rest.create(resource, {
      apiVersion,
      kind: resource.kind,
      metadata: { ...key, ownerReferences },
      ...body,
    } as never);
    await world.createNode(name, spec ?? {});
    const node = await world.untilNode(
      name,
      "told",
      (seen) => condition(seen, "Stalled")?.reason === "ForeignObject",
    );
    const whose = controlled ? `ConfigMap ${name}` : "nobody";
    const said = `${resource.kind} ${key.name} exists, is controlled by ${whose} and was not made for this SeiNode; delete it`;
    assert.ok(condition(node, "Stalled")?.message.startsWith(said));
    assert.ok(condition(node, "Ready")?.message.startsWith(said));
    assert.equal(condition(node, "Reconciling")?.status, "False");
    const left = await world.rest.get(resource, key);
    assert.ok(left.metadata.uid);
    const { uid: leftUid, deletionTimestamp, managedFields = [] } = left.metadata;
    assert.deepEqual([leftUid, deletionTimestamp], [theirs.metadata.uid, undefined]);
    assert.ok(!managedFields.some(({ manager }) => manager === FieldOwners.seiNode), "nothing of it is ours");

    await world.rest.delete(resource, key, { preconditions: { uid: left.metadata.uid } });
    const freed = await world.untilNode(
      name,
      "gets on",
      (seen) => condition(seen, "Stalled")?.status === "False",
    );
    assert.notEqual(condition(freed, "Ready")?.reason, "ForeignObject");
  });
}

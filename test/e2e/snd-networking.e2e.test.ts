/** How the nodes of a group are reached, on a real API server: without the Gateway API, with it, and after it came. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type SeiNodeDeployment, type SeiNodeDeploymentSpec, seiNodeDeployments } from "#api";
import { systemClock, systemRandom } from "#clock";
import {
  createInformer,
  type DeepReadonly,
  findCondition,
  type HTTPRoute,
  httpRoutes,
  type Informer,
  isControlledBy,
  type Service,
  services,
  unlessNotFound,
} from "#kube";
import { isWrite } from "../harness/audit.ts";
import { kubectl } from "../harness/kubectl.ts";
import { endWorld } from "../harness/manners.ts";
import { forceReconciles } from "../harness/metrics.ts";
import { NAMESPACE, World } from "../harness/world.ts";

type Group = DeepReadonly<SeiNodeDeployment>;

let world: World;
let groups: Informer<SeiNodeDeployment>;
let served: Informer<Service>;
const stopping = new AbortController();
const watching: Promise<void>[] = [];

before(async () => {
  world = await World.start({ env: { SEI_P2P_ENDPOINT_DOMAIN: "p2p.example.org" } });
  const common = { clock: systemClock, random: systemRandom };
  groups = createInformer(world.rest, seiNodeDeployments, common);
  served = createInformer(world.rest, services, { ...common, namespace: NAMESPACE });
  for (const informer of [groups, served]) {
    watching.push(informer.start(stopping.signal));
    await informer.synced();
  }
});
after(async () => {
  stopping.abort();
  await Promise.all(watching);
  await endWorld(world);
});

const keyOf = (name: string) => ({ namespace: NAMESPACE, name });
const service = (name: string) => served.get(keyOf(name));
const route = (name: string) => unlessNotFound(world.rest.get<HTTPRoute>(httpRoutes, keyOf(name)));
const uidOf = async (name: string) => (await world.rest.get(seiNodeDeployments, keyOf(name))).metadata.uid;

function networkingReady(group: Group): string {
  const found = findCondition(group.status?.conditions, "NetworkingReady");
  return `${found?.status}/${found?.reason}`;
}

const untilNetworking = (name: string, expected: string) =>
  world.until(
    groups,
    keyOf(name),
    `SeiNodeDeployment ${name}: ${expected}`,
    (group) => networkingReady(group) === expected,
  );

const untilService = (
  name: string,
  what: string,
  passes: (found: DeepReadonly<Service>) => boolean = () => true,
) => world.until(served, keyOf(name), `Service ${name}: ${what}`, passes);

function createGroup(
  name: string,
  spec: Partial<SeiNodeDeploymentSpec> = {},
  mode: object = { fullNode: {} },
): Promise<Group> {
  return world.rest.create<SeiNodeDeployment>(seiNodeDeployments, {
    apiVersion: "sei.io/v1alpha1",
    kind: "SeiNodeDeployment",
    metadata: { name, namespace: NAMESPACE },
    spec: {
      replicas: 1,
      updateStrategy: { type: "InPlace" },
      template: { spec: { chainId: "pacific-1", image: "sei:v1", ...mode } },
      ...spec,
    },
  } as never);
}

const patchGroup = (name: string, spec: object) =>
  world.rest.mergePatch<SeiNodeDeployment>(seiNodeDeployments, keyOf(name), { spec });

const deleteGroup = async (name: string) => {
  await kubectl(world, ["delete", "snd", name, "--wait=false"]);
  await world.untilGone(groups, keyOf(name));
};

const eventsOf = (name: string, reason: string) =>
  world.eventsOf(name).filter((event) => event.reason === reason);

async function writesTo(resource: string): Promise<number> {
  return (await world.audit()).filter((record) => isWrite(record) && record.resource === resource).length;
}

test("without the Gateway API, a group is told CRDNotInstalled once and gets its nodes all the same (D26, QUIRK 1)", async () => {
  await createGroup("early", { networking: { http: {} } });
  await untilNetworking("early", "False/CRDNotInstalled");
  await untilService("early-external", "is there");
  await untilService("early-internal", "is there");
  await world.untilReady("early-0");
  await world.untilEvent("early", "CRDNotInstalled");
  assert.equal(eventsOf("early", "CRDNotInstalled").length, 1);
});

test("a missing Gateway API is asked for at a pace, by one request of the whole process, however many groups wait", async () => {
  for (const name of ["wait-a", "wait-b", "wait-c"]) await createGroup(name, { networking: {} });
  for (const name of ["wait-a", "wait-b", "wait-c"]) {
    await untilNetworking(name, "False/CRDNotInstalled");
    await deleteGroup(name);
  }
  // A deletion looks for the routes of its group, once.
  const looks = (await world.audit()).filter(
    ({ uri }) => uri.includes("/httproutes") && !/labelSelector=sei.io%2Fnodedeployment%3D/.test(uri),
  );
  assert.ok(looks.length >= 1);
  const times = looks.map(({ at }) => Date.parse(at));
  for (const [index, at] of times.slice(1).entries()) {
    assert.ok(at - (times[index] ?? 0) >= 29_000, JSON.stringify(looks, undefined, 1));
  }
});

test("once the Gateway API is installed the routes follow without anybody's doing, and the host is told as pending", async () => {
  await world.controlPlane.installGatewayApi();
  const group = await untilNetworking("early", "False/DNSPending");
  const uid = await uidOf("early");
  for (const protocol of ["evm", "rpc", "rest", "grpc"]) {
    const found = await route(`early-${protocol}`);
    assert.ok(found !== undefined && isControlledBy(found, uid), `HTTPRoute early-${protocol}`);
    assert.deepEqual(found.spec.hostnames, [`early-${protocol}.dev.example.org`]);
    assert.equal(found.spec.rules?.length, protocol === "evm" ? 2 : 1);
  }
  assert.equal(group.status?.networkingStatus?.routes?.length, 4);
});

test("group and kind of a backend are defaulted by the API server and owned by nobody", async () => {
  const found = await route("early-rpc");
  const [backend] = found?.spec.rules?.[0]?.backendRefs ?? [];
  assert.equal(backend?.kind, "Service");
  const manager = found?.metadata.managedFields?.find(
    (entry) => entry.manager === "seinodedeployment-controller",
  );
  assert.equal(manager?.operation, "Apply");
});

test("published networking is not written again in the passes that follow", async () => {
  await createGroup("idle", { networking: { http: {}, tcp: {} } });
  await untilNetworking("idle", "True/P2PEndpointsApplied");
  await world.untilReady("idle-0");
  const count = async () => [await writesTo("services"), await writesTo("httproutes")];
  const before = await count();
  // Each touch is somebody else's own annotation, which stays.
  await forceReconciles(
    world.manager.metricsUrl,
    3,
    (round) => kubectl(world, ["annotate", "svc", "idle-internal", `touched=${round}`, "--overwrite"]),
    "seinodedeployment",
  );
  assert.deepEqual(await count(), before);
  assert.equal(service("idle-internal")?.metadata.annotations?.touched, "3");
});

test("the internal Service selects the pods of the group, has an owner that is complete and outlives the teardown of the rest", async () => {
  const { metadata, spec } = await untilService("idle-internal", "is there");
  const labels = world.pod("idle-0")?.metadata.labels ?? {};
  for (const [key, value] of Object.entries(spec?.selector ?? {})) assert.equal(labels[key], value, key);
  assert.deepEqual(spec?.selector, { "sei.io/nodedeployment": "idle" });
  assert.deepEqual(metadata.ownerReferences, [
    {
      apiVersion: "sei.io/v1alpha1",
      kind: "SeiNodeDeployment",
      name: "idle",
      uid: await uidOf("idle"),
      controller: true,
      blockOwnerDeletion: true,
    },
  ]);
  await patchGroup("idle", { networking: null });
  await untilNetworking("idle", "False/NetworkingDisabled");
  await world.untilGone(served, keyOf("idle-0-p2p"));
  await world.untilGone(served, keyOf("idle-external"));
  assert.equal(await route("idle-evm"), undefined);
  assert.equal(service("idle-internal")?.metadata.uid, metadata.uid);
  await deleteGroup("idle");
});

test("a validator has an external Service with its P2P port and no routes", async () => {
  await createGroup("val", { networking: { http: {} } }, { validator: {} });
  await untilNetworking("val", "False/NoEffectiveRoutes");
  const { spec } = await untilService("val-external", "is there");
  assert.deepEqual(
    spec?.ports?.map(({ name, port }) => `${name}:${port}`),
    ["p2p:26656"],
  );
  assert.equal(await route("val-evm"), undefined);
  await deleteGroup("val");
});

test("a child is born with its P2P address, loses it with the opt-out, and gets the same one back", async () => {
  const address = "p2p-0-p2p.pacific-1.p2p.example.org:26656";
  const untilAddress = (expected: string | undefined) =>
    world.untilNode(
      "p2p-0",
      `external address ${expected}`,
      ({ spec }) => (spec.externalAddress || undefined) === expected,
    );
  await createGroup("p2p", { networking: { tcp: {} } });
  const born = await world.untilNode("p2p-0", "is there", () => true);
  assert.equal(born.spec.externalAddress, address);
  const { spec, metadata } = await untilService("p2p-0-p2p", "is there");
  assert.equal(spec?.type, "LoadBalancer");
  assert.equal(spec?.allocateLoadBalancerNodePorts, false);
  assert.deepEqual(spec?.selector, { "sei.io/node": "p2p-0" });
  assert.equal(
    metadata.annotations?.["external-dns.alpha.kubernetes.io/hostname"],
    "p2p-0-p2p.pacific-1.p2p.example.org",
  );
  await untilNetworking("p2p", "True/P2PEndpointsApplied");

  await patchGroup("p2p", { networking: { http: {}, tcp: null } });
  await world.untilGone(served, keyOf("p2p-0-p2p"));
  await untilAddress(undefined);
  await patchGroup("p2p", { networking: { http: null, tcp: {} } });
  await untilService("p2p-0-p2p", "is back", (found) => found.metadata.uid !== metadata.uid);
  await untilAddress(address);
});

test("a P2P address that somebody clears on the child is put back", async () => {
  const address = "p2p-0-p2p.pacific-1.p2p.example.org:26656";
  await world.patchNode("p2p-0", { spec: { externalAddress: null } });
  await world.untilNode("p2p-0", "address is back", ({ spec }) => spec.externalAddress === address);
});

test("scale-down takes the load balancer of ordinal 1 and keeps that of ordinal 0", async () => {
  await patchGroup("p2p", { replicas: 2 });
  await untilService("p2p-1-p2p", "is there");
  const kept = (await untilService("p2p-0-p2p", "is there")).metadata.uid;
  await world.untilNode("p2p-1", "is there", () => true);
  await patchGroup("p2p", { replicas: 1 });
  await world.untilGone(served, keyOf("p2p-1-p2p"));
  await world.untilGone(world.nodes, keyOf("p2p-1"));
  assert.equal(service("p2p-0-p2p")?.metadata.uid, kept);
  const order = (await world.audit())
    .filter(({ verb, name, code }) => verb === "delete" && code === 200 && /^p2p-1(-p2p)?$/.test(name))
    .map(({ name }) => name);
  assert.deepEqual(order, ["p2p-1-p2p", "p2p-1"], "the load balancer goes before its node");
});

test("a standalone SeiNode keeps an external address of its own", async () => {
  await world.createNode("alone", { externalAddress: "alone.example.org:26656" });
  await world.untilReady("alone");
  assert.equal(world.nodes.get(keyOf("alone"))?.spec.externalAddress, "alone.example.org:26656");
});

test("a load balancer that is still being deleted is waited for and then made again", async () => {
  const cleanup = "example.org/load-balancer-cleanup";
  const uid = service("p2p-0-p2p")?.metadata.uid;
  await kubectl(world, [
    "patch",
    "svc",
    "p2p-0-p2p",
    "--type=merge",
    "-p",
    JSON.stringify({ metadata: { finalizers: [cleanup] } }),
  ]);
  await kubectl(world, ["delete", "svc", "p2p-0-p2p", "--wait=false"]);
  await untilNetworking("p2p", "False/WaitingForDeletion");
  await kubectl(world, [
    "patch",
    "svc",
    "p2p-0-p2p",
    "--type=merge",
    "-p",
    '{"metadata":{"finalizers":null}}',
  ]);
  await untilService("p2p-0-p2p", "is another one", ({ metadata }) => metadata.uid !== uid);
  await untilNetworking("p2p", "True/P2PEndpointsApplied");
});

test("QUIRK 16: Services and routes of others under our names and labels are left alone, told, and survive everything", async () => {
  await kubectl(world, ["create", "service", "clusterip", "clash-external", "--tcp=80"]);
  await kubectl(world, [
    "create",
    "service",
    "externalname",
    "clash-internal",
    "--external-name=example.org",
  ]);
  await kubectl(world, ["create", "service", "clusterip", "stray-p2p", "--tcp=80"]);
  await kubectl(world, [
    "label",
    "svc",
    "stray-p2p",
    "sei.io/nodedeployment=clash",
    "sei.io/component=p2p-endpoint",
  ]);
  const foreign = ["clash-external", "clash-internal", "stray-p2p"];
  const before = foreign.map((name) => JSON.stringify(service(name)?.spec));
  await createGroup("clash", { networking: {} });
  const group = await untilNetworking("clash", "False/NameConflict");
  assert.equal(group.status?.internalService, undefined);
  await world.untilEvent("clash", "NameConflict");
  assert.ok((await route("clash-evm")) !== undefined, "the rest is published");
  await patchGroup("clash", { networking: null });
  await untilNetworking("clash", "False/NameConflict");
  await deleteGroup("clash");
  assert.deepEqual(
    foreign.map((name) => JSON.stringify(service(name)?.spec)),
    before,
  );
});

test("a name that becomes free is taken without anybody's doing", async () => {
  await kubectl(world, ["create", "service", "clusterip", "free-internal", "--tcp=80"]);
  await createGroup("free");
  await untilNetworking("free", "False/NameConflict");
  await kubectl(world, ["delete", "svc", "free-internal"]);
  await untilNetworking("free", "False/NetworkingDisabled");
  assert.ok(isControlledBy(await untilService("free-internal", "is there"), await uidOf("free")));
  await deleteGroup("free");
});

test("Delete takes routes, external and P2P Services with it; the rest goes by owner reference", async () => {
  await createGroup("gone", { networking: { http: {}, tcp: {} } });
  await untilNetworking("gone", "True/P2PEndpointsApplied");
  await deleteGroup("gone");
  for (const name of ["gone-0-p2p", "gone-external", "gone-internal"])
    await world.untilGone(served, keyOf(name));
  assert.equal(await route("gone-rest"), undefined);
  await world.untilGone(world.nodes, keyOf("gone-0"));
});

test("Retain leaves everything working without an owner, and a later group of the name takes it over", async () => {
  const networking = { http: {}, tcp: {} };
  await createGroup("kept", { networking, deletionPolicy: "Retain" });
  await untilNetworking("kept", "True/P2PEndpointsApplied");
  await world.untilReady("kept-0");
  const names = ["kept-0-p2p", "kept-external", "kept-internal"];
  const before = names.map((name) => service(name)?.metadata.uid);
  const routeBefore = (await route("kept-evm"))?.metadata.uid;
  await deleteGroup("kept");
  for (const name of names) {
    const found = await untilService(
      name,
      "has no owner",
      ({ metadata }) => metadata.ownerReferences === undefined,
    );
    assert.equal(found.metadata.labels?.["sei.io/nodedeployment"], "kept");
  }
  assert.equal((await route("kept-evm"))?.metadata.ownerReferences, undefined);

  await createGroup("kept", { networking, deletionPolicy: "Delete" });
  const uid = await uidOf("kept");
  for (const name of names) await untilService(name, "is owned again", (found) => isControlledBy(found, uid));
  await untilNetworking("kept", "True/P2PEndpointsApplied");
  const adopted = await route("kept-evm");
  assert.ok(adopted !== undefined && isControlledBy(adopted, uid));
  assert.equal(adopted.metadata.uid, routeBefore);
  assert.deepEqual(
    names.map((name) => service(name)?.metadata.uid),
    before,
    "they are the same ones",
  );
  await deleteGroup("kept");
});

test("an uninstalled Gateway API is told again, and coming back brings the routes back", async () => {
  await kubectl(world, ["delete", "crd", "httproutes.gateway.networking.k8s.io"]);
  await untilNetworking("early", "False/CRDNotInstalled");
  await world.controlPlane.installGatewayApi();
  await untilNetworking("early", "False/DNSPending");
  assert.ok((await route("early-evm")) !== undefined);
});

test("without a P2P domain there is no load balancer, no address, and NetworkingDisabled", async () => {
  await world.manager.kill();
  await world.startManager({ SEI_P2P_ENDPOINT_DOMAIN: "" });
  await untilNetworking("p2p", "False/NetworkingDisabled");
  await world.untilGone(served, keyOf("p2p-0-p2p"));
  await world.untilNode("p2p-0", "has no address", ({ spec }) => !spec.externalAddress);
  assert.equal(groups.get(keyOf("p2p"))?.status?.networkingStatus, undefined);
});

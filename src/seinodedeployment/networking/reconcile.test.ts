import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { services } from "#kube";
import { apiError } from "../../kube/testing/fake-client.ts";
import { renderInternalService, renderP2pService } from "./render/index.ts";
import {
  NetworkingWorld,
  otherRoute,
  otherService,
  ownedBy,
  settings,
  stored,
  templateOf,
  testGroup,
  withoutP2pDomain,
} from "./testing.ts";

const both = { http: {}, tcp: {} };
const sharedManager = "seinodedeployment-controller";
const p2pManager = "nodedeployment-controller-p2p-endpoint";
const p2pServices = ["rpc-0-p2p", "rpc-1-p2p", "rpc-2-p2p"];
const routes = ["rpc-evm", "rpc-grpc", "rpc-rest", "rpc-rpc"];

describe("a private group", () => {
  it("gets its internal Service and says NetworkingDisabled", async () => {
    const world = new NetworkingWorld(testGroup());
    assert.deepEqual(await world.pass(), {});
    assert.deepEqual(await world.services(), ["rpc-internal"]);
    assert.equal(world.ready, "False/NetworkingDisabled");
    assert.deepEqual(world.group.status?.internalService, {
      name: "rpc-internal",
      namespace: "sei",
      ports: { rpc: 26657, evmHttp: 8545, rest: 1317 },
    });
    assert.equal(world.group.status?.networkingStatus, undefined);
    assert.deepEqual(world.lookups, [], "the DNS gate is open with networking absent: no name is asked for");
  });

  it("writes nothing in the passes that follow", async () => {
    const world = new NetworkingWorld(testGroup({ networking: both }));
    await world.pass();
    world.newWrites();
    await world.pass();
    await world.pass();
    assert.deepEqual(world.newWrites(), []);
  });

  it("keeps one internal Service when it is applied again and again, by processes that remember nothing", async () => {
    const world = new NetworkingWorld(testGroup());
    for (let pass = 0; pass < 3; pass++) {
      await world.pass();
      world.restart();
    }
    assert.deepEqual(await world.services(), ["rpc-internal"]);
  });

  it("keeps its internal Service when everything else is torn down", async () => {
    const world = new NetworkingWorld(testGroup({ networking: both }));
    await world.pass();
    world.edit({ networking: undefined } as never);
    await world.pass();
    assert.deepEqual(await world.services(), ["rpc-internal"]);
    assert.deepEqual(await world.routes(), []);
    assert.equal(world.ready, "False/NetworkingDisabled");
    assert.equal(world.group.status?.networkingStatus, undefined);
  });
});

describe("HTTP", () => {
  it("publishes the external Service and four routes under the shared field manager", async () => {
    const world = new NetworkingWorld(testGroup({ networking: { http: {} } }));
    await world.pass();
    assert.deepEqual(await world.services(), ["rpc-external", "rpc-internal"]);
    assert.deepEqual(await world.routes(), routes);
    for (const { options } of world.fake.writes)
      assert.deepEqual(options, { fieldManager: sharedManager, force: false });
    assert.equal(world.ready, "True/HTTPRoutesPublished");
    assert.deepEqual(
      world.events.map(({ type, reason }) => `${type} ${reason}`),
      ["Normal HTTPRoutesPublished"],
    );
  });

  it("of a validator is an external Service and the reason NoEffectiveRoutes", async () => {
    const template = { spec: templateOf("validator") };
    const world = new NetworkingWorld(testGroup({ networking: {}, template }));
    await world.pass();
    assert.deepEqual(await world.services(), ["rpc-external", "rpc-internal"]);
    assert.deepEqual(await world.routes(), []);
    assert.equal(world.ready, "False/NoEffectiveRoutes");
    assert.deepEqual(world.lookups, [], "there is no host to ask for");
    assert.deepEqual(world.events, []);
  });

  it("takes routes back that the mode no longer has", async () => {
    const world = new NetworkingWorld(testGroup({ networking: {} }));
    await world.pass();
    world.edit({ template: { spec: templateOf("validator") } });
    await world.pass();
    assert.deepEqual(await world.routes(), []);
  });
});

describe("D26, QUIRK 1: a host that does not resolve", () => {
  it("is told after publication and gates nothing", async () => {
    const world = new NetworkingWorld(testGroup({ networking: both }));
    world.answer = "missing";
    world.edit({ networking: { http: {} } });
    const result = await world.pass();
    assert.equal(result.error, undefined);
    assert.deepEqual(await world.routes(), routes);
    assert.equal(world.ready, "False/DNSPending");
    assert.match(world.message, /rpc-evm\.prod\.sei\.io does not resolve/);
    assert.equal(result.requeueAfterMs, 10_000);
    assert.deepEqual(world.lookups, ["rpc-evm.prod.sei.io"], "the first host of the first route");
    assert.deepEqual(world.events, [], "pending is no publication yet");
  });

  it("is looked up again after 10 s and not before, and then published with one event", async () => {
    const world = new NetworkingWorld(testGroup({ networking: {} }));
    world.answer = "missing";
    await world.pass();
    world.answer = "resolves";
    await world.clock.advance(9_999);
    assert.equal((await world.pass()).requeueAfterMs, 1);
    assert.equal(world.ready, "False/DNSPending");
    await world.clock.advance(1);
    await world.pass();
    await world.pass();
    assert.equal(world.ready, "True/HTTPRoutesPublished");
    assert.equal(world.lookups.length, 2);
    assert.equal(world.events.length, 1);
  });

  it("is not made pending by a resolver that does not answer, not even in the first pass of a new process", async () => {
    const world = new NetworkingWorld(testGroup({ networking: {} }));
    await world.pass();
    world.answer = "unknown";
    await world.clock.advance(300_000);
    await world.pass();
    assert.equal(world.ready, "True/HTTPRoutesPublished");
    world.restart();
    await world.pass();
    assert.equal(world.lookups.length, 3);
    assert.equal(world.ready, "True/HTTPRoutesPublished");
  });

  it("is pending when nobody ever resolved it", async () => {
    const world = new NetworkingWorld(testGroup({ networking: {} }));
    world.answer = "unknown";
    await world.pass();
    assert.equal(world.ready, "False/DNSPending");
  });
});

describe("a cluster without the Gateway API", () => {
  it("is told as CRDNotInstalled with one event, no request for a route, no error and no request to come back", async () => {
    const world = new NetworkingWorld(testGroup({ networking: {} }));
    world.gatewayApi.installed = false;
    assert.deepEqual(await world.pass(), {});
    await world.pass();
    assert.equal(world.ready, "False/CRDNotInstalled");
    assert.deepEqual(
      world.events.map(({ type, reason }) => `${type} ${reason}`),
      ["Warning CRDNotInstalled"],
    );
    assert.ok(!world.writes().some((write) => write.includes("HTTPRoute")));
    assert.deepEqual(world.lookups, []);
    assert.equal(
      world.group.status?.networkingStatus?.routes?.length,
      4,
      "what would be published is derived",
    );
  });

  it("gets its routes as soon as it has the API", async () => {
    const world = new NetworkingWorld(testGroup({ networking: {} }));
    world.gatewayApi.installed = false;
    await world.pass();
    world.gatewayApi.installed = true;
    await world.pass();
    assert.deepEqual(await world.routes(), routes);
    assert.equal(world.ready, "True/HTTPRoutesPublished");
  });

  it("that lost the API a moment ago is told the same way and looked at again", async () => {
    const world = new NetworkingWorld(testGroup({ networking: {} }));
    world.fake.failNext.set("apply HTTPRoute", apiError("notFound", 404));
    assert.deepEqual(await world.pass(), { requeueAfterMs: 30_000 });
    assert.equal(world.ready, "False/CRDNotInstalled");
  });

  it("does not keep a validator from saying NoEffectiveRoutes", async () => {
    const world = new NetworkingWorld(
      testGroup({ networking: {}, template: { spec: templateOf("validator") } }),
    );
    world.gatewayApi.installed = false;
    await world.pass();
    assert.equal(world.ready, "False/NoEffectiveRoutes");
  });
});

describe("TCP", () => {
  it("gives each ordinal a Service of its own under the P2P field manager", async () => {
    const world = new NetworkingWorld(testGroup({ networking: { tcp: {} } }));
    await world.pass();
    assert.deepEqual(await world.services(), [...p2pServices, "rpc-internal"]);
    for (const { name, options } of world.fake.writes) {
      const fieldManager = name === "rpc-internal" ? sharedManager : p2pManager;
      assert.deepEqual(options, { fieldManager, force: false });
    }
    assert.equal(world.ready, "True/P2PEndpointsApplied");
  });

  it("without a P2P domain makes no Service and says NetworkingDisabled", async () => {
    const world = new NetworkingWorld(testGroup({ networking: { tcp: {} } }), withoutP2pDomain);
    await world.pass();
    assert.deepEqual(await world.services(), ["rpc-internal"]);
    assert.equal(world.ready, "False/NetworkingDisabled");
    assert.match(world.message, /SEI_P2P_ENDPOINT_DOMAIN/);
  });

  it("takes its Services back when the platform loses its domain", async () => {
    const world = new NetworkingWorld(testGroup({ networking: { tcp: {} } }));
    await world.pass();
    world.restart(withoutP2pDomain);
    await world.pass();
    assert.deepEqual(await world.services(), ["rpc-internal"]);
  });

  it("opted out deletes the Services, opted in again makes the same ones, under the same addresses", async () => {
    const world = new NetworkingWorld(testGroup({ networking: { tcp: {} } }));
    await world.pass();
    const before = world.group.status?.networkingStatus;
    world.edit({ networking: { http: {} } });
    await world.pass();
    assert.deepEqual(await world.services(), ["rpc-external", "rpc-internal"]);
    assert.equal(world.group.status?.networkingStatus?.p2pEndpoints, undefined);
    world.edit({ networking: { tcp: {} } });
    await world.pass();
    assert.deepEqual(await world.services(), [...p2pServices, "rpc-internal"]);
    assert.deepEqual(world.group.status?.networkingStatus, before);
  });

  it("loses the Service of ordinal 1 and keeps that of ordinal 0 on scale-down to one", async () => {
    const world = new NetworkingWorld(testGroup({ replicas: 2, networking: { tcp: {} } }));
    await world.pass();
    world.edit({ replicas: 1 });
    await world.pass();
    assert.deepEqual(await world.services(), ["rpc-0-p2p", "rpc-internal"]);
  });

  it("goes on while the group is paused and has a plan: surplus load balancers go before their nodes", async () => {
    const world = new NetworkingWorld(testGroup({ networking: { tcp: {} }, replicas: 2 }));
    await world.pass();
    world.edit({ paused: true, replicas: 1 });
    world.group = { ...world.group, status: { ...world.group.status, plan: { phase: "Active", tasks: [] } } };
    await world.pass();
    assert.deepEqual(await world.services(), ["rpc-0-p2p", "rpc-internal"]);
  });

  it("deletes with uid and resourceVersion of what it judged", async () => {
    const world = new NetworkingWorld(testGroup({ networking: { tcp: {} }, replicas: 1 }));
    await world.pass();
    const [{ uid, resourceVersion }] = [
      (await world.fake.client.get(services, { namespace: "sei", name: "rpc-0-p2p" })).metadata,
    ];
    world.edit({ networking: { http: {} } });
    await world.pass();
    const deletion = world.fake.writes.find(({ verb }) => verb === "delete");
    assert.deepEqual(deletion?.options, { preconditions: { uid, resourceVersion } });
  });

  it("waits for a Service that is still being deleted, and makes it again once it is gone", async () => {
    const world = new NetworkingWorld(testGroup({ networking: { tcp: {} }, replicas: 1 }));
    const leaving = stored(renderP2pService(world.group, 0, settings), {
      deletionTimestamp: "2026-01-01T00:00:00Z",
      finalizers: ["service.kubernetes.io/load-balancer-cleanup"],
    });
    world.fake.put(leaving);
    const result = await world.pass();
    assert.equal(world.ready, "False/WaitingForDeletion");
    assert.equal(result.requeueAfterMs, 30_000);
    assert.deepEqual(world.events, []);
    world.fake.remove("Service", { namespace: "sei", name: "rpc-0-p2p" });
    await world.pass();
    assert.equal(world.ready, "True/P2PEndpointsApplied");
    assert.ok(world.writes().includes("apply Service rpc-0-p2p"));
  });
});

describe("both tiers", () => {
  it("end with the reason of TCP, and with what HTTP lacks in the message", async () => {
    const world = new NetworkingWorld(testGroup({ networking: both }));
    world.answer = "missing";
    await world.pass();
    assert.equal(world.ready, "True/P2PEndpointsApplied");
    assert.match(world.message, /rpc-evm\.prod\.sei\.io does not resolve.*3 P2P Services are applied/);
  });

  it("QUIRK 17: HTTPRoutesPublished and CRDNotInstalled are said once, although the stored reason is TCP's", async () => {
    const world = new NetworkingWorld(testGroup({ networking: both }));
    world.gatewayApi.installed = false;
    await world.pass();
    await world.pass();
    world.gatewayApi.installed = true;
    await world.pass();
    await world.pass();
    world.restart();
    await world.pass();
    assert.deepEqual(
      world.events.map(({ reason }) => reason),
      ["CRDNotInstalled", "HTTPRoutesPublished"],
    );
  });
});

describe("QUIRK 16: what somebody else made", () => {
  it("under a name we need is left alone, told with its name, one Warning event, and looked at again", async () => {
    const world = new NetworkingWorld(testGroup({ networking: both }));
    world.fake.put(otherService("rpc-internal"), otherRoute("rpc-rpc"), otherService("rpc-1-p2p"));
    const result = await world.pass();
    await world.pass();
    const touched = world.writes().filter((write) => /rpc-internal|rpc-rpc|rpc-1-p2p/.test(write));
    assert.deepEqual(touched, []);
    assert.equal(world.ready, "False/NameConflict");
    for (const name of ["Service rpc-internal", "HTTPRoute rpc-rpc", "Service rpc-1-p2p"])
      assert.ok(world.message.includes(`${name} belongs to`), world.message);
    assert.deepEqual(
      world.events.filter(({ reason }) => reason === "NameConflict").map(({ type }) => type),
      ["Warning", "Warning", "Warning"],
    );
    assert.equal(result.requeueAfterMs, 30_000);
    assert.equal(world.group.status?.internalService, undefined, "nobody is sent to somebody else's pods");
    assert.ok(world.writes().includes("apply Service rpc-0-p2p"), "the rest is published");
  });

  it("with our label on it but another controller is neither applied to nor deleted", async () => {
    const labels = { "sei.io/nodedeployment": "rpc", "sei.io/component": "p2p-endpoint" };
    const controller = { apiVersion: "v1", kind: "Other", name: "boss", uid: "boss-uid", controller: true };
    const world = new NetworkingWorld(testGroup());
    world.fake.put(
      otherService("rpc-external", { labels, ownerReferences: [controller] }),
      otherService("rpc-0-p2p", { labels, ownerReferences: [controller] }),
      otherService("kept-p2p", { labels }),
      otherRoute("rpc-evm", { labels, ownerReferences: [controller] }),
      otherRoute("kept-route", { labels }),
    );
    await world.pass();
    assert.deepEqual(await world.services(), ["kept-p2p", "rpc-0-p2p", "rpc-external", "rpc-internal"]);
    assert.deepEqual(await world.routes(), ["kept-route", "rpc-evm"]);
    world.edit({ networking: { http: {} } });
    await world.pass();
    assert.match(world.message, /Service rpc-external belongs to Other boss and is left alone/);
    assert.ok(!world.writes().includes("apply Service rpc-external"));
  });

  it("made between our look and our apply is recognised by the conflict", async () => {
    const world = new NetworkingWorld(testGroup());
    world.client = {
      ...world.fake.client,
      apply: async () => {
        world.fake.put(otherService("rpc-internal"));
        throw apiError("conflict", 409);
      },
    };
    world.restart();
    await world.pass();
    assert.equal(world.ready, "False/NameConflict");
  });

  it("of a predecessor of the group's name is waited for: the garbage collector is on its way", async () => {
    const old = testGroup({}, { uid: "old-uid" });
    const world = new NetworkingWorld(testGroup());
    world.fake.put(stored(renderInternalService(old)));
    await world.pass();
    assert.equal(world.ready, "False/WaitingForDeletion");
    assert.deepEqual(world.writes(), []);
  });

  it("is adopted where it is what a group of this name left behind under Retain", async () => {
    const world = new NetworkingWorld(testGroup());
    world.fake.put(stored(renderInternalService(world.group), { ownerReferences: [] }));
    await world.pass();
    const live = await world.fake.client.live.get(services, { namespace: "sei", name: "rpc-internal" });
    assert.deepEqual(live.metadata.ownerReferences, ownedBy(world.group));
    assert.equal(live.metadata.uid, "uid-of-rpc-internal");
    assert.partialDeepStrictEqual(world.fake.writes[0]?.body, {
      metadata: { uid: "uid-of-rpc-internal", resourceVersion: "7" },
    });
  });

  it("that the cache does not show yet is found by asking, before anything is applied", async () => {
    const world = new NetworkingWorld(testGroup());
    const labelled = otherService("rpc-internal", { labels: { "sei.io/nodedeployment": "x" } });
    world.fake.put(labelled).cacheShows("Service", { namespace: "sei", name: "rpc-internal" }, undefined);
    await world.pass();
    assert.deepEqual(world.writes(), []);
    assert.equal(world.ready, "False/NameConflict");
  });
});

describe("what goes wrong", () => {
  it("an object that the API server refuses is told in its words, and nothing else waits for it", async () => {
    const world = new NetworkingWorld(testGroup({ networking: both }));
    world.fake.failNext.set("apply Service", apiError("invalid", 422));
    const result = await world.pass();
    assert.equal(result.error, undefined);
    assert.equal(world.ready, "False/ObjectRejected");
    assert.deepEqual(await world.services(), [...p2pServices, "rpc-external"]);
  });

  it("a passing failure is handed back for another try, and leaves what was told as it is", async () => {
    const world = new NetworkingWorld(testGroup({ networking: both }));
    await world.pass();
    world.edit({ replicas: 4 });
    const failure = apiError("transient", 500);
    world.fake.failNext.set("apply Service", failure);
    const result = await world.pass();
    assert.equal(result.error, failure);
    assert.equal(world.ready, "True/P2PEndpointsApplied");
    assert.equal(world.group.status?.internalService?.name, "rpc-internal");
    assert.equal((await world.pass()).error, undefined);
    assert.ok((await world.services()).includes("rpc-3-p2p"));
  });

  it("a deleted or changed object is put back in the next pass", async () => {
    const world = new NetworkingWorld(testGroup({ networking: both }));
    await world.pass();
    world.fake.remove("HTTPRoute", { namespace: "sei", name: "rpc-rest" });
    const key = { namespace: "sei", name: "rpc-external" };
    const live = await world.fake.client.live.get(services, key);
    world.fake.put({ ...live, spec: { ...live.spec, selector: { app: "hijacked" } } } as never);
    world.newWrites();
    await world.pass();
    assert.deepEqual(world.newWrites().sort(), ["apply HTTPRoute rpc-rest", "apply Service rpc-external"]);
  });
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { httpRoutes, services } from "#kube";
import { apiError, FakeClient } from "../../kube/testing/fake-client.ts";
import { deleteNetworking, retainNetworking } from "./deletion.ts";
import {
  renderExternalService,
  renderHttpRoutes,
  renderInternalService,
  renderP2pService,
} from "./render/index.ts";
import { otherRoute, otherService, settings, stored, testGroup } from "./testing.ts";

const group = testGroup({ networking: { http: {}, tcp: {} }, replicas: 1 });
const signal = new AbortController().signal;
const labels = { "sei.io/nodedeployment": "rpc" };

/** Everything of the group, and lookalikes of others: a child's own Service, a labelled one without owner, a route. */
function published(): FakeClient {
  const nodeOwned = {
    apiVersion: "sei.io/v1alpha1",
    kind: "SeiNode",
    name: "rpc-0",
    uid: "n",
    controller: true,
  };
  return new FakeClient().put(
    ...[
      renderInternalService(group),
      renderExternalService(group),
      renderP2pService(group, 0, settings),
      ...renderHttpRoutes(group, settings),
    ].map((manifest) => stored(manifest)),
    otherService("rpc-0", { labels, ownerReferences: [nodeOwned] }),
    otherService("lookalike", { labels }),
    otherRoute("lookalike", { labels }),
  );
}

const all = async (fake: FakeClient) => [
  ...(await fake.client.live.list(services)),
  ...(await fake.client.live.list(httpRoutes)),
];
const named = async (fake: FakeClient) =>
  (await all(fake)).map(({ kind, metadata }) => `${kind} ${metadata.name}`).sort();

describe("deletion with policy Delete", () => {
  it("deletes routes, external and P2P Services, and leaves the internal one to the garbage collector", async () => {
    const fake = published();
    await deleteNetworking(fake.client, group, signal);
    assert.deepEqual(await named(fake), [
      "HTTPRoute lookalike",
      "Service lookalike",
      "Service rpc-0",
      "Service rpc-internal",
    ]);
    for (const { options } of fake.writes)
      assert.match(JSON.stringify(options), /"uid":"uid-of-.*"resourceVersion"/);
  });

  it("repeats without harm, and does without the Gateway API", async () => {
    const fake = published();
    await deleteNetworking(fake.client, group, signal);
    fake.writes.length = 0;
    const { client } = fake;
    const list = client.live.list.bind(client.live);
    const withoutRoutes = {
      ...client,
      live: {
        ...client.live,
        list: ((resource, options) => {
          if (resource.kind === "HTTPRoute") return Promise.reject(apiError("notFound", 404));
          return list(resource, options);
        }) as typeof list,
      },
    };
    await deleteNetworking(withoutRoutes, group, signal);
    await retainNetworking(withoutRoutes, testGroup({}, { uid: "another" }), signal);
    assert.deepEqual(fake.writes, []);
  });

  it("rejects when a deletion fails, so that it is tried again", async () => {
    const fake = published();
    fake.failNext.set("delete HTTPRoute", apiError("transient", 503));
    await assert.rejects(deleteNetworking(fake.client, group, signal), { status: 503 });
    await deleteNetworking(fake.client, group, signal);
    assert.equal((await named(fake)).length, 4);
  });
});

describe("deletion with policy Retain", () => {
  it("strips the owner from all of it, the internal Service last, and deletes nothing", async () => {
    const fake = published();
    const before = await named(fake);
    await retainNetworking(fake.client, group, signal);
    assert.deepEqual(await named(fake), before);
    const owned = (await all(fake)).filter(({ metadata }) => (metadata.ownerReferences ?? []).length > 0);
    assert.deepEqual(
      owned.map(({ metadata }) => metadata.name),
      ["rpc-0"],
      "a child's own Service stays its own",
    );
    assert.equal(fake.writes.at(-1)?.name, "rpc-internal");
    for (const { metadata } of await all(fake))
      assert.equal(metadata.labels?.["sei.io/nodedeployment"], "rpc");
  });

  it("keeps other owners, and patches nothing a second time", async () => {
    const fake = published();
    const key = { namespace: "sei", name: "rpc-external" };
    const external = await fake.client.live.get(services, key);
    const co = { apiVersion: "v1", kind: "ConfigMap", name: "co", uid: "co-uid" };
    const ownerReferences = [co, ...(external.metadata.ownerReferences ?? [])];
    fake.put({ ...external, metadata: { ...external.metadata, ownerReferences } } as never);
    await retainNetworking(fake.client, group, signal);
    assert.deepEqual((await fake.client.live.get(services, key)).metadata.ownerReferences, [co]);
    fake.writes.length = 0;
    await retainNetworking(fake.client, group, signal);
    assert.deepEqual(fake.writes, []);
  });

  it("is no harm when an object is gone meanwhile, and is repeated when one changed", async () => {
    const fake = published();
    fake.failNext.set("mergePatch Service", apiError("notFound", 404));
    await retainNetworking(fake.client, group, signal);
    fake.failNext.set("mergePatch Service", apiError("conflict", 409));
    await assert.rejects(retainNetworking(fake.client, group, signal), { status: 409 });
  });
});

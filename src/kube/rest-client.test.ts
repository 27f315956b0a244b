import assert from "node:assert/strict";
import { test } from "node:test";
import { isApiError } from "./errors.ts";
import { UnsafeIntegerError } from "./exact-json.ts";
import { type KubeObject, keyOf, type ResourceType } from "./object.ts";
import { persistentVolumes, pods, secrets, statefulSets } from "./resources.ts";
import { startRestFixture } from "./testing/rest-fixture.ts";
import { json, list, status, truncated } from "./testing/scripted-server.ts";

interface Node extends KubeObject {
  spec?: { height?: number };
}
const nodes: ResourceType<Node> = {
  group: "sei.io",
  version: "v1alpha1",
  kind: "SeiNode",
  plural: "seinodes",
  namespaced: true,
};

const meta = (name: string, rest: object = {}) => ({
  name,
  namespace: "ns",
  uid: `uid-${name}`,
  resourceVersion: "7",
  ...rest,
});
const pod = (name: string) => ({ apiVersion: "v1", kind: "Pod", metadata: meta(name) });
const key = { namespace: "ns", name: "a" };

test("get addresses the object and returns it", async (t) => {
  const { server, client, finished } = await startRestFixture(t);
  server.script("GET /api/v1/namespaces/ns/pods/a", json(200, pod("a")));
  assert.deepEqual(await client.get(pods, key), pod("a"));
  assert.equal(server.requests[0]?.headers["user-agent"], "sei-k8s-controller");
  assert.equal(server.requests[0]?.headers.authorization, undefined);
  assert.deepEqual(finished, [
    { verb: "get", method: "GET", resource: "pods", code: "200", host: new URL(server.url).host, seconds: 0 },
  ]);
});

test("resources of a group, cluster-scoped ones and servers below a path are addressed as they should be", async (t) => {
  const first = await startRestFixture(t);
  first.server.script(
    "GET /apis/sei.io/v1alpha1/namespaces/ns/seinodes/a",
    json(200, { metadata: meta("a") }),
  );
  first.server.script(
    "GET /api/v1/persistentvolumes/pv",
    json(200, { metadata: { name: "pv", uid: "u", resourceVersion: "1" } }),
  );
  await first.client.get(nodes, key);
  const volume = await first.client.get(persistentVolumes, { name: "pv" });
  assert.deepEqual([volume.apiVersion, volume.kind], ["v1", "PersistentVolume"]);

  const { server, client } = await startRestFixture(t, {
    config: { server: `${first.server.url}/k8s/clusters/c-1` },
  });
  assert.equal(server.requests.length, 0);
  first.server.script("GET /k8s/clusters/c-1/api/v1/namespaces/ns/pods/a", json(200, pod("a")));
  await client.get(pods, key);
  assert.deepEqual(first.server.unexpected, []);
});

test("an empty or path-like name is refused before anything is sent", async (t) => {
  const { server, client } = await startRestFixture(t);
  for (const name of ["", ".", "..", "a/b", "a%2fb"]) {
    await assert.rejects(
      client.delete(pods, { namespace: "ns", name }),
      (error) => isApiError(error, "invalid"),
      name,
    );
    await assert.rejects(
      client.get(pods, { namespace: name, name: "a" }),
      (error) => isApiError(error, "invalid"),
      name,
    );
  }
  await assert.rejects(client.get(pods, { name: "a" }), /needs a namespace/);
  await assert.rejects(client.get(persistentVolumes, key), /has no namespace/);
  await assert.rejects(
    client.create(pods, { apiVersion: "v1", kind: "Pod", metadata: { name: "", namespace: "ns" } }),
    /name/,
  );
  await assert.rejects(async () => {
    for await (const _ of client.watch(pods, {
      namespace: "",
      allowWatchBookmarks: true,
      timeoutSeconds: 1,
    }));
  }, /namespace/);
  assert.equal(server.requests.length, 0);
});

test("create posts to the collection", async (t) => {
  const { server, client, finished } = await startRestFixture(t);
  server.script("POST /api/v1/namespaces/ns/pods", json(201, pod("a")));
  const manifest = { apiVersion: "v1", kind: "Pod", metadata: { name: "a", namespace: "ns" } };
  assert.equal((await client.create(pods, manifest)).metadata.uid, "uid-a");
  assert.deepEqual(JSON.parse(server.requests[0]?.body ?? ""), manifest);
  assert.equal(server.requests[0]?.headers["content-type"], "application/json");
  assert.equal(finished[0]?.verb, "create");
});

test("mergePatch, jsonPatch and apply send their media type and their options", async (t) => {
  const { server, client } = await startRestFixture(t);
  server.script("PATCH /apis/apps/v1/namespaces/ns/statefulsets/a/status", json(200, pod("a")));
  server.script(
    "PATCH /apis/apps/v1/namespaces/ns/statefulsets/a",
    json(200, pod("a")),
    json(200, pod("a")),
    json(200, pod("a")),
  );
  await client.mergePatch(statefulSets, key, { status: {} }, { subresource: "status", fieldManager: "me/x" });
  await client.jsonPatch(statefulSets, key, [{ op: "remove", path: "/x" }]);
  const manifest = {
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: { ...keyOf({ metadata: key }), uid: "u" },
  };
  await client.apply(statefulSets, manifest, { fieldManager: "m" });
  await client.apply(statefulSets, manifest, { fieldManager: "m", force: true });
  assert.deepEqual(
    server.requests.map(({ headers, query, body }) => [
      headers["content-type"],
      query.toString(),
      JSON.parse(body),
    ]),
    [
      ["application/merge-patch+json", "fieldManager=me%2Fx", { status: {} }],
      ["application/json-patch+json", "", [{ op: "remove", path: "/x" }]],
      ["application/apply-patch+yaml", "fieldManager=m&force=false", manifest],
      ["application/apply-patch+yaml", "fieldManager=m&force=true", manifest],
    ],
  );
});

test("delete sends its preconditions and propagation, and never a grace period", async (t) => {
  const { server, client } = await startRestFixture(t);
  server.script(
    "DELETE /api/v1/namespaces/ns/pods/a",
    json(200, pod("a")),
    json(202, { kind: "Status", status: "Success" }),
  );
  await client.delete(pods, key, {
    preconditions: { uid: "u", resourceVersion: "5" },
    propagationPolicy: "Background",
  });
  await client.delete(pods, key);
  assert.deepEqual(
    server.requests.map(({ body }) => JSON.parse(body)),
    [
      {
        apiVersion: "v1",
        kind: "DeleteOptions",
        preconditions: { uid: "u", resourceVersion: "5" },
        propagationPolicy: "Background",
      },
      { apiVersion: "v1", kind: "DeleteOptions" },
    ],
  );
});

test("list walks through its pages with the label selector and gives built-in items their type", async (t) => {
  const { server, client } = await startRestFixture(t);
  server.script(
    "GET /api/v1/namespaces/ns/pods",
    list("Pod", [{ metadata: meta("a") }], "9", "t/1="),
    list("Pod", [{ metadata: meta("b") }], "9"),
  );
  const items = await client.list(pods, { namespace: "ns", labels: { b: "2", "sei.io/node": "x" } });
  assert.deepEqual(items, [pod("a"), pod("b")]);
  assert.deepEqual(
    server.requests.map(({ query }) => Object.fromEntries(query)),
    [
      { labelSelector: "b=2,sei.io/node=x", limit: "500" },
      { labelSelector: "b=2,sei.io/node=x", limit: "500", continue: "t/1=" },
    ],
  );
});

test("a list whose continue token expired starts over once, in one piece", async (t) => {
  const { server, client } = await startRestFixture(t);
  const gone = status(410, "Expired", "The provided continue parameter is too old");
  server.script(
    "GET /api/v1/pods",
    list("Pod", [{ metadata: meta("a") }], "9", "t"),
    gone,
    list("Pod", [{ metadata: meta("b") }], "11"),
  );
  assert.deepEqual(
    (await client.list(pods)).map((item) => item.metadata.name),
    ["b"],
  );
  assert.equal(server.requests[2]?.query.toString(), "");

  server.script("GET /api/v1/pods", list("Pod", [], "9", "t"), gone, gone);
  await assert.rejects(client.list(pods), (error) => isApiError(error, "expired"));
  assert.deepEqual(server.unexpected, []);
});

test("listPage gives the page, its token and its resourceVersion; null items are an empty list", async (t) => {
  const { server, client } = await startRestFixture(t);
  server.script(
    "GET /api/v1/pods",
    list("Pod", [{ metadata: meta("a") }], "9", "t"),
    json(200, { kind: "PodList", metadata: { resourceVersion: "10" }, items: null }),
  );
  assert.deepEqual(
    await client.listPage(pods, { limit: 1, resourceVersion: "3", resourceVersionMatch: "NotOlderThan" }),
    {
      items: [pod("a")],
      resourceVersion: "9",
      continue: "t",
    },
  );
  assert.deepEqual(await client.listPage(pods), { items: [], resourceVersion: "10" });
  assert.equal(
    server.requests[0]?.query.toString(),
    "limit=1&resourceVersion=3&resourceVersionMatch=NotOlderThan",
  );
});

test("an object with an integer beyond 2^53-1 is refused by name, and does not spoil the page it is on", async (t) => {
  const { server, client } = await startRestFixture(t);
  const bad = `{"metadata":${JSON.stringify(meta("bad"))},"spec":{"height":9007199254740993}}`;
  const page = `{"kind":"SeiNodeList","metadata":{"resourceVersion":"5"},"items":[${JSON.stringify({ metadata: meta("good") })},${bad}]}`;
  const raw: import("./testing/scripted-server.ts").ScriptedAnswer = (response) =>
    void response.writeHead(200).end(page);
  server.always("GET /apis/sei.io/v1alpha1/seinodes", raw);
  server.script(
    "GET /apis/sei.io/v1alpha1/namespaces/ns/seinodes/bad",
    (response) => void response.writeHead(200).end(bad),
  );

  const { items, refused, resourceVersion } = await client.listPage(nodes);
  assert.deepEqual(
    items.map((item) => item.metadata.name),
    ["good"],
  );
  assert.equal(resourceVersion, "5");
  assert.equal(refused?.length, 1);
  assert.deepEqual(refused?.[0]?.object, {
    apiVersion: "sei.io/v1alpha1",
    kind: "SeiNode",
    metadata: meta("bad"),
  });
  assert.match(refused?.[0]?.error.message ?? "", /spec\.height .*ns\/bad is 9007199254740993/);
  await assert.rejects(client.list(nodes), UnsafeIntegerError);
  await assert.rejects(client.get(nodes, { namespace: "ns", name: "bad" }), (error) => {
    return error instanceof UnsafeIntegerError && error.class === "invalid" && error.path === "spec.height";
  });
});

test("answers that are no Kubernetes objects are transient errors and not results", async (t) => {
  const { server, client } = await startRestFixture(t);
  const route = "GET /api/v1/namespaces/ns/pods/a";
  server.script(
    route,
    (response) => void response.end("<html>"),
    json(200, []),
    json(200, { kind: "Pod" }),
    truncated(JSON.stringify(pod("a")), 20),
    truncated(JSON.stringify(pod("a")), 20),
  );
  server.script("GET /api/v1/pods", json(200, { items: [] }));
  for (let i = 0; i < 4; i++)
    await assert.rejects(client.get(pods, key), (error) => isApiError(error, "transient"));
  await assert.rejects(client.list(pods), (error) => isApiError(error, "transient"));
  assert.deepEqual(server.unexpected, []);
});

test("malformed answers about Secrets are not quoted, not even in the cause", async (t) => {
  const { server, client } = await startRestFixture(t);
  server.script("GET /api/v1/namespaces/ns/secrets/a", (response) => void response.end('{"data": c2VjcmV0'));
  await assert.rejects(client.get(secrets, key), (error: Error) => {
    assert.doesNotMatch(`${error.message} ${String(error.cause)}`, /c2Vj/);
    return isApiError(error, "transient");
  });
});

test("what the server says about a token review is not repeated: it may quote the token", async (t) => {
  const { server, client } = await startRestFixture(t);
  const path = "/apis/authentication.k8s.io/v1/tokenreviews";
  server.script(`POST ${path}`, status(422, "Invalid", "spec.token: Invalid value: hidden"));
  await assert.rejects(
    client.request("POST", path, { body: {} }),
    (error: Error) => /422 Invalid/.test(error.message) && !error.message.includes("hidden"),
  );
});

test("request reaches subresources and returns their answer", async (t) => {
  const { server, client, finished } = await startRestFixture(t);
  const path = "/api/v1/namespaces/ns/serviceaccounts/default/token";
  server.script(
    `POST ${path}`,
    json(201, { status: { token: "t" } }),
    status(422, "Invalid", "the secret word"),
  );
  server.script("GET /version", json(200, { major: "1" }));
  server.script(
    "POST /api/v1/namespaces/ns/pods/a/binding",
    (response) => void response.writeHead(201).end(),
  );
  assert.deepEqual(await client.request("POST", path, { body: { spec: {} }, query: { dryRun: "All" } }), {
    status: { token: "t" },
  });
  assert.equal(server.requests[0]?.query.toString(), "dryRun=All");
  await assert.rejects(
    client.request("POST", path, { body: {} }),
    (error: Error) => !error.message.includes("secret word"),
  );
  assert.deepEqual(await client.request("GET", "/version"), { major: "1" });
  assert.equal(await client.request("POST", "/api/v1/namespaces/ns/pods/a/binding", { body: {} }), undefined);
  assert.deepEqual(
    finished.map(({ resource }) => resource),
    ["serviceaccounts", "serviceaccounts", "", "pods"],
  );
});

test("a closed client rejects calls and ends its watches", async (t) => {
  const { server, client } = await startRestFixture(t);
  const stream = server.stream("WATCH /api/v1/pods");
  const events = client
    .watch(pods, { allowWatchBookmarks: true, timeoutSeconds: 60 })
    [Symbol.asyncIterator]();
  const next = events.next();
  await stream.opened;
  const ended = assert.rejects(next, (error) => isApiError(error, "aborted"));
  await client.close();
  await ended;
  await stream.closed;
  await assert.rejects(client.get(pods, key), (error) => isApiError(error, "aborted"));
});

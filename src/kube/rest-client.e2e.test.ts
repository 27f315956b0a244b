/** The live client against the real API server: what a scripted one can only claim. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { systemClock, systemRandom } from "#clock";
import { type ControlPlane, startControlPlane } from "#devcluster";
import { loadClusterConfig } from "./cluster-config.ts";
import { isAlreadyExists, isApiError, isConflict, isNotFound } from "./errors.ts";
import type { ResourceType } from "./object.ts";
import { configMaps, persistentVolumeClaims, pods, secrets } from "./resources.ts";
import type { RestClient } from "./rest-api.ts";
import { createRestClient } from "./rest-client.ts";

const namespace = "default";
let cluster: ControlPlane;
let client: RestClient;

async function clientOf(kubeconfig: string, deadlineMs?: number): Promise<RestClient> {
  const config = await loadClusterConfig({ kubeconfig, env: process.env });
  const limits = deadlineMs === undefined ? {} : { deadlineMs };
  return createRestClient(config, {
    clock: systemClock,
    random: systemRandom,
    userAgent: "e2e/1",
    ...limits,
  });
}

before(async () => {
  cluster = await startControlPlane();
  client = await clientOf(cluster.adminKubeconfig);
});
after(async () => {
  await client?.close();
  await cluster?.stop();
});

const manifest = (name: string, data: Record<string, string> = {}, labels: Record<string, string> = {}) => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, namespace, labels },
  data,
});

test("an object lives through create, get, patches, apply and delete", async () => {
  const key = { namespace, name: "life" };
  const created = await client.create(configMaps, manifest("life", { a: "1" }));
  assert.deepEqual([created.apiVersion, created.kind, created.data?.a], ["v1", "ConfigMap", "1"]);
  await assert.rejects(
    client.create(configMaps, manifest("life")),
    (error) => isAlreadyExists(error) && isApiError(error) && error.status === 409,
  );

  const patched = await client.mergePatch(
    configMaps,
    key,
    { data: { a: null, b: "2" } },
    { fieldManager: "patcher" },
  );
  assert.deepEqual(patched.data, { b: "2" });
  assert.ok(patched.metadata.managedFields?.some(({ manager }) => manager === "patcher"));
  assert.ok(
    patched.metadata.managedFields?.some(({ manager }) => manager === "e2e"),
    "the user agent names the manager",
  );
  const stale = { metadata: { resourceVersion: created.metadata.resourceVersion }, data: { c: "3" } };
  await assert.rejects(
    client.mergePatch(configMaps, key, stale),
    (error) => isConflict(error) && isApiError(error) && error.reason === "Conflict",
  );

  const test1 = [
    { op: "test", path: "/data/b", value: "2" },
    { op: "add", path: "/data/d", value: "4" },
  ];
  assert.equal((await client.jsonPatch(configMaps, key, test1)).data?.d, "4");
  await assert.rejects(
    client.jsonPatch(configMaps, key, [{ op: "test", path: "/data/b", value: "no" }]),
    (error) => isApiError(error, "invalid"),
  );

  await assert.rejects(
    client.apply(configMaps, manifest("life", { b: "9" }), { fieldManager: "m" }),
    (error) => {
      assert.ok(isApiError(error, "conflict"));
      assert.match(error.message, /^apply ConfigMap default\/life: .*conflict.*\.data\.b/);
      assert.ok(
        error.causes.some(({ reason, field }) => reason === "FieldManagerConflict" && field === ".data.b"),
      );
      return true;
    },
  );
  assert.equal(
    (await client.apply(configMaps, manifest("life", { b: "9" }), { fieldManager: "m", force: true })).data
      ?.b,
    "9",
  );

  await assert.rejects(
    client.delete(configMaps, key, { preconditions: { uid: "00000000-0000-4000-8000-000000000000" } }),
    isConflict,
  );
  await assert.rejects(
    client.delete(configMaps, key, { preconditions: { resourceVersion: created.metadata.resourceVersion } }),
    isConflict,
  );
  await client.delete(configMaps, key, {
    preconditions: { uid: created.metadata.uid },
    propagationPolicy: "Background",
  });
  await assert.rejects(client.get(configMaps, key), (error) => {
    return (
      isNotFound(error) &&
      error instanceof Error &&
      error.message === 'get ConfigMap default/life: configmaps "life" not found'
    );
  });
  await assert.rejects(client.delete(configMaps, key), isNotFound);
});

test("apply with a uid does not create a missing object, and keeps off one of another uid", async () => {
  const withUid = (name: string) => {
    const object = manifest(name, { a: "1" });
    return { ...object, metadata: { ...object.metadata, uid: "11111111-1111-4111-8111-111111111111" } };
  };
  await assert.rejects(
    client.apply(configMaps, withUid("uid-missing"), { fieldManager: "m", force: true }),
    isConflict,
  );
  await client.create(configMaps, manifest("uid-other"));
  await assert.rejects(
    client.apply(configMaps, withUid("uid-other"), { fieldManager: "m", force: true }),
    isConflict,
  );
});

test("status is written through its subresource", async () => {
  const key = { namespace, name: "claim" };
  const spec = {
    accessModes: ["ReadWriteOnce"],
    storageClassName: "",
    resources: { requests: { storage: "1Gi" } },
  };
  await client.create(persistentVolumeClaims, {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: key,
    spec,
  } as never);
  const capacity = { status: { capacity: { storage: "1Gi" } } };
  const answer = await client.mergePatch(persistentVolumeClaims, key, capacity, { subresource: "status" });
  assert.equal(answer.status?.capacity?.storage, "1Gi");
});

test("what the server refuses comes back as its class", async () => {
  await assert.rejects(client.create(configMaps, manifest("Bad_Name")), (error) => {
    return isApiError(error, "invalid") && error.status === 422 && error.causes[0]?.field === "metadata.name";
  });
  const unknown: ResourceType = {
    group: "no.such",
    version: "v1",
    kind: "Thing",
    plural: "things",
    namespaced: true,
  };
  await assert.rejects(
    client.list(unknown),
    (error) => isApiError(error, "notFound") && /is the CRD installed/.test(error.message),
  );
  const nobody = createRestClient(
    {
      ...(await loadClusterConfig({ kubeconfig: cluster.adminKubeconfig, env: {} })),
      auth: { token: "wrong" },
    },
    { clock: systemClock, random: systemRandom },
  );
  await assert.rejects(nobody.list(pods), (error) => isApiError(error, "unauthorized"));
  await nobody.close();
});

test("a Secret's data is in no error", async () => {
  const object = {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { namespace, name: "s" },
    stringData: { k: "v" },
    data: { k: "!hidden!" },
  };
  await assert.rejects(client.create(secrets, object), (error: Error) => {
    assert.doesNotMatch(`${error.message}${String(error.cause)}`, /hidden/);
    return isApiError(error, "invalid");
  });
});

test("a ServiceAccount may do what it was granted and gets `forbidden` for the rest", async () => {
  await client.create(
    { group: "", version: "v1", kind: "ServiceAccount", plural: "serviceaccounts", namespaced: true },
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { namespace, name: "weak" } },
  );
  const weak = await clientOf(await cluster.serviceAccountKubeconfig(namespace, "weak"));
  await assert.rejects(
    weak.list(secrets, { namespace }),
    (error) => isApiError(error, "forbidden") && error.reason === "Forbidden",
  );
  const review = await weak.request<{ status: { userInfo: { username: string } } }>(
    "POST",
    "/apis/authentication.k8s.io/v1/selfsubjectreviews",
    { body: { apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview" } },
  );
  assert.equal(review.status.userInfo.username, `system:serviceaccount:${namespace}:weak`);
  await weak.close();
});

test("1,100 objects come in pages of 500 and all of them once", async () => {
  const names = Array.from({ length: 1_100 }, (_, index) => `many-${index}`);
  await Promise.all(names.map((name) => client.create(configMaps, manifest(name, {}, { many: "yes" }))));
  const items = await client.list(configMaps, { namespace, labels: { many: "yes" } });
  assert.deepEqual(new Set(items.map(({ metadata }) => metadata.name)), new Set(names));
  assert.equal(items.length, names.length);
  assert.ok(items.every(({ apiVersion, kind }) => apiVersion === "v1" && kind === "ConfigMap"));
  const page = await client.listPage(configMaps, { namespace, labelSelector: "many=yes", limit: 10 });
  assert.equal(page.items.length, 10);
  assert.ok(page.continue !== undefined && Number(page.resourceVersion) > 0);
  await assert.rejects(client.listPage(configMaps, { continue: "nonsense" }), (error) =>
    isApiError(error, "invalid"),
  );
});

test("a watch streams the present, then the changes, and ends after its time", async () => {
  await client.create(configMaps, manifest("seen-before", {}, { watched: "yes" }));
  const seen: string[] = [];
  const events = client.watch(configMaps, {
    namespace,
    labelSelector: "watched=yes",
    sendInitialEvents: true,
    resourceVersionMatch: "NotOlderThan",
    allowWatchBookmarks: true,
    timeoutSeconds: 2,
  });
  for await (const { type, object } of events) {
    seen.push(`${type} ${object.metadata.name ?? ""}`);
    if (type !== "BOOKMARK" || seen.length > 2) continue;
    assert.equal(object.metadata.annotations?.["k8s.io/initial-events-end"], "true");
    await client.mergePatch(configMaps, { namespace, name: "seen-before" }, { data: { x: "1" } });
    await client.delete(configMaps, { namespace, name: "seen-before" });
  }
  assert.deepEqual(seen.slice(0, 4), [
    "ADDED seen-before",
    "BOOKMARK ",
    "MODIFIED seen-before",
    "DELETED seen-before",
  ]);
});

test("a custom resource with an int64 that JavaScript would round is refused alone, and can be deleted", async () => {
  const things: ResourceType = {
    group: "e2e.test",
    version: "v1",
    kind: "Thing",
    plural: "things",
    namespaced: true,
  };
  const height = { type: "integer", format: "int64" };
  const spec = { type: "object", properties: { height } };
  const crd = {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: "things.e2e.test" },
    spec: {
      group: "e2e.test",
      scope: "Namespaced",
      names: { kind: "Thing", plural: "things", singular: "thing", listKind: "ThingList" },
      versions: [
        {
          name: "v1",
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: "object", properties: { spec } } },
        },
      ],
    },
  };
  await cluster.kubectl(["apply", "-f", "-"], { input: JSON.stringify(crd) });
  await cluster.kubectl(["wait", "--for=condition=Established", "crd/things.e2e.test", "--timeout=30s"]);
  const thing = (name: string, digits: string) =>
    `{"apiVersion":"e2e.test/v1","kind":"Thing","metadata":{"name":"${name}"},"spec":{"height":${digits}}}`;
  for (const [name, digits] of [
    ["good", "9007199254740991"],
    ["bad", "9007199254740993"],
  ] as const) {
    const { code, stderr } = await cluster.kubectl(["create", "-n", namespace, "-f", "-"], {
      input: thing(name, digits),
    });
    assert.equal(code, 0, stderr);
  }
  const page = await client.listPage(things, { namespace });
  assert.deepEqual(
    page.items.map(({ metadata }) => metadata.name),
    ["good"],
  );
  assert.match(
    page.refused?.[0]?.error.message ?? "",
    /spec\.height of Thing default\/bad is 9007199254740993/,
  );
  const bad = page.refused?.[0]?.object.metadata;
  assert.ok(bad !== undefined);
  const preconditions = { uid: bad.uid, resourceVersion: bad.resourceVersion };
  await client.delete(things, { namespace, name: "bad" }, { preconditions, propagationPolicy: "Foreground" });
  await assert.rejects(client.delete(things, { namespace, name: "good" }, { preconditions }), isConflict);
  const wrongUid = {
    apiVersion: "e2e.test/v1",
    kind: "Thing",
    metadata: { namespace, name: "good", uid: bad.uid },
  };
  await assert.rejects(client.apply(things, wrongUid, { fieldManager: "m", force: true }), isConflict);
  await assert.rejects(
    client.mergePatch(things, { namespace, name: "good" }, { metadata: { uid: bad.uid } }),
    isConflict,
  );
});

test("reads and writes go on after the API server was killed and came back", async () => {
  const before = await client.list(pods);
  const watch = client.watch(pods, { allowWatchBookmarks: true, timeoutSeconds: 60 })[Symbol.asyncIterator]();
  const ended = watch.next().then(
    () => undefined,
    (error: unknown) => error,
  );
  await client.get(configMaps, { namespace, name: "many-0" });
  await cluster.restartApiServer();
  const error = await ended;
  assert.ok(error === undefined || isApiError(error, "transient"), String(error));
  assert.equal((await client.list(pods)).length, before.length);
  await client.mergePatch(configMaps, { namespace, name: "many-0" }, { data: { back: "yes" } });
});

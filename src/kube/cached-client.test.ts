import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { ManualClock, type Random } from "#clock";
import { createCachedClient, type WritableRest } from "./cached-client.ts";
import type { Client } from "./client.ts";
import { ApiError, isApiError } from "./errors.ts";
import { UnsafeIntegerError } from "./exact-json.ts";
import { createInformer, type Informer, type InformerOptions } from "./informer.ts";
import { type ConfigMap, configMaps, secrets } from "./resources.ts";
import { configMap } from "./testing/objects.ts";
import { ScriptedListWatch } from "./testing/scripted-list-watch.ts";

const random: Random = { next: () => 0, uuid: () => "id" };
const key = { namespace: "ns", name: "a" };
const manifest = { apiVersion: "v1", kind: "ConfigMap", metadata: key };

let clock: ManualClock;
let api: ScriptedListWatch;
let stop: AbortController;
let running: Promise<void>;
let informer: Informer<ConfigMap>;
let client: Client;
/** The next answer of each verb; a function may wait or throw. */
let answers: Record<string, () => unknown>;
let calls: string[];

function call(verb: string) {
  return async (_resource: unknown, target: { name?: string; metadata?: { name: string } }) => {
    calls.push(`${verb} ${target.name ?? target.metadata?.name}`);
    const answer = answers[verb];
    if (answer === undefined) throw new Error(`nobody expected ${verb}`);
    return answer();
  };
}

function newClient(options: Partial<InformerOptions<ConfigMap>> = {}): void {
  informer = createInformer(api, configMaps, { clock, random, ...options });
  const verbs = ["get", "list", "create", "mergePatch", "jsonPatch", "apply", "deleteForAnswer"];
  const rest = Object.fromEntries(verbs.map((verb) => [verb, call(verb)])) as unknown as WritableRest;
  client = createCachedClient(rest, [informer]);
}

async function synced(...objects: ConfigMap[]): Promise<void> {
  running = informer.start(stop.signal);
  await clock.advance(0);
  for (const object of objects) api.open.send("ADDED", object);
  api.open.initialEventsEnd("10");
  await clock.advance(0);
}

beforeEach(() => {
  clock = new ManualClock();
  api = new ScriptedListWatch();
  stop = new AbortController();
  running = Promise.resolve();
  answers = {};
  calls = [];
  newClient();
});

afterEach(async () => {
  stop.abort();
  await running;
});

const fails = (error: unknown) => () => {
  throw error;
};
const lost = fails(new ApiError("connection reset", { class: "transient" }));

test("reads come from the cache and cost no call", async () => {
  await synced(configMap("a", 3));
  assert.equal((await client.get(configMaps, key)).metadata.resourceVersion, "3");
  assert.equal((await client.list(configMaps, { namespace: "ns" })).length, 1);
  assert.equal((await client.list(configMaps, { namespace: "other" })).length, 0);
  await assert.rejects(client.get(configMaps, { namespace: "ns", name: "none" }), (error) =>
    isApiError(error, "notFound"),
  );
  assert.deepEqual(calls, []);
});

test("a resource that is not watched cannot be read but live, and can be written", async () => {
  await assert.rejects(client.get(secrets, key), /get Secret: v1\/secrets is not watched/);
  await assert.rejects(client.list(secrets), /not watched/);
  answers.get = () => configMap("a", 1);
  answers.create = () => configMap("a", 1);
  await client.live.get(secrets, key);
  await client.create(secrets, manifest);
  assert.deepEqual(calls, ["get a", "create a"]);
});

test("a read before the first list waits for it; one of an informer nobody started says so", async () => {
  await assert.rejects(client.get(configMaps, key), /its informer was not started/);
  running = informer.start(stop.signal);
  const reading = client.get(configMaps, key);
  await clock.advance(0);
  api.open.send("ADDED", configMap("a", 3));
  api.open.initialEventsEnd("10");
  assert.equal((await reading).metadata.resourceVersion, "3");
});

test("two informers of one resource are refused", () => {
  assert.throws(
    () => createCachedClient({} as WritableRest, [informer, informer]),
    /two informers of v1\/configmaps/,
  );
});

for (const verb of ["create", "mergePatch", "jsonPatch", "apply"] as const) {
  test(`what ${verb} answered is read back before the watch shows it, frozen and without managedFields`, async () => {
    await synced();
    answers[verb] = () => configMap("a", 11, { managedFields: [{ manager: "me" }], data: { k: "v" } });
    const answer =
      verb === "create"
        ? await client.create(configMaps, manifest)
        : verb === "apply"
          ? await client.apply(configMaps, manifest, { fieldManager: "me" })
          : verb === "mergePatch"
            ? await client.mergePatch(configMaps, key, {})
            : await client.jsonPatch(configMaps, key, []);
    assert.equal(answer.metadata.managedFields?.length, 1, "the caller gets the server's answer whole");
    const read = await client.get(configMaps, key);
    assert.equal(read.metadata.resourceVersion, "11");
    assert.equal(read.metadata.managedFields, undefined);
    assert.ok(Object.isFrozen(answer) && Object.isFrozen(read.metadata));
  });
}

for (const [title, error] of [
  ["a reset", new ApiError("x", { class: "transient" })],
  ["a 500", new ApiError("x", { class: "transient", status: 500 })],
  ["our own abort", new ApiError("x", { class: "aborted" })],
  ["a fence that closed in mid-flight", new ApiError("x", { class: "fenced" })],
  ["an answer with an unsafe integer", new UnsafeIntegerError("create", "data", "9007199254740993", {})],
  ["an error nobody foresaw", new TypeError("x")],
] as const) {
  test(`after ${title} the next read is live, and the one after that is not`, async () => {
    await synced(configMap("a", 3));
    answers.mergePatch = fails(error);
    answers.get = () => configMap("a", 12);
    await assert.rejects(client.mergePatch(configMaps, key, {}), error);
    assert.equal((await client.get(configMaps, key)).metadata.resourceVersion, "12");
    assert.equal((await client.get(configMaps, key)).metadata.resourceVersion, "12");
    assert.deepEqual(calls, ["mergePatch a", "get a"]);
  });
}

for (const [title, error] of [
  ["a conflict", new ApiError("x", { class: "conflict", status: 409 })],
  ["429", new ApiError("x", { class: "transient", status: 429 })],
  ["a refusal", new ApiError("x", { class: "invalid", status: 422 })],
  ["a closed fence", new ApiError("x", { class: "fenced", notExecuted: true })],
] as const) {
  test(`after ${title} nothing was written, and reads stay in the cache`, async () => {
    await synced(configMap("a", 3));
    answers.mergePatch = fails(error);
    await assert.rejects(client.mergePatch(configMaps, key, {}), error);
    assert.equal((await client.get(configMaps, key)).metadata.resourceVersion, "3");
    assert.deepEqual(calls, ["mergePatch a"]);
  });
}

test("a live read that fails fails the read, and the key stays dirty", async () => {
  await synced(configMap("a", 3));
  answers.mergePatch = lost;
  await assert.rejects(client.mergePatch(configMaps, key, {}));
  answers.get = fails(new ApiError("503", { class: "transient", status: 503 }));
  await assert.rejects(client.get(configMaps, key), (error) => isApiError(error, "transient"));
  answers.get = () => configMap("a", 12);
  assert.equal((await client.get(configMaps, key)).metadata.resourceVersion, "12");
});

test("readers of a dirty key share one live read; one that gives up does not fail the others", async () => {
  await synced(configMap("a", 3));
  answers.mergePatch = lost;
  await assert.rejects(client.mergePatch(configMaps, key, {}));
  const gate = Promise.withResolvers<ConfigMap>();
  answers.get = () => gate.promise;
  const impatient = new AbortController();
  const first = client.get(configMaps, key, impatient.signal);
  const second = client.get(configMaps, key);
  const third = client.list(configMaps);
  await clock.advance(0);
  impatient.abort(new Error("enough"));
  await assert.rejects(first, /enough/);
  gate.resolve(configMap("a", 12));
  assert.equal((await second).metadata.resourceVersion, "12");
  assert.equal((await third)[0]?.metadata.resourceVersion, "12");
  assert.deepEqual(calls, ["mergePatch a", "get a"]);
});

test("when another answer is lost during the live read, that read does not count", async () => {
  await synced(configMap("a", 3));
  answers.mergePatch = lost;
  await assert.rejects(client.mergePatch(configMaps, key, {}));
  const gates = [Promise.withResolvers<ConfigMap>(), Promise.withResolvers<ConfigMap>()] as const;
  let asked = 0;
  answers.get = () => gates[asked++]?.promise;
  const reading = client.get(configMaps, key);
  await clock.advance(0);
  await assert.rejects(client.mergePatch(configMaps, key, {}));
  gates[0].resolve(configMap("a", 12));
  await clock.advance(0);
  gates[1].resolve(configMap("a", 13));
  assert.equal((await reading).metadata.resourceVersion, "13");
});

test("an object the watch shows during a live read that found nothing is younger than that answer, and stays", async () => {
  await synced();
  answers.create = lost;
  await assert.rejects(client.create(configMaps, manifest));
  const gate = Promise.withResolvers<ConfigMap>();
  answers.get = () => gate.promise;
  const reading = client.get(configMaps, key);
  await clock.advance(0);
  api.open.send("ADDED", configMap("a", 12));
  await clock.advance(0);
  gate.reject(new ApiError("none", { class: "notFound", status: 404 }));
  assert.equal((await reading).metadata.resourceVersion, "12");
});

test("a list waits only for dirty keys that it might give", async () => {
  await synced(configMap("a", 3, { labels: { app: "x" } }), configMap("b", 4, { labels: { app: "y" } }));
  answers.mergePatch = lost;
  await assert.rejects(client.mergePatch(configMaps, key, { metadata: { labels: { extra: "1" } } }));
  assert.equal((await client.list(configMaps, { namespace: "ns", labels: { app: "y" } })).length, 1);
  assert.equal((await client.list(configMaps, { namespace: "elsewhere" })).length, 0);
  assert.deepEqual(calls, ["mergePatch a"]);
  answers.get = () => configMap("a", 12, { labels: { app: "x", extra: "1" } });
  assert.equal((await client.list(configMaps, { labels: { extra: "1" } })).length, 1);
});

test("a deleted object is gone, and the same name can come back", async () => {
  await synced(configMap("a", 3));
  answers.deleteForAnswer = () => ({
    kind: "Status",
    status: "Success",
    details: { name: "a", uid: "uid-a" },
  });
  await client.delete(configMaps, key);
  await assert.rejects(client.get(configMaps, key), (error) => isApiError(error, "notFound"));
  api.open.send("ADDED", configMap("a", 12, { uid: "successor" }));
  await clock.advance(0);
  assert.equal((await client.get(configMaps, key)).metadata.uid, "successor");
});

test("a delete whose answer does not name the uid is believed when its precondition does, else read live", async () => {
  await synced(configMap("a", 3));
  answers.deleteForAnswer = () => ({ kind: "Status", status: "Success" });
  answers.get = fails(new ApiError("none", { class: "notFound", status: 404 }));
  await client.delete(configMaps, key, { preconditions: { uid: "uid-a" } });
  await assert.rejects(client.get(configMaps, key), (error) => isApiError(error, "notFound"));
  assert.deepEqual(calls, ["deleteForAnswer a"]);
  await client.delete(configMaps, { ...key, name: "b" });
  await assert.rejects(client.get(configMaps, { ...key, name: "b" }), (error) =>
    isApiError(error, "notFound"),
  );
  assert.deepEqual(calls.slice(1), ["deleteForAnswer b", "get b"]);
});

test("a pod in its grace period stays visible after our delete; one without grace and finalizer is gone", async () => {
  await synced(configMap("a", 3));
  const terminating = (deletionGracePeriodSeconds: number) => ({
    ...configMap("a", 11),
    metadata: { ...configMap("a", 11).metadata, deletionTimestamp: "t", deletionGracePeriodSeconds },
  });
  answers.deleteForAnswer = () => terminating(30);
  await client.delete(configMaps, key);
  assert.equal((await client.get(configMaps, key)).metadata.deletionTimestamp, "t");
  answers.deleteForAnswer = () => terminating(0);
  await client.delete(configMaps, key);
  await assert.rejects(client.get(configMaps, key), (error) => isApiError(error, "notFound"));
});

test("a delete answered with the object as it last was, as Services and claims are, leaves nothing", async () => {
  await synced(configMap("a", 3));
  answers.deleteForAnswer = () => configMap("a", 11);
  await client.delete(configMaps, key);
  await assert.rejects(client.get(configMaps, key), (error) => isApiError(error, "notFound"));
  // The watch is still behind: what it shows of the object is older than its end.
  api.open.send("MODIFIED", configMap("a", 10));
  await clock.advance(0);
  assert.deepEqual(await client.list(configMaps), []);
  api.open.send("ADDED", configMap("a", 12, { uid: "successor" }));
  await clock.advance(0);
  assert.equal((await client.get(configMaps, key)).metadata.uid, "successor");
  assert.deepEqual(calls, ["deleteForAnswer a"]);
});

test("a write that certainly was not carried out does not make the next read live", async () => {
  await synced(configMap("a", 3));
  for (const errorClass of ["transient", "aborted", "fenced"] as const) {
    answers.mergePatch = fails(new ApiError("connection refused", { class: errorClass, notExecuted: true }));
    answers.deleteForAnswer = answers.mergePatch;
    await assert.rejects(client.mergePatch(configMaps, key, {}));
    await assert.rejects(client.delete(configMaps, key));
  }
  await client.get(configMaps, key);
  assert.deepEqual(
    calls.filter((line) => line.startsWith("get")),
    [],
  );
});

test("a delete that finds nothing is rejected, and the cache stops showing what it still held", async () => {
  await synced(configMap("a", 3));
  answers.deleteForAnswer = fails(new ApiError("none", { class: "notFound", status: 404 }));
  await assert.rejects(client.delete(configMaps, key), (error) => isApiError(error, "notFound"));
  await assert.rejects(client.get(configMaps, key), (error) => isApiError(error, "notFound"));
});

test("a delete whose answer was lost makes the next read live", async () => {
  await synced(configMap("a", 3));
  answers.deleteForAnswer = lost;
  answers.get = fails(new ApiError("none", { class: "notFound", status: 404 }));
  await assert.rejects(client.delete(configMaps, key));
  await assert.rejects(client.get(configMaps, key), (error) => isApiError(error, "notFound"));
  assert.deepEqual(await client.list(configMaps), []);
  assert.deepEqual(calls, ["deleteForAnswer a", "get a"]);
});

test("an answer the transform refuses does not fail the write; the next read says why", async () => {
  newClient({
    transform: (object) => {
      if (object.data?.bad !== undefined) throw new Error("bad duration");
      return object;
    },
  });
  await synced(configMap("a", 3));
  answers.mergePatch = () => configMap("a", 11, { data: { bad: "1 parsec" } });
  answers.get = answers.mergePatch;
  await client.mergePatch(configMaps, key, {});
  await assert.rejects(
    client.get(configMaps, key),
    /get ConfigMap ns\/a: the object cannot be read: bad duration/,
  );
});

test("nothing is remembered of writes the watch has caught up with", async () => {
  await synced();
  for (let index = 0; index < 50; index++) {
    answers.create = () => configMap(`o${index}`, 11 + index);
    await client.create(configMaps, { ...manifest, metadata: { namespace: "ns", name: `o${index}` } });
  }
  assert.equal(informer.writes.size, 50);
  api.open.bookmark("100");
  await clock.advance(0);
  assert.equal(informer.writes.size, 0);
});

test("marks without a version are dropped once the watch has moved for two minutes", async () => {
  await synced(configMap("a", 3));
  answers.mergePatch = lost;
  await assert.rejects(client.mergePatch(configMaps, { ...key, name: "never-read" }, {}));
  for (const version of ["20", "21", "22"]) {
    await clock.advance(60_000);
    api.open.bookmark(version);
    await clock.advance(0);
  }
  assert.equal(informer.writes.size, 0);
});

/** Informer and cached client against a real API server: selectors, read-your-own-writes, restarts, forced relists. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { systemClock, systemRandom } from "#clock";
import { type ControlPlane, startControlPlane } from "#devcluster";
import { createCachedClient } from "./cached-client.ts";
import type { Client } from "./client.ts";
import { loadClusterConfig } from "./cluster-config.ts";
import { ApiError, isApiError } from "./errors.ts";
import { createInformer, type Informer, type InformerEvent } from "./informer.ts";
import type { ListWatch } from "./reflector.ts";
import { type ConfigMap, configMaps, type Pod, pods, type Service, services } from "./resources.ts";
import type { RestClient } from "./rest-api.ts";
import { createRestClient } from "./rest-client.ts";
import { labelIndex } from "./store.ts";

const label = "sei.io/node";
const namespace = "default";

let cluster: ControlPlane;
let rest: RestClient;

before(async () => {
  cluster = await startControlPlane();
  const config = await loadClusterConfig({ kubeconfig: cluster.adminKubeconfig, env: {} });
  rest = createRestClient(config, { clock: systemClock, random: systemRandom });
});
after(async () => {
  await rest?.close();
  await cluster?.stop();
});

interface Watched {
  readonly informer: Informer<ConfigMap>;
  readonly client: Client;
  readonly lists: () => number;
  /** Resolves with the first event, past or future, of which `matches` is true. */
  event(matches: (event: InformerEvent<ConfigMap>) => boolean): Promise<InformerEvent<ConfigMap>>;
}

/** Runs `body` with a fresh informer of ConfigMaps and stops it after. */
async function watching(listWatch: ListWatch, body: (watched: Watched) => Promise<void>): Promise<void> {
  let lists = 0;
  const informer = createInformer(listWatch, configMaps, {
    namespace,
    labelSelector: label,
    indexes: labelIndex(label),
    clock: systemClock,
    random: systemRandom,
    metrics: { objects() {}, interrupted() {}, unreadable() {}, listed: () => lists++ },
  });
  const seen: InformerEvent<ConfigMap>[] = [];
  const waiting = new Set<(event: InformerEvent<ConfigMap>) => void>();
  informer.onEvent((event) => {
    seen.push(event);
    for (const listener of waiting) listener(event);
  });
  const event: Watched["event"] = (matches) =>
    new Promise((resolve) => {
      const past = seen.find(matches);
      if (past !== undefined) return resolve(past);
      const listener = (candidate: InformerEvent<ConfigMap>) => {
        if (!matches(candidate)) return;
        waiting.delete(listener);
        resolve(candidate);
      };
      waiting.add(listener);
    });
  const stop = new AbortController();
  const running = informer.start(stop.signal);
  try {
    await informer.synced(AbortSignal.timeout(20_000));
    await body({ informer, client: createCachedClient(rest, [informer]), lists: () => lists, event });
  } finally {
    stop.abort();
    await running;
  }
}

function manifest(
  name: string,
  labels: Record<string, string> = { [label]: name },
  data: Record<string, string> = {},
) {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { namespace, name, labels }, data };
}

const about = (type: string, name: string) => (event: InformerEvent<ConfigMap>) =>
  event.type === type && event.object.metadata.name === name;

test("objects are followed through create, update, leaving the selector and deletion", {
  timeout: 60_000,
}, async () => {
  await rest.create(configMaps, manifest("before"));
  await rest.create(configMaps, manifest("unlabelled", {}));
  await watching(rest, async ({ informer, event }) => {
    assert.deepEqual(
      informer.list().map(({ metadata }) => metadata.name),
      ["before"],
    );
    await rest.create(configMaps, manifest("a"));
    const { object } = await event(about("added", "a"));
    assert.equal("managedFields" in object.metadata, false);

    await rest.mergePatch(configMaps, { namespace, name: "a" }, { data: { k: "v" } });
    const changed = await event(about("modified", "a"));
    assert.deepEqual([changed.old?.data, changed.object.data], [undefined, { k: "v" }]);
    assert.equal(informer.list({ labels: { [label]: "a" } }).length, 1);

    await rest.mergePatch(configMaps, { namespace, name: "a" }, { metadata: { labels: { [label]: null } } });
    await event(about("deleted", "a"));
    assert.equal(informer.get({ namespace, name: "a" }), undefined);

    await rest.delete(configMaps, { namespace, name: "before" });
    await event(about("deleted", "before"));
    assert.deepEqual(informer.list(), []);
  });
});

test("own writes are read back at once, each of them, many times over", { timeout: 60_000 }, async () => {
  await watching(rest, async ({ client, informer, event }) => {
    const key = { namespace, name: "own" };
    for (let round = 0; round < 20; round++) {
      await client.create(configMaps, manifest("own"));
      assert.equal((await client.get(configMaps, key)).data, undefined);
      await client.mergePatch(configMaps, key, { data: { round: `${round}` } });
      assert.equal((await client.get(configMaps, key)).data?.round, `${round}`);
      const applied = await client.apply(configMaps, manifest("own", undefined, { applied: `${round}` }), {
        fieldManager: "test",
        force: true,
      });
      const [listed] = await client.list(configMaps, { namespace, labels: { [label]: "own" } });
      assert.equal(listed?.metadata.resourceVersion, applied.metadata.resourceVersion);
      await client.delete(configMaps, key, { preconditions: { uid: applied.metadata.uid } });
      await assert.rejects(client.get(configMaps, key), (error) => isApiError(error, "notFound"));
    }
    await client.create(configMaps, manifest("last"));
    await event(about("added", "last"));
    await client.delete(configMaps, { namespace, name: "last" });
    await event(about("deleted", "last"));
    assert.equal(informer.list().length, 0);
  });
});

test("an object held by a finalizer stays visible as terminating, and goes with its last finalizer", {
  timeout: 60_000,
}, async () => {
  await watching(rest, async ({ client }) => {
    const key = { namespace, name: "held" };
    const held = manifest("held");
    await client.create(configMaps, {
      ...held,
      metadata: { ...held.metadata, finalizers: ["test.sei.io/hold"] },
    });
    await client.delete(configMaps, key);
    assert.ok((await client.get(configMaps, key)).metadata.deletionTimestamp);
    await client.mergePatch(configMaps, key, { metadata: { finalizers: [] } });
    await assert.rejects(client.get(configMaps, key), (error) => isApiError(error, "notFound"));
  });
});

test("a Service is gone as soon as our delete was answered, though the answer shows it alive", {
  timeout: 60_000,
}, async () => {
  const metadata = { namespace, name: "headless", labels: { [label]: "headless" } };
  const spec = { clusterIP: "None", ports: [{ port: 80 }] };
  const headless = { apiVersion: "v1", kind: "Service", metadata, spec };
  await rest.create(services, headless);
  const informer: Informer<Service> = createInformer(rest, services, {
    labelSelector: label,
    clock: systemClock,
    random: systemRandom,
  });
  const client = createCachedClient(rest, [informer]);
  const stop = new AbortController();
  const running = informer.start(stop.signal);
  await informer.synced(AbortSignal.timeout(20_000)).finally(() => stop.abort());
  // The watch stands still from here on: what the cache knows of the delete it has from our own request.
  await running;
  assert.equal(informer.list().length, 1);
  await client.delete(services, metadata);
  await assert.rejects(client.get(services, metadata), (error) => isApiError(error, "notFound"));
});

test("a bound pod stays visible as terminating after our delete; an unbound one is gone", {
  timeout: 60_000,
}, async () => {
  const informer: Informer<Pod> = createInformer(rest, pods, {
    labelSelector: label,
    clock: systemClock,
    random: systemRandom,
  });
  const stop = new AbortController();
  const running = informer.start(stop.signal);
  const client = createCachedClient(rest, [informer]);
  const pod = (name: string, nodeName?: string) => ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { namespace, name, labels: { [label]: name } },
    spec: { containers: [{ name: "c", image: "i" }], ...(nodeName !== undefined && { nodeName }) },
  });
  try {
    const account = { apiVersion: "v1", kind: "ServiceAccount", metadata: { namespace, name: "default" } };
    await cluster.kubectl(["create", "-f", "-"], { input: JSON.stringify(account) });
    await client.create(pods, pod("bound", "some-node"));
    await client.create(pods, pod("unbound"));
    await client.delete(pods, { namespace, name: "bound" });
    await client.delete(pods, { namespace, name: "unbound" });
    assert.ok((await client.get(pods, { namespace, name: "bound" })).metadata.deletionTimestamp);
    await assert.rejects(client.get(pods, { namespace, name: "unbound" }), (error) =>
      isApiError(error, "notFound"),
    );
  } finally {
    stop.abort();
    await running;
    await cluster.kubectl(["delete", "pod", "bound", "-n", namespace, "--force", "--grace-period=0"]);
  }
});

test("a killed API server is picked up again, and what happened meanwhile is told", {
  timeout: 120_000,
}, async () => {
  await watching(rest, async ({ event, informer, lists }) => {
    await rest.create(configMaps, manifest("survivor"));
    await event(about("added", "survivor"));
    await cluster.restartApiServer();
    await rest.create(configMaps, manifest("after-restart"));
    await event(about("added", "after-restart"));
    await rest.delete(configMaps, { namespace, name: "survivor" });
    await event(about("deleted", "survivor"));
    assert.ok(lists() >= 2);
    assert.deepEqual(
      informer.list().map(({ metadata }) => metadata.name),
      ["after-restart"],
    );
    await rest.delete(configMaps, { namespace, name: "after-restart" });
  });
});

test("changes during a broken watch are told by the forced relist, missed deletions too", {
  timeout: 60_000,
}, async () => {
  await rest.create(configMaps, manifest("doomed"));
  await rest.create(configMaps, manifest("kept"));
  const cut = Promise.withResolvers<never>();
  cut.promise.catch(() => {});
  let mayList = Promise.resolve();
  let watches = 0;
  const faulty: ListWatch = {
    listPage: rest.listPage,
    async *watch(resource, options, signal) {
      await mayList;
      const events = rest.watch(resource, options, signal)[Symbol.asyncIterator]();
      const broken: Promise<never> = watches++ === 0 ? cut.promise : new Promise<never>(() => {});
      try {
        for (;;) {
          const next = await Promise.race([events.next(), broken]);
          if (next.done === true) return;
          yield next.value;
        }
      } finally {
        // Not awaited: a pending `next` would be waited for.
        events.return?.().catch(() => {});
      }
    },
  };
  await watching(faulty, async ({ event, informer }) => {
    const gate = Promise.withResolvers<void>();
    mayList = gate.promise;
    cut.reject(new ApiError("too old resource version", { class: "expired", status: 410 }));
    await rest.delete(configMaps, { namespace, name: "doomed" });
    await rest.mergePatch(configMaps, { namespace, name: "kept" }, { data: { k: "v" } });
    gate.resolve();
    await event(about("deleted", "doomed"));
    await event(about("modified", "kept"));
    assert.deepEqual(
      informer.list().map(({ data }) => data),
      [{ k: "v" }],
    );
  });
  await rest.delete(configMaps, { namespace, name: "kept" });
});

test("without WatchList the paged list gives the same", { timeout: 60_000 }, async () => {
  for (let index = 0; index < 7; index++) await rest.create(configMaps, manifest(`page-${index}`));
  const old: ListWatch = {
    listPage: (resource, options, signal) => rest.listPage(resource, { ...options, limit: 3 }, signal),
    watch: (resource, options, signal) => {
      if (options.sendInitialEvents === true)
        throw new ApiError("sendInitialEvents is forbidden", { class: "invalid" });
      return rest.watch(resource, options, signal);
    },
  };
  await watching(old, async ({ event, informer }) => {
    assert.equal(informer.list().length, 7);
    await rest.create(configMaps, manifest("page-7"));
    await event(about("added", "page-7"));
  });
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { Labels, type SeiNodeTask, type SeiNodeTaskPhase } from "#api";
import { ManualClock, type Random } from "#clock";
import {
  type Client,
  type Controller,
  type EventRoute,
  httpRoutes,
  type Informer,
  type KubeObject,
  type Logger,
  type ObjectKey,
  OptionalKind,
  type RestClient,
} from "#kube";
import type { SidecarFactory } from "#sidecar";
import { createTelemetry } from "#telemetry";
import { createCaches } from "./caches.ts";
import { createControllers } from "./controllers.ts";
import type { Settings } from "./settings.ts";

const quiet: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => quiet };
const random: Random = { next: () => 0, uuid: () => "id" };

/** What a controller listens to, by the plural of the resource, and what it was asked to look at. Nothing runs. */
function wired(controllerName: string) {
  const clock = new ManualClock();
  const routes = new Map<string, EventRoute<KubeObject>>();
  const enqueued: ObjectKey[] = [];
  const heard: (() => void)[] = [];
  const recorded = (name: string): Controller => ({
    name,
    watch: (informer, route) => {
      if (name !== controllerName) return;
      const { plural } = (informer as unknown as Informer<KubeObject>).resource;
      // The route of a kind is asked here about what every kind has: its metadata.
      routes.set(plural, route as unknown as EventRoute<KubeObject>);
    },
    enqueue: (key) => enqueued.push(key),
    start: async () => {},
  });
  const caches = createCaches(
    {} as RestClient,
    { clock, random, log: quiet },
    new OptionalKind({} as RestClient, httpRoutes, clock),
  );
  createControllers({
    client: {} as Client,
    groupClient: {} as Client,
    gatewayApi: {
      installed: false,
      onChange: (handler) => {
        heard.push(handler);
        return () => {};
      },
    },
    lookup: async () => "unknown",
    caches,
    settings: {} as Settings,
    clock,
    random,
    log: quiet,
    sidecars: {} as SidecarFactory,
    telemetry: createTelemetry(clock, quiet),
    createRecorder: () => ({ event: () => {} }),
    createController: recorded,
  });
  return { routes, caches, enqueued, gatewayApiChanges: () => heard.forEach((handler) => void handler()) };
}

function labelled(node: string | undefined): KubeObject {
  const labels = node === undefined ? {} : { [Labels.node]: node };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "a-0", namespace: "sei", uid: "u", resourceVersion: "1", labels },
  };
}

const sorted = (keys: Iterable<ObjectKey>) =>
  [...keys].map(({ namespace, name }) => `${namespace}/${name}`).sort();

test("a child that was given to another node, or lost its label, wakes the node it left", () => {
  const children = [...wired("seinode").routes].filter(([plural]) => plural !== "seinodes");
  assert.deepEqual(children.map(([plural]) => plural).sort(), [
    "configmaps",
    "jobs",
    "persistentvolumeclaims",
    "pods",
    "services",
    "statefulsets",
  ]);
  for (const [plural, { map }] of children) {
    const moved = map({ type: "modified", old: labelled("a"), object: labelled("b") });
    assert.deepEqual(sorted(moved), ["sei/a", "sei/b"], plural);
    const left = map({ type: "modified", old: labelled("a"), object: labelled(undefined) });
    assert.deepEqual(sorted(left), ["sei/a"], plural);
    assert.deepEqual(sorted(map({ type: "deleted", object: labelled("a") })), ["sei/a"], plural);
    assert.deepEqual(sorted(map({ type: "added", object: labelled(undefined) })), [], plural);
  }
});

test("a change of a node, or of its pod, wakes the tasks that work on it and have not ended, and no others", () => {
  const { caches, routes } = wired("seinodetask");
  const task = (name: string, node: string, phase?: SeiNodeTaskPhase): SeiNodeTask => ({
    apiVersion: "sei.io/v1alpha1",
    kind: "SeiNodeTask",
    metadata: { name, namespace: "sei", uid: name, resourceVersion: "1" },
    spec: { kind: "RestartSeid", target: { nodeRef: { name: node } }, restartSeid: {} },
    ...(phase && { status: { phase } }),
  });
  const { writes } = caches.seiNodeTasks;
  for (const object of [
    task("waits", "a"),
    task("runs", "a", "Running"),
    task("ended", "a", "Complete"),
    task("elsewhere", "b"),
  ])
    writes.answered(object, writes.ticket());
  assert.deepEqual([...routes.keys()].sort(), ["pods", "seinodes", "seinodetasks"]);
  const node = { ...labelled(undefined), metadata: { ...labelled(undefined).metadata, name: "a" } };
  const woken = (plural: string, object: KubeObject) =>
    sorted(routes.get(plural)?.map({ type: "modified", old: object, object }) ?? []);
  assert.deepEqual(woken("seinodes", node), ["sei/runs", "sei/waits"]);
  assert.deepEqual(woken("pods", labelled("a")), ["sei/runs", "sei/waits"]);
  assert.deepEqual(woken("pods", labelled("nobody")), []);
  const own = routes.get("seinodetasks");
  assert.deepEqual(woken("seinodetasks", node), ["sei/a"]);
  // Our own status writes wake nobody.
  assert.equal(own?.predicate?.({ type: "modified", old: node, object: node }), false);
});

const published = (metadata: Partial<KubeObject["metadata"]>): KubeObject => ({
  apiVersion: "v1",
  kind: "HTTPRoute",
  metadata: { name: "r", namespace: "sei", uid: "u", resourceVersion: "1", generation: 1, ...metadata },
});
const ofGroup = (group: string) => ({ labels: { [Labels.nodeDeployment]: group } });

test("what a group published wakes it, and so does losing it to another", () => {
  const { routes } = wired("seinodedeployment");
  for (const plural of ["services", "httproutes"]) {
    const route = routes.get(plural);
    assert.ok(route !== undefined, plural);
    const moved = {
      type: "modified",
      old: published(ofGroup("a")),
      object: published(ofGroup("b")),
    } as const;
    assert.deepEqual(sorted(route.map(moved)), ["sei/a", "sei/b"], plural);
    assert.ok(route.predicate?.(moved) ?? true, plural);
    assert.deepEqual(sorted(route.map({ type: "deleted", object: published(ofGroup("a")) })), ["sei/a"]);
  }
});

test("a gateway that writes the status of a route wakes nobody", () => {
  const route = wired("seinodedeployment").routes.get("httproutes");
  const passes = (now: Partial<KubeObject["metadata"]>) =>
    route?.predicate?.({
      type: "modified",
      old: published(ofGroup("a")),
      object: published({ ...ofGroup("a"), ...now }),
    });
  assert.equal(passes({ resourceVersion: "2" }), false);
  assert.equal(passes({ generation: 2 }), true);
  assert.equal(passes({ annotations: { touched: "1" } }), true);
});

test("the Gateway API coming or going wakes every group", () => {
  const { caches, enqueued, gatewayApiChanges } = wired("seinodedeployment");
  const group = { ...published({ name: "rpc", resourceVersion: "5" }), kind: "SeiNodeDeployment" };
  caches.seiNodeDeployments.writes.answered(group as never, caches.seiNodeDeployments.writes.ticket());
  gatewayApiChanges();
  assert.deepEqual(sorted(enqueued), ["sei/rpc"]);
});

test("a group listens to itself by generation, to its nodes, and to what it published", () => {
  const { routes } = wired("seinodedeployment");
  assert.deepEqual([...routes.keys()].sort(), ["httproutes", "seinodedeployments", "seinodes", "services"]);
  const old = labelled(undefined);
  const statusOnly = { type: "modified" as const, old, object: { ...old } };
  assert.equal(routes.get("seinodedeployments")?.predicate?.(statusOnly), false);
  assert.deepEqual(sorted(routes.get("seinodedeployments")?.map(statusOnly) ?? []), ["sei/a-0"]);
});

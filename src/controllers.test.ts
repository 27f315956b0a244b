import assert from "node:assert/strict";
import { test } from "node:test";
import { Labels, type SeiNodeTask, type SeiNodeTaskPhase } from "#api";
import { ManualClock, type Random } from "#clock";
import type {
  Client,
  Controller,
  EventRoute,
  Informer,
  KubeObject,
  Logger,
  ObjectKey,
  RestClient,
} from "#kube";
import type { SidecarFactory } from "#sidecar";
import { createTelemetry } from "#telemetry";
import { createCaches } from "./caches.ts";
import { createControllers } from "./controllers.ts";
import type { Settings } from "./settings.ts";

const quiet: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => quiet };
const random: Random = { next: () => 0, uuid: () => "id" };

/** What the controllers listen to, by name of the controller and plural of the resource. Nothing runs. */
function listen() {
  const clock = new ManualClock();
  const found = new Map<string, Map<string, EventRoute<KubeObject>>>();
  const recorded = (name: string): Controller => {
    const routes = new Map<string, EventRoute<KubeObject>>();
    found.set(name, routes);
    return {
      name,
      watch: (informer, route) => {
        const { plural } = (informer as unknown as Informer<KubeObject>).resource;
        // The route of a kind is asked here about what every kind has: its metadata.
        routes.set(plural, route as unknown as EventRoute<KubeObject>);
      },
      enqueue: () => {},
      start: async () => {},
    };
  };
  const caches = createCaches({} as RestClient, { clock, random, log: quiet });
  createControllers({
    client: {} as Client,
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
  return { caches, routesOf: (name: string) => found.get(name) ?? new Map<string, EventRoute<KubeObject>>() };
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
  const children = [...listen().routesOf("seinode")].filter(([plural]) => plural !== "seinodes");
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
  const { caches, routesOf } = listen();
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
  const routes = routesOf("seinodetask");
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

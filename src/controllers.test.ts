import assert from "node:assert/strict";
import { test } from "node:test";
import { Labels } from "#api";
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

/** What the controller of that name listens to, by the plural of the resource. Nothing runs. */
function routes(of: string): Map<string, EventRoute<KubeObject>> {
  const clock = new ManualClock();
  const found = new Map<string, EventRoute<KubeObject>>();
  const recorded = (name: string): Controller => ({
    name,
    watch: (informer, route) => {
      if (name !== of) return;
      const { plural } = (informer as unknown as Informer<KubeObject>).resource;
      // The route of a kind is asked here about what every kind has: its metadata.
      found.set(plural, route as unknown as EventRoute<KubeObject>);
    },
    enqueue: () => {},
    start: async () => {},
  });
  createControllers({
    client: {} as Client,
    caches: createCaches({} as RestClient, { clock, random, log: quiet }),
    settings: {} as Settings,
    clock,
    random,
    log: quiet,
    sidecars: {} as SidecarFactory,
    telemetry: createTelemetry(clock, quiet),
    createRecorder: () => ({ event: () => {} }),
    createController: recorded,
  });
  return found;
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
  const children = [...routes("seinode")].filter(([plural]) => plural !== "seinodes");
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

test("a group listens to itself by generation, and to its nodes", () => {
  const found = routes("seinodedeployment");
  assert.deepEqual([...found.keys()].sort(), ["seinodedeployments", "seinodes"]);
  const old = labelled(undefined);
  const statusOnly = { type: "modified" as const, old, object: { ...old } };
  assert.equal(found.get("seinodedeployments")?.predicate?.(statusOnly), false);
  assert.deepEqual(sorted(found.get("seinodedeployments")?.map(statusOnly) ?? []), ["sei/a-0"]);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { Labels } from "#api";
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

/** What the controllers listen to, by the plural of the resource. Nothing runs. */
function routes(): Map<string, EventRoute<KubeObject>> {
  const clock = new ManualClock();
  const found = new Map<string, EventRoute<KubeObject>>();
  const controller: Controller = {
    name: "recorded",
    watch: (informer, route) => {
      const { plural } = (informer as unknown as Informer<KubeObject>).resource;
      // The route of a kind is asked here about what every kind has: its metadata.
      found.set(plural, route as unknown as EventRoute<KubeObject>);
    },
    enqueue: () => {},
    start: async () => {},
  };
  createControllers({
    client: {} as Client,
    groupClient: {} as Client,
    gatewayApi: { installed: false, onChange: () => () => {} },
    lookup: async () => "unknown",
    caches: createCaches(
      {} as RestClient,
      { clock, random, log: quiet },
      new OptionalKind({} as RestClient, httpRoutes, clock),
    ),
    settings: {} as Settings,
    clock,
    random,
    log: quiet,
    sidecars: {} as SidecarFactory,
    telemetry: createTelemetry(clock, quiet),
    createRecorder: () => ({ event: () => {} }),
    createController: () => controller,
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
  const children = [...routes()].filter(([plural]) => plural !== "seinodes");
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

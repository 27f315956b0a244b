/**
 * The same for SeiNodeDeployments: a manager that sees an older template, status or set of nodes takes no node back to an
 * image that was rolled out over, and makes or deletes none.
 */
import { type TestContext, test } from "node:test";
import { type SeiNodeDeployment, seiNodeDeployments } from "#api";
import type { DeepReadonly } from "#kube";
import { endWorld } from "../../harness/manners.ts";
import { IMAGE_V2, IMAGE_V3, NAMESPACE, World } from "../../harness/world.ts";
import { CacheView } from "../cache-view.ts";
import { identitiesOfGroup } from "../identities.ts";
import { isWanted } from "../points.ts";
import { untilIdle } from "../quiet.ts";
import { type Past, tryRestarts } from "./restarts.ts";

const SUITE = { name: "stale/groups", every: 60 };
const LIGHTHOUSE = "lighthouse";
const ALL_AT_ONCE = { type: "InPlace" as const, inPlace: { maxUnavailable: "100%" } };

/** What is done to a group of two, one after the other, until it is at rest. */
const HISTORIES: Readonly<Record<string, (world: World, name: string) => Promise<unknown>>> = {
  async rolled(world, name) {
    await world.setGroupImage(name, IMAGE_V2);
    await world.untilGroupReady(name, IMAGE_V2);
  },
  async superseded(world, name) {
    await world.setGroupImage(name, IMAGE_V2);
    await world.untilGroup(name, "on its way to v2", ({ status }) => status?.rollout !== undefined);
    await world.setGroupImage(name, IMAGE_V3);
    await world.untilGroupReady(name, IMAGE_V3);
  },
  async "there-and-back"(world, name) {
    await world.setGroupImage(name, IMAGE_V2);
    await world.untilGroupReady(name, IMAGE_V2);
    await world.setGroupImage(name, "sei:v1");
    await world.untilGroupReady(name);
  },
  async scaled(world, name) {
    await world.patchGroup(name, { spec: { replicas: 3 } });
    await world.untilGroupReady(name);
  },
  async "was-paused"(world, name) {
    await world.patchGroup(name, { spec: { paused: true } });
    await world.untilGroup(name, "Paused", ({ status }) => status?.phase === "Paused");
    await world.patchGroup(name, { spec: { paused: false } });
    await world.untilGroupReady(name);
  },
  async "created-again"(world, name) {
    await world.rest.delete(seiNodeDeployments, { namespace: NAMESPACE, name });
    await world.untilGone(world.nodes, { namespace: NAMESPACE, name: `${name}-0` });
    await world.untilGone(world.nodes, { namespace: NAMESPACE, name: `${name}-1` });
    await bringUp(world, name);
  },
};

const STANDSTILLS: Readonly<Record<string, readonly string[] | undefined>> = {
  everything: undefined,
  "the groups alone": ["seinodedeployments"],
  "the SeiNodes alone": ["seinodes"],
};

test("a manager that sees the past of a group changes none of its nodes", async (t) => {
  if (!isWanted(SUITE)) return;
  const world = await World.start({ faults: true });
  try {
    await run(t, world);
  } finally {
    await endWorld(world);
  }
});

async function run(t: TestContext, world: World): Promise<void> {
  const view = new CacheView();
  world.faults.api = view.disturb;
  await bringUp(world, LIGHTHOUSE);
  const moments = new Map<string, string>();
  const stop = world.groups.onEvent(({ type, object }) => {
    const { name, resourceVersion } = object.metadata;
    const state = `${name}: ${type === "deleted" ? "gone" : progressOf(object)}`;
    if (!moments.has(state)) moments.set(state, resourceVersion);
  });
  await Promise.all(
    Object.entries(HISTORIES).map(async ([name, live]) => {
      await bringUp(world, name);
      await live(world, name);
    }),
  );
  await untilIdle(world.manager.metricsUrl);
  stop();

  const pasts = new Map<string, Past>();
  for (const [what, resources] of Object.entries(STANDSTILLS)) {
    for (const [moment, resourceVersion] of moments)
      pasts.set(`${what} as of ${moment}`, { resourceVersion, resources });
  }
  const names = [LIGHTHOUSE, ...Object.keys(HISTORIES)];
  await tryRestarts(t, {
    world,
    view,
    suite: SUITE,
    file: import.meta.filename,
    pasts,
    everything: async () => (await Promise.all(names.map((name) => identitiesOfGroup(world, name)))).flat(),
    lighthouse: { node: `${LIGHTHOUSE}-0`, group: LIGHTHOUSE },
  });
}

async function bringUp(world: World, name: string): Promise<void> {
  await world.createGroup(name, { replicas: 2, updateStrategy: ALL_AT_ONCE });
  await world.untilGroupReady(name);
}

/** What a group was at: template, size, phase and the first task of its plan that is not done. */
function progressOf({ spec, status, metadata }: DeepReadonly<SeiNodeDeployment>): string {
  const task = status?.plan?.tasks.find(({ status: is }) => is !== "Complete");
  const at = status?.plan === undefined ? "no plan" : (task?.type ?? "plan done");
  const going = metadata.deletionTimestamp === undefined ? "" : "being deleted, ";
  const paused = spec.paused === true ? "paused, " : "";
  const { image } = spec.template.spec;
  return `${going}${paused}${spec.replicas} on ${image}, ${status?.phase ?? "new"}, ${at}`;
}

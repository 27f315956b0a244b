/**
 * A manager that starts on caches which stand still at an older moment, in a cluster where everything was done long ago. It
 * must not do again, or undo, what was: not while it sees the past, and not on its way to the present.
 */
import { type TestContext, test } from "node:test";
import { persistentVolumeClaims } from "#kube";
import { endWorld } from "../../harness/manners.ts";
import { NAMESPACE, World } from "../../harness/world.ts";
import { CacheView } from "../cache-view.ts";
import { identitiesOf } from "../identities.ts";
import { isWanted } from "../points.ts";
import { untilIdle } from "../quiet.ts";
import { LIGHTHOUSE, nameOf, PASTS } from "./history.ts";
import { collectMoments, type Moment } from "./moments.ts";
import { type Past, tryRestarts } from "./restarts.ts";

const SUITE = { name: "stale", every: 16 };
const CHILDREN = ["statefulsets", "pods", "persistentvolumeclaims", "services", "configmaps", "jobs"];

interface Standstill {
  /** Undefined: all. */
  readonly resources: readonly string[] | undefined;
  /** Each point is a restart, so the moments are those that make a difference to what stands still, or some of them. */
  readonly chooses: (moment: Moment, index: number) => boolean;
}

/** What stands still. Live reads never do. */
const STANDSTILLS: Readonly<Record<string, Standstill>> = {
  everything: { resources: undefined, chooses: ({ of }) => of === "SeiNode" },
  "the SeiNodes alone": {
    resources: ["seinodes"],
    chooses: ({ of }, index) => of === "SeiNode" && index % 6 === 0,
  },
  "what they own": { resources: CHILDREN, chooses: ({ of }, index) => of === "pod" && index % 2 === 0 },
};

test("nothing is done again or undone by a manager that sees the past", async (t) => {
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
  await world.createNode(LIGHTHOUSE);
  await world.untilReady(LIGHTHOUSE);
  const history = collectMoments(world, "brought-up");
  await Promise.all(Object.entries(PASTS).map(([past, live]) => live(world, nameOf(past))));
  await untilIdle(world.manager.metricsUrl);
  history.stop();

  const pasts = new Map<string, Past>();
  for (const [what, { resources, chooses }] of Object.entries(STANDSTILLS)) {
    for (const { name, resourceVersion } of history.moments.filter(chooses))
      pasts.set(`${what} as of ${name}`, { resourceVersion, resources });
  }
  await tryRestarts(t, {
    world,
    view,
    suite: SUITE,
    file: import.meta.filename,
    pasts,
    everything: () => everything(world),
    lighthouse: { node: LIGHTHOUSE },
  });
}

async function everything(world: World): Promise<readonly string[]> {
  const names = [LIGHTHOUSE, ...Object.keys(PASTS).map(nameOf)];
  const lines = await Promise.all(
    names.map(async (name) => (await identitiesOf(world, name)).map((line) => `${name}: ${line}`)),
  );
  // Those that carry no label, too.
  const claims = await world.rest.list(persistentVolumeClaims, { namespace: NAMESPACE });
  return [...lines.flat(), ...claims.map(({ metadata }) => `claim ${metadata.name} ${metadata.uid}`)];
}

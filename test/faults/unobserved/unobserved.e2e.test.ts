/**
 * Two changes that cancel out, of which the watches tell nothing while they happen. Whether the manager then hears of both at
 * once, or only finds what is there now, the node must be as if nothing had happened.
 */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { endWorld } from "../../harness/manners.ts";
import { World } from "../../harness/world.ts";
import { CacheView, type Resumption } from "../cache-view.ts";
import { choosePoints, isWanted, replayCommand, tellTried } from "../points.ts";
import { untilCaughtUp, untilIdle } from "../quiet.ts";
import { CHANGES, type Change, untilBack } from "./changes.ts";

const SUITE = { name: "unobserved", every: 6 };
const LIGHTHOUSE = "lighthouse";

/** What is held, of what a change shows in. */
const HELD: Readonly<Record<string, readonly string[] | undefined>> = {
  "every watch": undefined,
  "the watch of SeiNodes": ["seinodes"],
  "the watches of children": ["statefulsets", "pods", "persistentvolumeclaims", "services", "configmaps"],
};

const RESUMPTIONS: readonly Resumption[] = ["delivered", "cut"];

interface Point {
  readonly change: string;
  readonly held: string;
  readonly then: Resumption;
}

const points = new Map<string, Point>();
for (const [change, { shows }] of Object.entries(CHANGES)) {
  for (const [held, resources] of Object.entries(HELD)) {
    if (resources !== undefined && !shows.some((resource) => resources.includes(resource))) continue;
    for (const then of RESUMPTIONS)
      points.set(`${change}, ${held} held, then ${then}`, { change, held, then });
  }
}

test("two changes that cancel out and are not seen leave the node as it was", async (t) => {
  if (!isWanted(SUITE)) return;
  const world = await World.start({ faults: true, manager: false });
  try {
    await run(t, world);
  } finally {
    await endWorld(world);
  }
});

async function run(t: TestContext, world: World): Promise<void> {
  const view = new CacheView();
  world.faults.api = view.disturb;
  const { metricsUrl } = await world.startManager();
  await world.createNode(LIGHTHOUSE);
  const chosen = choosePoints(SUITE, [...points.keys()]);
  const named = chosen.map((point, index) => ({ point, node: `node-${index}` }));
  await Promise.all(named.map(({ node }) => world.createNode(node)));
  await Promise.all([LIGHTHOUSE, ...named.map(({ node }) => node)].map((node) => world.untilReady(node)));
  await untilIdle(metricsUrl);

  const failures: string[] = [];
  // Those that hold the same watches and let them go in the same way go together.
  const groups = Map.groupBy(named, ({ point }) => {
    const { held, then } = points.get(point) as Point;
    return `${held}/${then}`;
  });
  for (const group of groups.values()) {
    const { held, then } = points.get(group[0]?.point ?? "") as Point;
    const tried = group.map(({ point, node }) => ({
      point,
      node,
      change: CHANGES[(points.get(point) as Point).change] as Change,
    }));
    const before = await Promise.all(tried.map(({ change, node }) => change.kept(world, node)));
    view.hold(HELD[held]);
    await Promise.all(tried.map(({ change, node }) => change.thereAndBack(world, node)));
    // What the manager makes of what it does see.
    await untilIdle(metricsUrl);
    assert.notEqual(view.heldBack.size, 0, "something was held back");
    view.release(then);
    await untilCaughtUp(world, view, LIGHTHOUSE);
    for (const [index, { point, node, change }] of tried.entries()) {
      try {
        await untilBack(world, node);
        await untilIdle(metricsUrl);
        assert.deepEqual(await change.kept(world, node), before[index]);
      } catch (error) {
        failures.push(`${replayCommand(SUITE, point, import.meta.filename)}\n${error}`);
      }
    }
  }
  tellTried(t, SUITE, chosen.length, points.size);
  assert.equal(failures.join("\n\n"), "");
}

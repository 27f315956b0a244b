/** Restarts of the manager on caches that stand still at one moment after the other of a history that is over. */
import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import type { World } from "../../harness/world.ts";
import type { CacheView } from "../cache-view.ts";
import { choosePoints, replayCommand, type Suite, tellTried } from "../points.ts";
import { untilCaughtUp, untilIdle } from "../quiet.ts";

/** What stands still, and since when. Live reads never do. */
export interface Past {
  readonly resourceVersion: string;
  /** Undefined: all. */
  readonly resources: readonly string[] | undefined;
}

export interface Restarts {
  readonly world: World;
  readonly view: CacheView;
  readonly suite: Suite;
  /** `import.meta.filename` of the test. */
  readonly file: string;
  /** By the name of the point. */
  readonly pasts: ReadonlyMap<string, Past>;
  /** What must be the same afterwards, line by line. */
  readonly everything: () => Promise<readonly string[]>;
  /** A settled node that nothing happens to, and the group it is of, if groups are what it is about. */
  readonly lighthouse: { readonly node: string; readonly group?: string };
}

export async function tryRestarts(t: TestContext, restarts: Restarts): Promise<void> {
  const { suite, pasts, everything, file } = restarts;
  const chosen = choosePoints(suite, [...pasts.keys()]);
  const failures: string[] = [];
  let before = await everything();
  for (const point of chosen) {
    await restartInThePast(restarts, pasts.get(point) ?? assert.fail(point));
    const after = await everything();
    const changes = differences(before, after);
    // The next point is not to be blamed for what this one did.
    before = after;
    if (changes.length === 0) continue;
    failures.push([replayCommand(suite, point, file), ...changes].join("\n"));
  }
  tellTried(t, suite, chosen.length, pasts.size);
  assert.equal(failures.join("\n\n"), "");
}

async function restartInThePast(
  { world, view, lighthouse }: Restarts,
  { resourceVersion, resources }: Past,
): Promise<void> {
  await world.manager.stop();
  view.freeze(resourceVersion, resources);
  try {
    const { metricsUrl } = await world.startManager();
    await untilIdle(metricsUrl);
  } finally {
    view.thaw();
  }
  await untilCaughtUp(world, view, lighthouse.node, lighthouse.group);
}

function differences(before: readonly string[], after: readonly string[]): readonly string[] {
  return [
    ...before.filter((line) => !after.includes(line)).map((line) => `- ${line}`),
    ...after.filter((line) => !before.includes(line)).map((line) => `+ ${line}`),
  ];
}

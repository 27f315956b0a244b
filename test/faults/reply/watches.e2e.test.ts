/** Lists and watches that are refused, broken, garbled, doubled and late, while a SeiNode lives its whole life. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { endWorld } from "../../harness/manners.ts";
import { World } from "../../harness/world.ts";
import { choosePoints, isWanted, replayCommand, tellTried } from "../points.ts";
import { live, otherwise } from "./life.ts";
import { TROUBLES, troubled } from "./streams.ts";

const SUITE = { name: "reply/watches", every: 8 };
/** Lists and watches of one resource in one life: those that go wrong, and what it takes to recover from each. */
const MOST = 30;

test("a SeiNode lives the same life whatever becomes of the manager's lists and watches", async (t) => {
  if (!isWanted(SUITE)) return;
  const world = await World.start({ faults: true });
  try {
    await run(t, world);
  } finally {
    world.faults.heal();
    await endWorld(world);
  }
});

async function run(t: TestContext, world: World): Promise<void> {
  const undisturbed = await live(world, ["undisturbed"]);
  const oracle = undisturbed.get("undisturbed");
  assert.ok(oracle !== undefined && !(oracle instanceof Error), String(oracle));
  const points = Object.keys(TROUBLES);
  const chosen = choosePoints(SUITE, points);
  const failures: string[] = [];
  for (const point of chosen) {
    await world.manager.stop();
    const trouble = TROUBLES[point] ?? assert.fail(point);
    const { asked, again, api } = troubled(trouble);
    world.faults.api = api;
    await world.startManager();
    const namespace = `life-${points.indexOf(point)}`;
    const life = (await live(world, [namespace], again)).get(namespace);
    const wrong = life === undefined || life instanceof Error ? [String(life)] : [...otherwise(oracle, life)];
    if ((asked.get("seinodes") ?? 0) < trouble.asks) wrong.push("the trouble did not happen");
    for (const [resource, count] of asked) {
      if (count > MOST) wrong.push(`${count} lists and watches of ${resource}, where ${MOST} are bearable`);
    }
    if (wrong.length === 0) continue;
    failures.push([replayCommand(SUITE, point, import.meta.filename), ...wrong].join("\n    "));
  }
  tellTried(t, SUITE, chosen.length, points.length);
  assert.equal(failures.join("\n"), "");
}

/**
 * Each kind of request that is made for a SeiNode in its life, answered in each way in which it can go wrong. All points are
 * tried side by side, each on a SeiNode of its own.
 */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { ApiRequest, Disturb } from "../../harness/faults/index.ts";
import { endWorld } from "../../harness/manners.ts";
import { World } from "../../harness/world.ts";
import { choosePoints, isWanted, replayCommand, tellTried } from "../points.ts";
import { ANSWERS } from "./answers.ts";
import { live, otherwise, type Phase } from "./life.ts";

const SUITE = { name: "reply/answers", every: 14 };
const UNDISTURBED = "undisturbed";

/** Requests about one SeiNode may be this many times those of an undisturbed life, and some more. */
const FACTOR = 3;
const ALLOWANCE = 40;

interface Point {
  readonly name: string;
  readonly namespace: string;
  readonly requests: string;
  readonly answer: string;
}

test("a SeiNode lives the same life whatever is answered to the requests made for it", async (t) => {
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
  const counts = new Map<string, number>();
  const made = new Map<string, ApiRequest>();
  const counting = (disturb: Disturb<ApiRequest>): Disturb<ApiRequest> => {
    return (request, forward) => {
      counts.set(request.namespace, (counts.get(request.namespace) ?? 0) + 1);
      return disturb(request, forward);
    };
  };

  world.faults.api = counting((request, forward) => {
    if (request.namespace === UNDISTURBED) made.set(classOf(request), request);
    return forward();
  });
  const oracle = (await live(world, [UNDISTURBED])).get(UNDISTURBED);
  assert.ok(oracle !== undefined && !(oracle instanceof Error), String(oracle));

  const all: Omit<Point, "namespace">[] = [];
  for (const [requests, example] of [...made].sort(([a], [b]) => a.localeCompare(b))) {
    for (const [answer, { fits }] of Object.entries(ANSWERS)) {
      if (fits(example)) all.push({ name: `${answer} to ${requests}`, requests, answer });
    }
  }
  const names = choosePoints(
    SUITE,
    all.map(({ name }) => name),
  );
  const points = all
    .filter(({ name }) => names.includes(name))
    .map((point, index): Point => ({ ...point, namespace: `life-${String(index).padStart(4, "0")}` }));

  const disturbances = new Map(points.map((point) => [point.namespace, disturbance(point)]));
  world.faults.api = counting(
    (request, forward) => disturbances.get(request.namespace)?.api(request, forward) ?? forward(),
  );
  const lives = await live(world, [...disturbances.keys()], (phase) => {
    for (const { enterPhase } of disturbances.values()) enterPhase(phase);
  });

  const failures = points.flatMap((point) => {
    const { namespace, name } = point;
    const life = lives.get(namespace);
    const hits = disturbances.get(namespace)?.hits() ?? 0;
    const requests = counts.get(namespace) ?? 0;
    const most = FACTOR * (counts.get(UNDISTURBED) ?? 0) + ALLOWANCE;
    const wrong = [
      ...(hits > 0 ? [] : ["the run never came to this point"]),
      ...(requests <= most ? [] : [`${requests} requests, where ${most} are bearable`]),
      ...(life === undefined || life instanceof Error ? [String(life)] : otherwise(oracle, life)),
    ];
    if (wrong.length === 0) return [];
    return [[replayCommand(SUITE, name, import.meta.filename), ...wrong].join("\n    ")];
  });
  tellTried(t, SUITE, points.length, all.length);
  assert.equal(failures.join("\n"), "");
}

/** `PATCH` is one verb, but apply and merge patch are two ways to write. */
function classOf({ verb, resource, headers }: ApiRequest): string {
  return `${/apply-patch/.test(headers["content-type"] ?? "") ? "apply" : verb} ${resource}`;
}

/** The first requests of the class in each phase are answered so. Those that take a time-out, once in a life. */
function disturbance({ requests, answer }: Point) {
  const { give, times } = ANSWERS[answer] ?? assert.fail(answer);
  let left = times;
  let hits = 0;
  const api: Disturb<ApiRequest> = (request, forward) => {
    if (left === 0 || classOf(request) !== requests) return forward();
    left -= 1;
    hits += 1;
    return give(request, forward);
  };
  return {
    api,
    hits: () => hits,
    enterPhase(_: Phase) {
      if (times > 1 || hits === 0) left = times;
    },
  };
}

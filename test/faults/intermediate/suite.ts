/**
 * The suite `intermediate` of design section 5: an undisturbed run of a workload says which writes there are; then every one of them
 * is the point of runs that must leave behind the same.
 */
import assert from "node:assert/strict";
import { after, before, type TestContext, test } from "node:test";
import { choosePoints, isWanted, replayCommand, type Suite, tellTried } from "../points.ts";
import { differences } from "./judge.ts";
import { type Oracle, type Run, runAtPoints, runUndisturbed } from "./runs.ts";
import { Stage } from "./stage.ts";
import { formatPoint, type Point, WAYS } from "./tap.ts";
import type { Workload } from "./workloads.ts";

/** How many runs are prepared and judged together. */
const CHUNK = 16;
/** A write that depends on what a pod happened to show may be missing in one run. One that never comes is a failure. */
const TRIES = 3;

export interface SuiteOptions {
  readonly workload: Workload;
  /** The share of `make test`, as `Suite.every`. */
  readonly every: number;
  /** `import.meta.filename` of the test. */
  readonly file: string;
}

/** The tests of one file: a workload in a world of its own. */
export function tryEveryWrite({ workload, every, file }: SuiteOptions): void {
  const suite = { name: `intermediate/${workload.name}`, every };
  const skip = !isWanted(suite);
  let stage: Stage | undefined;
  before(async () => {
    if (!skip) stage = await Stage.start();
  });
  after(() => stage?.end());

  test(`${workload.name}: killed after any of its writes, or told nothing of it, the operator comes to the same end and does nothing twice`, {
    skip,
  }, async (t) => {
    assert.ok(stage);
    await tryPoints(t, { stage, workload, suite, file });
  });
}

interface Trial {
  readonly stage: Stage;
  readonly workload: Workload;
  readonly suite: Suite;
  readonly file: string;
}

async function tryPoints(t: TestContext, { stage, workload, suite, file }: Trial): Promise<void> {
  const oracle = await runUndisturbed(stage, workload);
  const points = WAYS.flatMap((way) => oracle.writes.map((write): Point => ({ way, write })));
  const names = choosePoints(suite, points.map(formatPoint));
  const chosen = points.filter((point) => names.includes(formatPoint(point)));

  const failures: string[] = [];
  let left: readonly Point[] = chosen;
  let hit = 0;
  for (let tries = 1; left.length > 0; tries++) {
    const runs = await runInChunks(stage, workload, left);
    hit += runs.filter((run) => run.hit).length;
    const missed = tries < TRIES ? runs.filter((run) => !run.hit) : [];
    for (const run of runs) {
      const wrong = missed.includes(run) ? [] : whatIsWrong(oracle, run);
      if (wrong.length === 0) continue;
      const command = replayCommand(suite, formatPoint(run.point), file);
      failures.push([command, ...wrong].join("\n    "));
    }
    left = missed.map(({ point }) => point);
  }
  t.diagnostic(`faults: ${suite.name}: ${oracle.writes.length} writes in the undisturbed run`);
  tellTried(t, suite, hit, points.length);
  assert.equal(failures.length, 0, `${failures.length} of ${chosen.length} points:\n${failures.join("\n")}`);
}

async function runInChunks(stage: Stage, workload: Workload, points: readonly Point[]): Promise<Run[]> {
  const runs: Run[] = [];
  for (let from = 0; from < points.length; from += CHUNK) {
    runs.push(...(await runAtPoints(stage, workload, points.slice(from, from + CHUNK))));
  }
  return runs;
}

function whatIsWrong(oracle: Oracle, { hit, error, evidence }: Run): readonly string[] {
  return [
    ...(hit ? [] : ["the run never came to this point"]),
    ...(error === undefined ? [] : [String(error)]),
    ...differences(oracle.evidence, evidence),
  ];
}

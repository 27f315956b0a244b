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
import { mayBeMissing } from "./write-name.ts";

/** How many nodes are prepared and judged together. */
const CHUNK = 16;
/** A write that depends on what a pod happened to show may be missing in one run. One that never comes is a failure. */
const TRIES = 3;

export interface SuiteOptions {
  /** Tried one after the other, in one world. */
  readonly workloads: readonly Workload[];
  /** The share of `make test`, as `Suite.every`. */
  readonly every: number;
  /** `import.meta.filename` of the test. */
  readonly file: string;
}

/** The tests of one file, in a world of its own. */
export function tryEveryWrite({ workloads, every, file }: SuiteOptions): void {
  const trials = workloads.map((workload) => {
    const suite = { name: `intermediate/${workload.name}`, every };
    return { workload, suite, skip: !isWanted(suite) };
  });
  let stage: Stage | undefined;
  before(async () => {
    if (trials.some(({ skip }) => !skip)) stage = await Stage.start();
  });
  after(() => stage?.end());

  for (const { workload, suite, skip } of trials) {
    test(`${workload.name}: killed after any of its writes, or told nothing of it, the operator comes to the same end and does nothing twice`, {
      skip,
    }, async (t) => {
      assert.ok(stage);
      await tryPoints(t, { stage, workload, suite, file });
    });
  }
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
  const absent: string[] = [];
  const submissions = { tasks: 0, doubled: 0 };
  for (let tries = 1; left.length > 0; tries++) {
    const runs = await runInChunks(stage, workload, left);
    hit += runs.filter((run) => run.hit).length;
    const missed = tries < TRIES ? runs.filter((run) => !run.hit) : [];
    for (const run of runs) {
      submissions.tasks += run.evidence.submissions.tasks;
      submissions.doubled += run.evidence.submissions.doubled;
      if (!run.hit && !missed.includes(run) && mayBeMissing(run.point.write))
        absent.push(formatPoint(run.point));
      const wrong = missed.includes(run) ? [] : whatIsWrong(oracle, run);
      if (wrong.length === 0) continue;
      const command = replayCommand(suite, formatPoint(run.point), file);
      failures.push([command, ...wrong].join("\n    "));
    }
    left = missed.map(({ point }) => point);
  }
  t.diagnostic(`faults: ${suite.name}: ${oracle.writes.length} writes in the undisturbed run`);
  const { tasks, doubled } = submissions;
  t.diagnostic(
    `faults: ${suite.name}: ${tasks} sidecar tasks submitted at these points, ${doubled} of them twice`,
  );
  for (const name of absent) t.diagnostic(`faults: ${suite.name}: told together with another: ${name}`);
  tellTried(t, suite, hit, points.length - absent.length);
  assert.equal(failures.length, 0, `${failures.length} of ${chosen.length} points:\n${failures.join("\n")}`);
}

async function runInChunks(stage: Stage, workload: Workload, points: readonly Point[]): Promise<Run[]> {
  const runs: Run[] = [];
  const size = Math.max(1, Math.floor(CHUNK / (workload.nodes?.length ?? 1)));
  for (let from = 0; from < points.length; from += size) {
    runs.push(...(await runAtPoints(stage, workload, points.slice(from, from + size))));
  }
  return runs;
}

function whatIsWrong(oracle: Oracle, { hit, error, evidence, point }: Run): readonly string[] {
  return [
    ...(hit || mayBeMissing(point.write) ? [] : ["the run never came to this point"]),
    ...(error === undefined ? [] : [String(error)]),
    ...differences(oracle.evidence, evidence),
  ];
}

/**
 * Which points of a fault suite are tried. A point is one place where a run is disturbed, in one way; its name is stable over
 * runs. `make faults` (FAULTS=all) tries all, `make test` every n-th, and FAULT_POINT exactly one: the way to replay a failure.
 */
import type { TestContext } from "node:test";

/** Where the choice comes from: process.env, in a test anything. */
export interface Choice {
  readonly FAULTS?: string | undefined;
  /** `<suite>: <point>` */
  readonly FAULT_POINT?: string | undefined;
}

export interface Suite {
  /** `intermediate/bring-up`; no colon. Unique over all suites. */
  readonly name: string;
  /** The share of `make test`: the first, and every n-th after it. */
  readonly every: number;
}

/** False when FAULT_POINT names a point of another suite: then this one need not even start its world. */
export function isWanted(suite: Suite, choice: Choice = process.env): boolean {
  return !choice.FAULT_POINT || choice.FAULT_POINT.startsWith(`${suite.name}: `);
}

/** The points to try, in their order. Rejects a FAULT_POINT of this suite that does not exist: it would replay nothing. */
export function choosePoints(
  suite: Suite,
  points: readonly string[],
  choice: Choice = process.env,
): readonly string[] {
  if (!isWanted(suite, choice)) return [];
  if (choice.FAULT_POINT) {
    const wanted = choice.FAULT_POINT.slice(suite.name.length + 2);
    if (!points.includes(wanted)) {
      throw new Error(`FAULT_POINT: ${suite.name} has no point "${wanted}", but:\n${points.join("\n")}`);
    }
    return [wanted];
  }
  return choice.FAULTS === "all" ? points : points.filter((_, index) => index % suite.every === 0);
}

/** One line into the report of the run: how much of the suite was tried. */
export function tellTried(context: TestContext, suite: Suite, tried: number, of: number): void {
  context.diagnostic(`faults: ${suite.name}: ${tried} of ${of} points tried`);
}

/** What a failure at this point says first: the command that replays it alone. `file` is `import.meta.filename`. */
export function replayCommand(suite: Suite, point: string, file: string): string {
  const path = file.slice(file.indexOf("/test/") + 1);
  const quoted = `${suite.name}: ${point}`.replaceAll("'", "'\\''");
  return `FAULT_POINT='${quoted}' node_modules/.bin/node --test ${path}`;
}

/** What the environment says about a run. */
export interface BenchOptions {
  /** Ascending. */
  readonly nodes: readonly number[];
  /** Sizes of the groups that are rolled out, ascending. */
  readonly groups: readonly number[];
  readonly idleSeconds: number;
  /** Empty: a file in the temporary folder. */
  readonly json: string;
  /** Empty: all scenarios. */
  readonly only: string;
  /** Empty: no profile. */
  readonly cpuProfileFolder: string;
}

/** Throws on what is not a number: a bench that measured something else than asked is worse than none. */
export function readOptions(env: Readonly<Record<string, string | undefined>>): BenchOptions {
  return {
    nodes: sizes("BENCH_NODES", env.BENCH_NODES ?? "1 50 200"),
    groups: sizes("BENCH_GROUPS", env.BENCH_GROUPS ?? "4 20 100"),
    idleSeconds: whole("BENCH_IDLE_SECONDS", env.BENCH_IDLE_SECONDS ?? "60", 0),
    json: env.BENCH_JSON ?? "",
    only: env.BENCH_ONLY ?? "",
    cpuProfileFolder: env.BENCH_CPU_PROF ?? "",
  };
}

function sizes(name: string, text: string): readonly number[] {
  const parts = text.trim().split(/[\s,]+/);
  return parts.map((part) => whole(name, part, 1)).toSorted((a, b) => a - b);
}

function whole(name: string, text: string, least: number): number {
  if (!/^\d+$/.test(text) || Number(text) < least)
    throw new Error(`${name}: ${JSON.stringify(text)} is not a whole number of at least ${least}`);
  return Number(text);
}

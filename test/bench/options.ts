/** What the environment says about a run. */
export interface BenchOptions {
  readonly nodes: readonly number[];
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
  const nodes = (env.BENCH_NODES ?? "1 50 200")
    .trim()
    .split(/[\s,]+/)
    .map((text) => whole("BENCH_NODES", text, 1));
  return {
    nodes: nodes.toSorted((a, b) => a - b),
    idleSeconds: whole("BENCH_IDLE_SECONDS", env.BENCH_IDLE_SECONDS ?? "60", 0),
    json: env.BENCH_JSON ?? "",
    only: env.BENCH_ONLY ?? "",
    cpuProfileFolder: env.BENCH_CPU_PROF ?? "",
  };
}

function whole(name: string, text: string, least: number): number {
  if (!/^\d+$/.test(text) || Number(text) < least)
    throw new Error(`${name}: ${JSON.stringify(text)} is not a whole number of at least ${least}`);
  return Number(text);
}

/** What is measured, in order. */
import type { BenchOptions } from "../options.ts";
import type { Section } from "../report/contract.ts";
import { manyNodes } from "./many-nodes.ts";

export interface Scenario {
  readonly title: string;
  /** On a world of its own, which is gone afterwards. */
  run(): Promise<Section[]>;
}

export function scenarios({ nodes, idleSeconds, cpuProfileFolder }: BenchOptions): readonly Scenario[] {
  const env: Record<string, string> =
    cpuProfileFolder === "" ? {} : { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${cpuProfileFolder}` };
  const largest = nodes.at(-1);
  return [
    ...nodes.map((count) => ({
      title: `many nodes: ${count}`,
      run: () => manyNodes({ count, env, idleSeconds: count === largest ? idleSeconds : 0 }),
    })),
  ];
}

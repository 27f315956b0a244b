/** What is measured, in order. */
import type { BenchOptions } from "../options.ts";
import type { Section } from "../report/contract.ts";
import { ceremony } from "./ceremony.ts";
import { groupRollout } from "./group-rollout.ts";
import { killedInBringUp } from "./killed.ts";
import { manyNodes } from "./many-nodes.ts";
import { oneByOne } from "./one-by-one.ts";
import { pauseUnpause } from "./pause.ts";
import { restartTasks } from "./restart-task.ts";
import { slowSidecars } from "./slow-sidecars.ts";
import { upgradeHalted } from "./upgrade.ts";

export interface Scenario {
  readonly title: string;
  /** On a world of its own, which is gone afterwards. */
  run(): Promise<Section[]>;
}

/** Four waves of five. */
const WAVES_OF = 20;

export function scenarios({
  nodes,
  groups,
  idleSeconds,
  cpuProfileFolder,
}: BenchOptions): readonly Scenario[] {
  const env: Record<string, string> =
    cpuProfileFolder === "" ? {} : { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${cpuProfileFolder}` };
  const largest = nodes.at(-1);
  const largestGroup = groups.at(-1);
  return [
    { title: "one by one", run: oneByOne },
    { title: "halted node upgraded", run: upgradeHalted },
    { title: "pause and unpause", run: pauseUnpause },
    ...nodes.map((count) => ({
      title: `many nodes: ${count}`,
      run: () => manyNodes({ count, env, idleSeconds: count === largest ? idleSeconds : 0 }),
    })),
    { title: "killed in mid-bring-up", run: killedInBringUp },
    { title: "slow sidecars", run: slowSidecars },
    { title: "tasks", run: restartTasks },
    { title: "ceremony", run: ceremony },
    ...groups.map((count) => ({
      title: `rollout of a group: ${count}`,
      run: () => groupRollout({ count, waves: "all", idleSeconds: count === largestGroup ? idleSeconds : 0 }),
    })),
    {
      title: `rollout of a group in waves: ${WAVES_OF}`,
      run: () => groupRollout({ count: WAVES_OF, waves: "default", idleSeconds: 0 }),
    },
  ];
}

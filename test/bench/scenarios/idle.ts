/** What a settled fleet costs: nothing is changed, and time goes by. */
import { systemClock } from "#clock";
import type { World } from "../../harness/world.ts";
import {
  countApiRequests,
  countApiWrites,
  countSidecarRequests,
  isWork,
  total,
} from "../figures/requests.ts";
import { describeCpu, usedCpu } from "../observe/processes.ts";
import { Window } from "../observe/window.ts";
import type { Section } from "../report/contract.ts";
import type { IdleNumbers } from "./numbers.ts";

export interface LeftAloneOptions extends IdleNumbers {
  readonly title: string;
  /** Nodes, for what is told per node. */
  readonly count: number;
  readonly seconds: number;
}

/** To be called when the manager is quiet. */
export async function leftAlone(
  world: World,
  { title, count, seconds, ...numbers }: LeftAloneOptions,
): Promise<Section> {
  const window = await Window.open(world);
  await systemClock.sleep(seconds * 1000);
  const observed = await window.close();
  const { api, sidecar, cpu } = observed;
  const used = usedCpu(cpu.before, cpu.after);
  const perMinute = (times: number) => (times * 60) / observed.seconds;
  const told = describeCpu(cpu.before, cpu.after);
  const counted = [
    { title: "API requests", nodes: count, counts: countApiRequests(api) },
    { title: "sidecar requests", nodes: count, counts: countSidecarRequests(sidecar) },
  ];
  return {
    title,
    figures: [
      {
        name: "API writes a minute but the Lease",
        value: perMinute(countApiWrites(api)),
        unit: "",
        target: { op: "<=", value: 0 },
        ...numbers.writes,
      },
      { name: "API requests a minute", value: perMinute(api.filter(isWork).length), unit: "" },
      { name: "sidecar requests a minute", value: perMinute(sidecar.length), unit: "", ...numbers.sidecar },
      {
        name: "manager CPU",
        value: used === undefined ? undefined : (used / observed.seconds) * 100,
        unit: "%",
        ...numbers.cpu,
      },
    ],
    requests: counted.filter(({ counts }) => total(counts) > 0),
    notes: told === undefined ? [] : [told],
  };
}

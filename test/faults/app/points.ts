/** All points of the suite: each task that asks a sidecar, in each flow, met by each disturbance that can hit it. */
import { applies, type Disturbance, disturbances } from "./disturbances.ts";
import type { Stage } from "./traffic.ts";

export const FLOWS = ["bring-up", "update"] as const;
export type Flow = (typeof FLOWS)[number];

export interface Point {
  /** Stable over runs. */
  readonly name: string;
  readonly flow: Flow;
  readonly task: string;
  readonly stage: Stage;
  readonly disturbance: Disturbance;
  /** The node is deleted in the middle instead of the cure. */
  readonly isDeleted: boolean;
}

/** One of each way to be out of reach is enough to show that a deletion asks nobody. */
const DELETED_UNDER = new Set([
  "refuses at POST",
  "accepts and hangs at GET",
  "answers 500 at POST",
  "dies and stays dead at GET",
]);

/** `tasks`: what an undisturbed run of the flow POSTs, in order, so that a new task gets its points by itself. */
export function pointsOf(tasks: Readonly<Record<Flow, readonly string[]>>): readonly Point[] {
  return FLOWS.flatMap((flow) =>
    tasks[flow].flatMap((task) =>
      disturbances.flatMap((disturbance) =>
        (["POST", "GET"] as const)
          .filter((stage) => applies(disturbance, task, stage))
          .flatMap((stage) => {
            const name = `${flow}, at the ${stage} of ${task} the sidecar ${disturbance.name}`;
            const point = { flow, task, stage, disturbance };
            const cured = { ...point, name, isDeleted: false };
            if (!DELETED_UNDER.has(`${disturbance.name} at ${stage}`)) return [cured];
            return [cured, { ...point, name: `${name}, and the node is deleted`, isDeleted: true }];
          }),
      ),
    ),
  );
}

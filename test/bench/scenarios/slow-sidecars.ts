/** Some sidecars take their time for every answer: the other nodes must not notice. */
import { NAMESPACE, World } from "../../harness/world.ts";
import { untilQuiet } from "../observe/window.ts";
import type { Section } from "../report/contract.ts";
import { createFleet, fleetNames, fleetTimeoutMs, RunningWatch } from "./fleet.ts";
import { Stopwatch } from "./stopwatch.ts";

const HEALTHY = 45;
const SLOW = 5;
const ANSWER_MS = 1000;

export async function slowSidecars(): Promise<Section[]> {
  const world = await World.start({ watch: ["nodes"] });
  try {
    await untilQuiet(world);
    const [healthy, slow] = [fleetNames(HEALTHY, "healthy"), fleetNames(SLOW, "slow")];
    for (const name of slow) world.simulator.node(NAMESPACE, name).fault({ kind: "slow", ms: ANSWER_MS });
    const healthyRun = new RunningWatch(world, healthy);
    const slowRun = new RunningWatch(world, slow);
    const watch = new Stopwatch();
    const timeoutMs = fleetTimeoutMs(HEALTHY + SLOW);
    const [healthySeconds, slowSeconds] = await Promise.all([
      watch.stopWhen(healthyRun.until(HEALTHY, timeoutMs)),
      watch.stopWhen(slowRun.until(SLOW, timeoutMs)),
      // The slow ones first: whoever waits for them would hold up the rest.
      createFleet(world, [...slow, ...healthy]),
    ]);
    healthyRun.stop();
    slowRun.stop();
    return [
      {
        title: `${SLOW} of ${HEALTHY + SLOW} sidecars answer after ${ANSWER_MS / 1000} s`,
        figures: [
          {
            name: `created -> the ${HEALTHY} healthy nodes Running`,
            value: healthySeconds,
            unit: "s",
            reference: 101,
          },
          { name: `created -> the ${SLOW} slow nodes Running`, value: slowSeconds, unit: "s" },
        ],
        notes: ["To compare with 50 nodes created at once."],
      },
    ];
  } finally {
    await world.stop();
  }
}

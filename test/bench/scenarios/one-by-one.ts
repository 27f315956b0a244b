/** Nodes one after the other on a manager that has nothing else to do: what one bring-up takes. */
import { World } from "../../harness/world.ts";
import { percentile } from "../figures/percentile.ts";
import { countApiRequests, countSidecarRequests, isWork } from "../figures/requests.ts";
import { untilQuiet, Window } from "../observe/window.ts";
import type { Section } from "../report/contract.ts";
import { doubledPosts, fleetNames, fleetTimeoutMs, RunningWatch } from "./fleet.ts";

const ROUNDS = 5;

export async function oneByOne(): Promise<Section[]> {
  const world = await World.start({ watch: ["nodes"] });
  try {
    await untilQuiet(world);
    const names = fleetNames(ROUNDS, "single");
    const running = new RunningWatch(world, names);
    const window = await Window.open(world);
    for (const [index, name] of names.entries()) {
      await world.createNode(name);
      await running.until(index + 1, fleetTimeoutMs(1));
      await untilQuiet(world);
    }
    const { api, sidecar, createdAt } = await window.close();
    running.stop();
    const seconds = names.map(
      (name) => ((running.at.get(name) ?? Number.NaN) - (createdAt.get(name) ?? Number.NaN)) / 1000,
    );
    return [
      {
        title: `one full node (${ROUNDS} one after the other)`,
        figures: [
          {
            name: "created -> Running, the first of a fresh manager",
            value: seconds[0],
            unit: "s",
            reference: 25.3,
            target: { op: "<", value: 2 },
          },
          {
            name: "created -> Running, median of the others",
            value: percentile(seconds.slice(1), 50),
            unit: "s",
            reference: 25.3,
            target: { op: "<", value: 2 },
          },
          {
            name: "API requests",
            value: api.filter(isWork).length / ROUNDS,
            unit: "",
            reference: 22,
            target: { op: "<=", value: 12 },
          },
          { name: "sidecar requests", value: sidecar.length / ROUNDS, unit: "", reference: 20 },
          {
            name: "task ids POSTed twice",
            value: doubledPosts(world, names),
            unit: "",
            reference: 5,
            target: { op: "<=", value: 0 },
          },
        ],
        requests: [
          { title: "API requests", nodes: ROUNDS, counts: countApiRequests(api) },
          { title: "sidecar requests", nodes: ROUNDS, counts: countSidecarRequests(sidecar) },
        ],
      },
    ];
  } finally {
    await world.stop();
  }
}

/** Four validators found a chain: a group that is created, and has to do everything once. */
import { condition, NAMESPACE, World } from "../../harness/world.ts";
import { countApiRequests, countSidecarRequests, isWork } from "../figures/requests.ts";
import { untilQuiet, Window } from "../observe/window.ts";
import type { Section } from "../report/contract.ts";
import { doubledPosts, fleetNames, fleetTimeoutMs, RunningWatch } from "./fleet.ts";
import { Stopwatch } from "./stopwatch.ts";

const COUNT = 4;
const GROUP = "founders";
const CHAIN = "bench-1";
const ASSEMBLE = "assemble-and-upload-genesis";

export async function ceremony(): Promise<Section[]> {
  const world = await World.start({ watch: ["groups", "nodes"] });
  try {
    await untilQuiet(world);
    const names = fleetNames(COUNT, GROUP);
    const running = new RunningWatch(world, names);
    const window = await Window.open(world);
    const watch = new Stopwatch();
    const timeoutMs = fleetTimeoutMs(COUNT);
    const allRunning = watch.stopWhen(running.until(COUNT, timeoutMs));
    const founded = watch.stopWhen(
      world.untilGroup(
        GROUP,
        "chain founded",
        (group) => condition(group, "GenesisCeremonyComplete")?.status === "True",
        timeoutMs,
      ),
    );
    const [ranAfter, foundedAfter] = await Promise.all([
      allRunning,
      founded,
      world.createGroup(GROUP, {
        replicas: COUNT,
        genesis: { chainId: CHAIN },
        template: { chainId: CHAIN, validator: {} },
      }),
    ]);
    await untilQuiet(world);
    const { api, sidecar } = await window.close();
    running.stop();
    const assembled = names.flatMap((name) => world.simulator.node(NAMESPACE, name).posts(ASSEMBLE));
    return [
      {
        title: `genesis ceremony of ${COUNT}`,
        figures: [
          {
            name: "created -> all Running and ceremony complete",
            value: Math.max(ranAfter, foundedAfter),
            unit: "s",
            reference: 27.8,
            target: { op: "<", value: 5 },
          },
          { name: "  all Running", value: ranAfter, unit: "s" },
          {
            name: "assemble POSTed",
            value: assembled.length,
            unit: "",
            reference: 6,
            target: { op: "<=", value: 1 },
          },
          {
            name: "task ids POSTed twice",
            value: doubledPosts(world, names),
            unit: "",
            target: { op: "<=", value: 0 },
          },
          { name: "API requests per node", value: api.filter(isWork).length / COUNT, unit: "" },
          { name: "sidecar requests per node", value: sidecar.length / COUNT, unit: "" },
        ],
        requests: [
          { title: "API requests", nodes: COUNT, counts: countApiRequests(api) },
          { title: "sidecar requests", nodes: COUNT, counts: countSidecarRequests(sidecar) },
        ],
      },
    ];
  } finally {
    await world.stop();
  }
}

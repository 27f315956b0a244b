/** SeiNodeTasks whose work takes a known time: how long after its end is a task seen complete? */
import { IMAGE_V1, NAMESPACE, World } from "../../harness/world.ts";
import { percentile } from "../figures/percentile.ts";
import { countApiRequests, countSidecarRequests, isWork } from "../figures/requests.ts";
import { untilQuiet, Window } from "../observe/window.ts";
import type { Figure, Section } from "../report/contract.ts";
import { doubledPosts } from "./fleet.ts";
import { Stopwatch } from "./stopwatch.ts";

const ROUNDS = 5;
const NODE = "target";

type Numbers = Pick<Figure, "reference" | "target">;

/** Milliseconds that the sidecar takes, and design section 6. */
const WORKS: readonly (readonly [takesMs: number, numbers: Numbers])[] = [
  [0, { reference: 0.03, target: { op: "<", value: 0.1 } }],
  [50, { reference: 15, target: { op: "<", value: 0.4 } }],
  [5_000, { reference: 15, target: { op: "<", value: 5.5 } }],
];

export async function restartTasks(): Promise<Section[]> {
  const world = await World.start({ watch: ["nodes", "tasks"] });
  try {
    await world.createNode(NODE);
    await world.untilReady(NODE, IMAGE_V1);
    await untilQuiet(world);
    const sections: Section[] = [];
    for (const [takesMs, numbers] of WORKS) sections.push(await restarts(world, takesMs, numbers));
    return sections;
  } finally {
    await world.stop();
  }
}

async function restarts(world: World, takesMs: number, numbers: Numbers): Promise<Section> {
  // Not the work itself: how long the simulated seid needs to come back is not what is asked.
  world.simulator.node(NAMESPACE, NODE).script("restart-seid", { succeed: true, delayMs: takesMs });
  const window = await Window.open(world);
  const seconds: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const name = `restart-${takesMs}-${round}`;
    const watch = new Stopwatch();
    const complete = watch.stopWhen(world.untilEnded(name, "Complete"));
    await Promise.all([complete, world.createTask(name, "RestartSeid", NODE, { restartSeid: {} })]);
    seconds.push(await complete);
    await untilQuiet(world);
  }
  const { api, sidecar } = await window.close();
  // The node's own probes come by the clock, not by the task.
  const ofTasks = sidecar.filter(({ path }) => path.startsWith("/v0/tasks"));
  const median = percentile(seconds, 50);
  return {
    title: `SeiNodeTask RestartSeid, the sidecar takes ${takesMs / 1000} s (${ROUNDS} one after the other)`,
    figures: [
      { name: "created -> Complete, median", value: median, unit: "s", ...numbers },
      { name: "  of it after the work ended", value: median && median - takesMs / 1000, unit: "s" },
      { name: "API requests", value: api.filter(isWork).length / ROUNDS, unit: "" },
      { name: "sidecar requests for the task", value: ofTasks.length / ROUNDS, unit: "" },
      {
        name: "task ids POSTed twice",
        value: doubledPosts(world, [NODE]),
        unit: "",
        target: { op: "<=", value: 0 },
      },
    ],
    requests: [
      { title: "API requests", nodes: ROUNDS, counts: countApiRequests(api) },
      { title: "sidecar requests", nodes: ROUNDS, counts: countSidecarRequests(sidecar) },
    ],
  };
}

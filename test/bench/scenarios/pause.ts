/** Pause scales to zero, unpause brings the pod back. */
import { NAMESPACE, World } from "../../harness/world.ts";
import { countApiRequests, isWork } from "../figures/requests.ts";
import { untilQuiet, Window } from "../observe/window.ts";
import type { Section } from "../report/contract.ts";
import { Stopwatch } from "./stopwatch.ts";

const NAME = "paused";

export async function pauseUnpause(): Promise<Section[]> {
  const world = await World.start();
  try {
    await world.createNode(NAME);
    await world.untilReady(NAME);
    await untilQuiet(world);
    const window = await Window.open(world);
    const pausing = new Stopwatch();
    const scaledDown = pausing.stopWhen(
      world.until(
        world.statefulSets,
        { namespace: NAMESPACE, name: NAME },
        "no replicas",
        ({ spec }) => spec?.replicas === 0,
      ),
    );
    const [paused] = await Promise.all([scaledDown, world.patchNode(NAME, { spec: { paused: true } })]);
    const pod = { namespace: NAMESPACE, name: `${NAME}-0` };
    await world.untilGone(world.pods, pod);
    await untilQuiet(world);

    const unpausing = new Stopwatch();
    const runs = unpausing.stopWhen(
      world.until(world.pods, pod, "the pod runs", ({ status }) => status?.phase === "Running"),
    );
    const ready = unpausing.stopWhen(
      world.until(
        world.pods,
        pod,
        "the pod is Ready",
        ({ status }) =>
          status?.conditions?.some(({ type, status: is }) => type === "Ready" && is === "True") === true,
      ),
    );
    const unpaused = world.patchNode(NAME, { spec: { paused: false } });
    const [runsAfter, readyAfter] = await Promise.all([runs, ready, unpaused]);
    await world.untilReady(NAME);
    await untilQuiet(world);
    const { api } = await window.close();
    return [
      {
        title: "pause and unpause",
        figures: [
          { name: "paused -> replicas 0", value: paused, unit: "s", reference: 0.03 },
          { name: "unpaused -> pod Ready", value: readyAfter, unit: "s", reference: 30.4 },
          {
            name: "pod runs -> pod Ready",
            value: Math.max(0, readyAfter - runsAfter),
            unit: "s",
            target: { op: "<", value: 2 },
          },
          { name: "API requests, both", value: api.filter(isWork).length, unit: "" },
        ],
        requests: [{ title: "API requests", nodes: 1, counts: countApiRequests(api) }],
      },
    ];
  } finally {
    await world.stop();
  }
}

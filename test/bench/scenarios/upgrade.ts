/** A halted node gets a new image: the job the operator is there for. Several, one after the other. */
import { condition, IMAGE_V2, NAMESPACE, World } from "../../harness/world.ts";
import { percentile } from "../figures/percentile.ts";
import { countApiRequests, countSidecarRequests, isWork } from "../figures/requests.ts";
import { type Observed, untilQuiet, Window } from "../observe/window.ts";
import type { Section } from "../report/contract.ts";
import { doubledPosts } from "./fleet.ts";
import { Stopwatch } from "./stopwatch.ts";

const ROUNDS = 3;

interface Upgrade {
  readonly observed: Observed;
  /** Seconds from the answer to the patch. */
  readonly oldPodGone: number;
  readonly settled: number;
  readonly newPodRuns: number;
}

export async function upgradeHalted(): Promise<Section[]> {
  const world = await World.start();
  try {
    const names = Array.from({ length: ROUNDS }, (_, index) => `halted-${index}`);
    const upgrades: Upgrade[] = [];
    for (const name of names) upgrades.push(await upgrade(world, name));
    const middle = (read: (upgrade: Upgrade) => number) => percentile(upgrades.map(read), 50);
    const api = upgrades.flatMap(({ observed }) => observed.api);
    const sidecar = upgrades.flatMap(({ observed }) => observed.sidecar);
    return [
      {
        title: `halted node, spec.image patched (${ROUNDS} nodes one after the other, median)`,
        figures: [
          {
            name: "patched -> old pod deleted",
            value: middle(({ oldPodGone }) => oldPodGone),
            unit: "s",
            reference: 5.1,
            target: { op: "<", value: 0.3 },
          },
          {
            name: "patched -> plan settled",
            value: middle(({ settled }) => settled),
            unit: "s",
            reference: 10.4,
          },
          {
            name: "new pod runs -> plan settled",
            value: middle(({ settled, newPodRuns }) => Math.max(0, settled - newPodRuns)),
            unit: "s",
            target: { op: "<", value: 2 },
          },
          {
            name: "API requests",
            value: api.filter(isWork).length / ROUNDS,
            unit: "",
            reference: 27,
            target: { op: "<=", value: 12 },
          },
          {
            name: "task ids POSTed twice",
            value: doubledPosts(world, names),
            unit: "",
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

async function upgrade(world: World, name: string): Promise<Upgrade> {
  await world.createNode(name);
  await world.untilReady(name);
  const key = { namespace: NAMESPACE, name: `${name}-0` };
  const old = world.pod(name)?.metadata.uid;
  world.simulator.halt(`${NAMESPACE}/${name}`);
  await world.untilNode(name, "not Ready any more", (node) => condition(node, "Ready")?.status === "False");
  await untilQuiet(world);

  const window = await Window.open(world);
  const watch = new Stopwatch();
  const oldPodGone = watch.stopWhen(untilAnotherPod(world, name, old));
  const newPodRuns = watch.stopWhen(
    world.until(
      world.pods,
      key,
      "the new pod runs",
      ({ metadata, status }) => metadata.uid !== old && status?.phase === "Running",
    ),
  );
  const settled = watch.stopWhen(
    world.untilNode(
      name,
      "settled",
      ({ status }) => status?.currentImage === IMAGE_V2 && status.plan === undefined,
    ),
  );
  const patched = world.patchNode(name, { spec: { image: IMAGE_V2 } });
  const [gone, runs, end] = await Promise.all([oldPodGone, newPodRuns, settled, patched]);
  await untilQuiet(world);
  return { observed: await window.close(), oldPodGone: gone, settled: end, newPodRuns: runs };
}

/** The old pod is gone, whether or not there is another of its name already. */
function untilAnotherPod(world: World, name: string, old: string | undefined): Promise<void> {
  return new Promise((resolve) => {
    const unsubscribe = world.pods.onEvent(({ type, object }) => {
      if (type !== "deleted" || object.metadata.uid !== old) return;
      queueMicrotask(() => unsubscribe());
      resolve();
    });
    if (world.pod(name)?.metadata.uid !== old) resolve();
  });
}

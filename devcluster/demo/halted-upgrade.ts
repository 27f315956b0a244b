/**
 * Halts seid of some nodes, as at an upgrade height, has their image changed, and waits until each was carried over. The
 * same for one node and for all nodes of a group.
 */
import type { Board } from "./board.ts";
import type { Cluster } from "./cluster.ts";
import { NAMESPACE } from "./cluster.ts";
import { DownPods } from "./down-pods.ts";
import type { Tell } from "./key-steps.ts";
import { podNameOf, podOf, podUids, readiness, waitFor } from "./lookup.ts";
import { isPodReady } from "./pod-readiness.ts";
import { type Milestone, UpgradeTimeline } from "./upgrade-timeline.ts";
import { seconds } from "./view/text.ts";

export interface HaltedUpgradeOptions {
  readonly nodes: readonly string[];
  readonly image: string;
  readonly haltTitle: string;
  readonly patchTitle: string;
  readonly patch: () => Promise<unknown>;
  /** What of each node is told while it happens. */
  readonly told: readonly Milestone[];
  /** How it is told, of which node. */
  readonly inWords: (node: string, milestone: Milestone) => string;
  /** Follows what else there is to tell; returns the function that stops it. */
  readonly follow?: (tell: Tell) => () => void;
  /** Beside that each node is Ready on the image. */
  readonly isOver?: () => boolean;
  /** Lets a viewer look at the halted nodes. */
  readonly pause: () => Promise<void>;
}

export interface HaltedUpgrade {
  /** By node. */
  readonly timelines: ReadonlyMap<string, UpgradeTimeline>;
  readonly oldPods: ReadonlyMap<string, string>;
  /** Of all pods there are, from the halt on. */
  readonly down: DownPods;
}

export async function upgradeHalted(
  cluster: Cluster,
  board: Board,
  options: HaltedUpgradeOptions,
): Promise<HaltedUpgrade> {
  const { nodes, image, told, inWords } = options;
  const oldPods = podUids(cluster, nodes);
  const down = new DownPods();
  let tell: Tell = () => {};
  const timelines = new Map(
    [...oldPods].map(([node, oldPodUid]) => {
      const onReached = (milestone: Milestone, ms: number) => {
        if (told.includes(milestone)) tell(`+${seconds(ms)}  ${inWords(node, milestone)}`);
      };
      return [node, new UpgradeTimeline({ oldPodUid, newImage: image }, cluster.clock, onReached)] as const;
    }),
  );
  const unsubscribes = follow(cluster, timelines, down);
  try {
    await board.steps.run(options.haltTitle, () => halt(cluster, timelines));
    await options.pause();
    await board.steps.run(options.patchTitle, async (note) => {
      tell = note;
      unsubscribes.push(options.follow?.(note) ?? (() => {}));
      for (const timeline of timelines.values()) timeline.begin();
      await options.patch();
      await waitFor(
        cluster,
        () => `${nodes.join(", ")} on ${image}; still to come: ${missing(timelines).join(", ")}`,
        () => missing(timelines).length === 0 && (options.isOver?.() ?? true),
      );
    });
  } finally {
    for (const unsubscribe of unsubscribes) unsubscribe();
  }
  return { timelines, oldPods, down };
}

type Timelines = ReadonlyMap<string, UpgradeTimeline>;

async function halt(cluster: Cluster, timelines: Timelines): Promise<void> {
  const nodes = [...timelines.keys()];
  for (const node of nodes) cluster.simulator.halt(`${NAMESPACE}/${node}`);
  await waitFor(cluster, `pods and SeiNodes of ${nodes.join(", ")} are not Ready`, () =>
    [...timelines].every(([node, { halted }]) => {
      const pod = podOf(cluster, node);
      return halted && pod !== undefined && !isPodReady(pod) && readiness(cluster, node) === "False";
    }),
  );
}

function missing(timelines: Timelines): readonly string[] {
  return [...timelines].flatMap(([node, timeline]) => timeline.missing.map((what) => `${node}: ${what}`));
}

function follow(cluster: Cluster, timelines: Timelines, down: DownPods): (() => void)[] {
  const byPod = new Map([...timelines].map(([node, timeline]) => [podNameOf(node), timeline]));
  return [
    cluster.pods.onEvent((event) => {
      byPod.get(event.object.metadata.name)?.observePod(event);
      down.observe(event);
    }),
    cluster.nodes.onEvent(({ type, object }) => {
      if (type !== "deleted") timelines.get(object.metadata.name)?.observeNode(object);
    }),
  ];
}

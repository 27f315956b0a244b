/** What the story does with SeiNodeDeployments: one founds a chain, one joins it and is upgraded while it is halted. */
import { type SeiNodeDeployment, seiNodeDeployments } from "#api";
import type { DeepReadonly } from "#kube";
import type { Board } from "./board.ts";
import { type Cluster, NAMESPACE } from "./cluster.ts";
import { type HaltedUpgrade, upgradeHalted } from "./halted-upgrade.ts";
import type { Tell } from "./key-steps.ts";
import { kubectlApply } from "./kubectl-apply.ts";
import { groupOf, isGroupReady, namesIn, waitFor } from "./lookup.ts";
import { ceremonyNews, founderNews, rolloutNews, sayOnce } from "./news.ts";
import { shortImage } from "./view/words.ts";

/** Twenty times as fast as Sei, so that tasks that wait for a height can be tried on the chain. */
const BLOCK_MS = 20;

export async function foundChain(
  cluster: Cluster,
  group: DeepReadonly<SeiNodeDeployment>,
  manifest: string,
  tell: Tell,
): Promise<void> {
  const names = namesIn(group);
  for (const name of names) cluster.simulator.node(NAMESPACE, name).seid.configure({ blockMs: BLOCK_MS });
  const say = sayOnce(tell);
  const unsubscribes = [
    cluster.nodes.onEvent(({ object }) => {
      if (names.includes(object.metadata.name)) say(founderNews(object));
    }),
    cluster.groups.onEvent(({ object }) => {
      if (object.metadata.name === group.metadata.name) say(ceremonyNews(object));
    }),
  ];
  try {
    await createGroup(cluster, group, manifest);
  } finally {
    for (const unsubscribe of unsubscribes) unsubscribe();
  }
}

/** Resolves when the group is Ready. */
export async function createGroup(
  cluster: Cluster,
  { metadata }: DeepReadonly<SeiNodeDeployment>,
  manifest: string,
): Promise<void> {
  await kubectlApply(cluster, manifest);
  await waitFor(cluster, `SeiNodeDeployment ${metadata.name} is Ready`, () =>
    isGroupReady(cluster, metadata.name),
  );
}

export interface GroupUpgradeOptions {
  readonly group: DeepReadonly<SeiNodeDeployment>;
  readonly image: string;
  readonly pause: () => Promise<void>;
}

export function upgradeHaltedGroup(
  cluster: Cluster,
  board: Board,
  { group, image, pause }: GroupUpgradeOptions,
): Promise<HaltedUpgrade> {
  const { name } = group.metadata;
  const nodes = namesIn(group);
  return upgradeHalted(cluster, board, {
    nodes,
    image,
    pause,
    haltTitle: `halt seid of all ${nodes.length} nodes of ${name}, as at an upgrade height: no pod of it is Ready any more`,
    patchTitle: `patch spec.template.spec.image of ${name} to ${shortImage(image)}`,
    // What `kubectl patch --type=merge` sends.
    patch: () =>
      cluster.rest.mergePatch(
        seiNodeDeployments,
        { namespace: NAMESPACE, name },
        { spec: { template: { spec: { image } } } },
        {},
        cluster.signal,
      ),
    told: ["old pod deleted", "new pod started", "node Ready on the new image"],
    inWords: (node, milestone) => `${node}: ${milestone}`,
    follow: (tell) => {
      const say = sayOnce(tell);
      return cluster.groups.onEvent(({ object }) => {
        if (object.metadata.name === name) say(rolloutNews(object));
      });
    },
    isOver: () => isGroupReady(cluster, name) && groupOf(cluster, name)?.status?.rollout === undefined,
  });
}

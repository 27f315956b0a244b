/**
 * What happens: single nodes come up side by side, a validator among them whose keys are checked first; one of them halts as
 * seid does at an upgrade height, its image is patched, and it is carried to the new image. Then the same for groups: four
 * validators found a chain, three RPC nodes join it, all three halt and are carried over in one rollout. At last a task
 * restarts seid of a node. Each step waits for what the watches show; nothing here sleeps to be right.
 */
import { type SeiNode, type SeiNodeDeployment, type SeiNodeTask, seiNodes } from "#api";
import type { Board } from "./board.ts";
import { type Cluster, NAMESPACE } from "./cluster.ts";
import { collectEvidence } from "./collect-evidence.ts";
import type { Evidence } from "./evidence.ts";
import { createGroup, foundChain, upgradeHaltedGroup } from "./group-steps.ts";
import { type HaltedUpgrade, upgradeHalted } from "./halted-upgrade.ts";
import { createSecrets, type Keys, type Tell, tellOfKeys } from "./key-steps.ts";
import { makeUpKeys } from "./keys.ts";
import { kubectlApply } from "./kubectl-apply.ts";
import { namesIn, podUids, readiness, waitFor } from "./lookup.ts";
import { MANIFESTS, readGroup, readNodes, readTask } from "./manifests.ts";
import { restartSeid } from "./restart-steps.ts";
import { type Milestone, milestones } from "./upgrade-timeline.ts";
import { shortImage } from "./view/words.ts";

/** The single node that is upgraded, of `manifests/nodes/`. */
export const UPGRADED = "pacific-rpc";
export const NEW_IMAGE = "ghcr.io/sei-protocol/sei:v6.4.0";

export interface StoryOptions {
  /** For viewers: how long a state stays on the screen before the next thing is done to it. */
  readonly pauseMs: number;
}

/** How long the parts of something took, in ms. */
export interface Timings {
  readonly of: string;
  readonly parts: readonly { readonly what: string; readonly ms: number }[];
}

export interface Outcome {
  readonly evidence: Evidence;
  readonly timings: readonly Timings[];
}

/** What there is to create. */
export interface Cast {
  readonly nodes: readonly SeiNode[];
  readonly validators: SeiNodeDeployment;
  readonly rpc: SeiNodeDeployment;
  readonly restart: SeiNodeTask;
}

export async function readCast(): Promise<Cast> {
  const [nodes, validators, rpc, restart] = await Promise.all([
    readNodes(),
    readGroup(MANIFESTS.validators),
    readGroup(MANIFESTS.rpc),
    readTask(MANIFESTS.restart),
  ]);
  return { nodes, validators, rpc, restart };
}

export async function playStory(cluster: Cluster, board: Board, options: StoryOptions): Promise<Outcome> {
  const { steps } = board;
  const pause = () => cluster.clock.sleep(options.pauseMs, cluster.signal);
  const { nodes, validators, rpc, restart } = await readCast();
  const names = nodes.map(({ metadata }) => metadata.name);
  const keys = new Map(
    nodes
      .map((node) => [node.metadata.name, makeUpKeys(node)] as const)
      .filter(([, checks]) => checks.length > 0),
  );

  await steps.run(`make up the keys of ${[...keys.keys()].join(", ")} and put them into Secrets`, () =>
    createSecrets(cluster, [...keys.values()].flat()),
  );
  await steps.run(`create ${names.length} SeiNodes and wait until all are Ready`, (tell) =>
    createNodes(cluster, names, keys, tell),
  );
  await pause();
  const podsAtFirst = new Map(podUids(cluster, names));
  const single = await upgradeOne(cluster, board, pause);

  const { chainId } = validators.spec.template.spec;
  const founders = namesIn(validators);
  await steps.run(
    `create SeiNodeDeployment ${validators.metadata.name}: ${founders.length} validators found the chain ${chainId}`,
    (tell) => foundChain(cluster, validators, MANIFESTS.validators, tell),
  );
  await pause();
  const members = namesIn(rpc);
  await steps.run(
    `create SeiNodeDeployment ${rpc.metadata.name}: ${members.length} RPC nodes find those validators by label`,
    () => createGroup(cluster, rpc, MANIFESTS.rpc),
  );
  await pause();
  for (const [node, uid] of podUids(cluster, [...founders, ...members])) podsAtFirst.set(node, uid);
  const group = await upgradeHaltedGroup(cluster, board, { group: rpc, image: NEW_IMAGE, pause });
  await pause();

  const { name } = restart.metadata;
  const restarted = await steps.run(
    `create SeiNodeTask ${name}: ${restart.spec.kind} on ${restart.spec.target.nodeRef.name}`,
    (tell) => restartSeid(cluster, restart, MANIFESTS.restart, tell),
  );
  return {
    evidence: await collectEvidence(cluster, {
      chainId,
      founders,
      members,
      upgrades: [single, group],
      group,
      podsAtFirst,
      keys,
      image: NEW_IMAGE,
      restart: restarted,
    }),
    timings: [
      timingsOf(`${UPGRADED} to ${NEW_IMAGE}`, single, milestones),
      timingsOf(`the ${members.length} nodes of ${rpc.metadata.name} to ${NEW_IMAGE}`, group, [
        "old pod deleted",
        "node Ready on the new image",
      ]),
    ],
  };
}

async function createNodes(
  cluster: Cluster,
  names: readonly string[],
  keys: Keys,
  tell: Tell,
): Promise<void> {
  const unsubscribe = tellOfKeys(cluster, keys, tell);
  try {
    await kubectlApply(cluster, MANIFESTS.nodes);
    await waitFor(cluster, `SeiNodes ${names.join(", ")} are Ready`, () =>
      names.every((name) => readiness(cluster, name) === "True"),
    );
  } finally {
    unsubscribe();
  }
}

function upgradeOne(cluster: Cluster, board: Board, pause: () => Promise<void>): Promise<HaltedUpgrade> {
  return upgradeHalted(cluster, board, {
    nodes: [UPGRADED],
    image: NEW_IMAGE,
    pause,
    haltTitle: `halt seid of ${UPGRADED}, as at an upgrade height: its pod is not Ready any more`,
    patchTitle: `patch spec.image of ${UPGRADED} to ${shortImage(NEW_IMAGE)}`,
    // What `kubectl patch --type=merge` sends.
    patch: () =>
      cluster.rest.mergePatch(
        seiNodes,
        { namespace: NAMESPACE, name: UPGRADED },
        { spec: { image: NEW_IMAGE } },
        {},
        cluster.signal,
      ),
    told: milestones,
    inWords: (_, milestone) => milestone,
  });
}

function timingsOf(of: string, { timelines }: HaltedUpgrade, told: readonly Milestone[]): Timings {
  const parts = [...timelines].flatMap(([node, { timings }]) =>
    timings
      .filter(({ what }) => told.includes(what))
      .map(({ what, ms }) => ({ what: timelines.size === 1 ? what : `${node}: ${what}`, ms })),
  );
  return { of, parts: parts.sort((a, b) => a.ms - b.ms) };
}

/**
 * What happens: nodes come up side by side, a validator among them whose keys are checked first, one of them halts as seid does at an upgrade height, its image is patched, and it is
 * carried to the new image. Each step waits for what the watches show; nothing here sleeps to be right.
 */
import { readFile } from "node:fs/promises";
import { type SeiNode, SeiNodeConditions, seiNodes } from "#api";
import { MANAGER_NAMESPACE, MANAGER_SERVICE_ACCOUNT } from "#devcluster";
import { type DeepReadonly, findCondition, type Pod } from "#kube";
import type { Board } from "./board.ts";
import { type Cluster, NAMESPACE } from "./cluster.ts";
import type { Evidence } from "./evidence.ts";
import { createSecrets, type Keys, keyEvidence, type Tell, tellOfKeys } from "./key-steps.ts";
import { makeUpKeys } from "./keys.ts";
import { kubectlApply } from "./kubectl-apply.ts";
import { MANIFESTS, readNodes } from "./manifests.ts";
import { isPodReady } from "./pod-readiness.ts";
import { findRefusals } from "./refusals.ts";
import { firstSecretReads } from "./secret-reads.ts";
import { UpgradeTimeline } from "./upgrade-timeline.ts";
import { shortImage } from "./view/node-view.ts";
import { seconds } from "./view/text.ts";
import { changesOf, until } from "./wait.ts";

/** The node that is upgraded, of `manifests/`. */
export const UPGRADED = "rpc-0";
export const NEW_IMAGE = "ghcr.io/sei-protocol/sei:v6.4.0";

/** Far beyond the usual second or two, and within the minute the whole demo may take on a good day. */
const STEP_TIMEOUT_MS = 60_000;

export interface StoryOptions {
  /** For viewers: how long a state stays on the screen before the next thing is done to it. */
  readonly pauseMs: number;
}

export interface Outcome {
  readonly evidence: Evidence;
  readonly timings: UpgradeTimeline["timings"];
}

export async function playStory(cluster: Cluster, board: Board, options: StoryOptions): Promise<Outcome> {
  const { steps } = board;
  const pause = () => cluster.clock.sleep(options.pauseMs, cluster.signal);
  const nodes = await readNodes();
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

  const podsBefore = new Map(names.map((name) => [name, podOf(cluster, name)?.metadata.uid ?? ""]));
  const subject = { oldPodUid: podsBefore.get(UPGRADED) ?? "", newImage: NEW_IMAGE };
  let note = (_text: string) => {};
  const timeline = new UpgradeTimeline(subject, cluster.clock, (milestone, ms) =>
    note(`+${seconds(ms)}  ${milestone}`),
  );
  const unsubscribe = follow(cluster, timeline);
  try {
    await steps.run(`halt seid of ${UPGRADED}, as at an upgrade height: its pod is not Ready any more`, () =>
      haltNode(cluster, timeline),
    );
    await pause();
    await steps.run(`patch spec.image of ${UPGRADED} to ${shortImage(NEW_IMAGE)}`, (tell) => {
      note = tell;
      return upgradeNode(cluster, timeline);
    });
  } finally {
    unsubscribe();
  }
  return { evidence: await collectEvidence(cluster, timeline, podsBefore, keys), timings: timeline.timings };
}

async function createNodes(
  cluster: Cluster,
  names: readonly string[],
  keys: Keys,
  tell: Tell,
): Promise<void> {
  const unsubscribe = tellOfKeys(cluster, keys, tell);
  try {
    await kubectlApply(cluster, MANIFESTS);
    await waitFor(cluster, `SeiNodes ${names.join(", ")} are Ready`, () =>
      names.every((name) => isReady(cluster, name)),
    );
  } finally {
    unsubscribe();
  }
}

async function haltNode(cluster: Cluster, timeline: UpgradeTimeline): Promise<void> {
  cluster.simulator.halt(`${NAMESPACE}/${UPGRADED}`);
  await waitFor(cluster, `pod ${UPGRADED}-0 is NotReady and SeiNode ${UPGRADED} has Ready=False`, () => {
    const pod = podOf(cluster, UPGRADED);
    return (
      timeline.halted && pod !== undefined && !isPodReady(pod) && readiness(cluster, UPGRADED) === "False"
    );
  });
}

async function upgradeNode(cluster: Cluster, timeline: UpgradeTimeline): Promise<void> {
  timeline.begin();
  // What `kubectl patch --type=merge` sends.
  const key = { namespace: NAMESPACE, name: UPGRADED };
  await cluster.rest.mergePatch(seiNodes, key, { spec: { image: NEW_IMAGE } }, {}, cluster.signal);
  const missing = () => timeline.missing.join(", ");
  await waitFor(
    cluster,
    () => `SeiNode ${UPGRADED} on ${NEW_IMAGE}; still to come: ${missing()}`,
    () => timeline.missing.length === 0,
  );
}

function follow(cluster: Cluster, timeline: UpgradeTimeline): () => void {
  const pods = cluster.pods.onEvent((event) => {
    if (event.object.metadata.name === `${UPGRADED}-0`) timeline.observePod(event);
  });
  const nodes = cluster.nodes.onEvent(({ type, object }) => {
    if (object.metadata.name === UPGRADED && type !== "deleted") timeline.observeNode(object);
  });
  return () => {
    pods();
    nodes();
  };
}

async function collectEvidence(
  cluster: Cluster,
  timeline: UpgradeTimeline,
  podsBefore: ReadonlyMap<string, string>,
  keys: Keys,
): Promise<Evidence> {
  const { simulator, manager, controlPlane } = cluster;
  const user = `system:serviceaccount:${MANAGER_NAMESPACE}:${MANAGER_SERVICE_ACCOUNT}`;
  const audit = controlPlane.auditLog === undefined ? "" : await readFile(controlPlane.auditLog, "utf8");
  const pod = podOf(cluster, UPGRADED);
  const isSeid = ({ name }: { readonly name: string }) => name === "seid";
  const names = [...podsBefore.keys()];
  return {
    node: UPGRADED,
    oldPodUid: podsBefore.get(UPGRADED) ?? "",
    newPodUid: pod?.metadata.uid ?? "",
    readinessViolations: timeline.violations,
    wantedImage: NEW_IMAGE,
    currentImage: nodeOf(cluster, UPGRADED)?.status?.currentImage ?? "",
    podImage: pod?.spec?.containers.find(isSeid)?.image ?? "",
    podImageId: pod?.status?.containerStatuses?.find(isSeid)?.imageID ?? "",
    posts: new Map(names.map((name) => [name, simulator.node(NAMESPACE, name).postCounts])),
    keys: keyEvidence(cluster, keys, firstSecretReads(audit, user, NAMESPACE)),
    others: names
      .filter((name) => name !== UPGRADED)
      .map((name) => ({
        node: name,
        before: podsBefore.get(name) ?? "",
        after: podOf(cluster, name)?.metadata.uid ?? "",
      })),
    refusals: findRefusals({
      user,
      log: await manager.log(),
      audit,
      sidecarOutcomes: [...simulator.requests],
    }),
    simulatorViolations: simulator.violations,
  };
}

function waitFor(cluster: Cluster, what: string | (() => string), holds: () => boolean): Promise<true> {
  const { nodes, pods, clock, signal } = cluster;
  return until(() => (holds() ? true : undefined), {
    what,
    sources: [changesOf(nodes), changesOf(pods)],
    timeoutMs: STEP_TIMEOUT_MS,
    clock,
    signal,
  });
}

function nodeOf(cluster: Cluster, name: string): DeepReadonly<SeiNode> | undefined {
  return cluster.nodes.get({ namespace: NAMESPACE, name });
}

function podOf(cluster: Cluster, node: string): DeepReadonly<Pod> | undefined {
  return cluster.pods.get({ namespace: NAMESPACE, name: `${node}-0` });
}

function readiness(cluster: Cluster, name: string): string | undefined {
  return findCondition(nodeOf(cluster, name)?.status?.conditions, SeiNodeConditions.ready)?.status;
}

function isReady(cluster: Cluster, name: string): boolean {
  return readiness(cluster, name) === "True";
}

/** What the watches know of the story's objects, and waiting for what they are to show. */
import {
  type SeiNode,
  SeiNodeConditions,
  type SeiNodeDeployment,
  SeiNodeDeploymentConditions,
  type SeiNodeTask,
} from "#api";
import { type DeepReadonly, findCondition, type Pod } from "#kube";
import { type Cluster, NAMESPACE } from "./cluster.ts";
import { changesOf, until } from "./wait.ts";

/** Far beyond the usual second or two, and within the minute the whole demo may take on a good day. */
const STEP_TIMEOUT_MS = 60_000;

/** `what` completes "not within 60 s: ..."; a function is asked when it is too late. */
export function waitFor(
  cluster: Cluster,
  what: string | (() => string),
  holds: () => boolean,
): Promise<true> {
  const { groups, nodes, pods, tasks, clock, signal } = cluster;
  return until(() => (holds() ? true : undefined), {
    what,
    sources: [changesOf(groups), changesOf(nodes), changesOf(pods), changesOf(tasks)],
    timeoutMs: STEP_TIMEOUT_MS,
    clock,
    signal,
  });
}

export function nodeOf(cluster: Cluster, name: string): DeepReadonly<SeiNode> | undefined {
  return cluster.nodes.get({ namespace: NAMESPACE, name });
}

export function groupOf(cluster: Cluster, name: string): DeepReadonly<SeiNodeDeployment> | undefined {
  return cluster.groups.get({ namespace: NAMESPACE, name });
}

export function taskOf(cluster: Cluster, name: string): DeepReadonly<SeiNodeTask> | undefined {
  return cluster.tasks.get({ namespace: NAMESPACE, name });
}

export function podOf(cluster: Cluster, node: string): DeepReadonly<Pod> | undefined {
  return cluster.pods.get({ namespace: NAMESPACE, name: podNameOf(node) });
}

export function podNameOf(node: string): string {
  return `${node}-0`;
}

/** Status of the node's condition Ready. */
export function readiness(cluster: Cluster, node: string): string | undefined {
  return findCondition(nodeOf(cluster, node)?.status?.conditions, SeiNodeConditions.ready)?.status;
}

/** The uids of the nodes' pods; empty where there is none. By node. */
export function podUids(cluster: Cluster, nodes: readonly string[]): ReadonlyMap<string, string> {
  return new Map(nodes.map((node) => [node, podOf(cluster, node)?.metadata.uid ?? ""]));
}

/** The group is Ready as of the spec it has now. */
export function isGroupReady(cluster: Cluster, name: string): boolean {
  const group = groupOf(cluster, name);
  const ready = findCondition(group?.status?.conditions, SeiNodeDeploymentConditions.ready);
  return ready?.status === "True" && group?.status?.observedGeneration === group?.metadata.generation;
}

/** Its nodes by ordinal. */
export function namesIn({ metadata, spec }: DeepReadonly<SeiNodeDeployment>): string[] {
  return Array.from({ length: spec.replicas }, (_, ordinal) => `${metadata.name}-${ordinal}`);
}

/** What the status tells of a group as a whole (spec/seinodedeployment.md 5). Pure. */
import {
  SeiNodeDeploymentConditions,
  type SeiNodeDeploymentPhase,
  SeiNodeDeploymentReasons,
  type SeiNodeDeploymentStatus,
} from "#api";
import type { ConditionUpdate, DeepReadonly } from "#kube";
import type { Child } from "./children.ts";
import { isPlanInProgress, isRolloutInProgress } from "./detection.ts";
import { isRunning } from "./images.ts";
import type { Group } from "./pass.ts";

/** First match wins. */
export function groupPhase(
  group: Group,
  status: DeepReadonly<SeiNodeDeploymentStatus>,
  children: readonly Child[],
): SeiNodeDeploymentPhase {
  if (group.spec.paused === true) return "Paused";
  if (isRolloutInProgress(status)) return "Upgrading";
  if (isPlanInProgress(status)) return status.rollout === undefined ? "Initializing" : "Upgrading";
  if (children.length === 0) return "Pending";
  const ready = children.filter(isRunning).length;
  // Surplus nodes on their way out do not make a group Ready.
  if (ready === group.spec.replicas) return "Ready";
  const failed = children.filter((child) => child.status?.phase === "Failed").length;
  if (failed === children.length) return "Failed";
  return failed > 0 && ready > 0 ? "Degraded" : "Initializing";
}

export function nodesReadyCondition(group: Group, children: readonly Child[]): ConditionUpdate {
  const type = SeiNodeDeploymentConditions.nodesReady;
  const desired = group.spec.replicas;
  const ready = children.filter(isRunning).length;
  const failed = children.filter((child) => child.status?.phase === "Failed").length;
  const initializing = children.length - ready - failed;
  if (ready >= desired) {
    const message = `${ready} of ${desired} nodes are Running`;
    return { type, status: "True", reason: SeiNodeDeploymentReasons.allNodesReady, message };
  }
  const reason =
    failed > 0 ? SeiNodeDeploymentReasons.nodesFailed : SeiNodeDeploymentReasons.nodesInitializing;
  const message = `${ready} of ${desired} nodes are Running, ${failed} failed, ${initializing} initializing`;
  return { type, status: "False", reason, message };
}

export function nodeList(children: readonly Child[]): NonNullable<SeiNodeDeploymentStatus["nodes"]> {
  return children.map(({ metadata: { name }, status }) => ({
    name,
    ...(status?.phase !== undefined && { phase: status.phase }),
  }));
}

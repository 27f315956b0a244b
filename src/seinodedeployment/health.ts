/**
 * Ready, Reconciling and Stalled of a group, for people and for tools that follow kstatus (design 4.3, D17). Pure. Texts are
 * stable while nothing changes: names and reasons, no counters and no elapsed times.
 */
import {
  SeiNodeDeploymentHealth as Health,
  SeiNodeDeploymentReasons as Reasons,
  SeiNodeConditions,
  SeiNodeDeploymentConditions,
  type SeiNodeDeploymentStatus,
} from "#api";
import { type ConditionUpdate, type DeepReadonly, findCondition } from "#kube";
import { type Child, nameList } from "./children.ts";
import { isReady } from "./images.ts";
import type { Blocked, Group } from "./pass.ts";

export interface HealthInput {
  readonly group: Group;
  /** As it will be flushed. */
  readonly status: DeepReadonly<SeiNodeDeploymentStatus>;
  readonly children: readonly Child[];
  readonly conflicts: readonly string[];
  readonly blocked: Blocked | undefined;
  /** What the current task waits for. */
  readonly waitingFor: string | undefined;
  /** The ceremony takes longer than it may. */
  readonly ceremonyLate: boolean;
  /** A failure of this pass that retrying alone will not cure. */
  readonly failure: Blocked | undefined;
}

/** What keeps the group from getting on, the most telling first. */
export function findProblem(input: HealthInput): Blocked | undefined {
  const { group, status, children, conflicts, blocked, failure, ceremonyLate } = input;
  if (failure !== undefined) return failure;
  if (group.spec.paused === true) return undefined;
  if (blocked !== undefined) return blocked;
  if (conflicts.length > 0) {
    const message = `SeiNode ${nameList(conflicts)} is controlled by something else: rename the group or remove the other one`;
    return { reason: Health.nameConflict, message };
  }
  const rollout = findCondition(status.conditions, SeiNodeDeploymentConditions.rolloutInProgress);
  if (rollout?.reason === Reasons.stalled) {
    const message = `${rollout.message}; correct the nodes, or change the template`;
    return { reason: Health.rolloutStalled, message };
  }
  if (rollout?.reason === Reasons.strategyNotImplemented)
    return { reason: Health.strategyNotImplemented, message: rollout.message };
  if (rollout?.reason === Reasons.rolloutFailed)
    return { reason: Health.rolloutFailed, message: rollout.message };
  const plan = findCondition(status.conditions, SeiNodeDeploymentConditions.planInProgress);
  if (plan?.reason === Reasons.planFailed && isFounding(group, status)) {
    return { reason: Health.planFailed, message: `${plan.message}; it is tried again by itself` };
  }
  const failed = children.filter((child) => child.status?.phase === "Failed");
  if (failed.length > 0) {
    const names = nameList(failed.map(({ metadata }) => metadata.name));
    return { reason: Health.nodesFailed, message: `SeiNode ${names} is Failed; see its condition Stalled` };
  }
  const stalled = children.flatMap((child) => {
    const reason = stallReason(child);
    return reason === undefined ? [] : [`${child.metadata.name} (${reason})`];
  });
  if (stalled.length > 0) {
    return {
      reason: Health.nodesStalled,
      message: `stalled: ${nameList(stalled)}; see their condition Stalled`,
    };
  }
  if (ceremonyLate) {
    const message = "the ceremony takes longer than spec.genesis.maxCeremonyDuration; it goes on";
    return { reason: Health.ceremonyTimeout, message };
  }
  return undefined;
}

export function isFounding(group: Group, status: DeepReadonly<SeiNodeDeploymentStatus>): boolean {
  const type = SeiNodeDeploymentConditions.genesisCeremonyComplete;
  return group.spec.genesis !== undefined && findCondition(status.conditions, type)?.status !== "True";
}

/** Reason of the node's condition Stalled while that is True. */
export function stallReason(child: Child): string | undefined {
  const stalled = findCondition(child.status?.conditions, SeiNodeConditions.stalled);
  return stalled?.status === "True" ? stalled.reason : undefined;
}

/** In one word, why a node is not where the rollout wants it. */
export function whyNotThere(child: Child | undefined, wave: number | undefined): string {
  if (child === undefined) return "Missing";
  const stalled = stallReason(child);
  if (stalled !== undefined) return stalled;
  if (wave === undefined) return "WaitsForItsWave";
  const ready = findCondition(child.status?.conditions, SeiNodeConditions.ready);
  return ready?.status === "False" ? ready.reason : (child.status?.phase ?? "Pending");
}

export function stalledCondition(problem: Blocked | undefined): ConditionUpdate {
  const type = SeiNodeDeploymentConditions.stalled;
  return problem === undefined
    ? { type, status: "False", reason: Health.notStalled, message: "" }
    : { type, status: "True", ...problem };
}

/** Where the group is on its way; undefined: there. */
function underway(input: HealthInput): Blocked | undefined {
  const { group, status, children, waitingFor } = input;
  const waits = waitingFor === undefined ? "" : ` waits for ${waitingFor}`;
  if (status.rollout !== undefined)
    return { reason: Health.rollingOut, message: `the rollout to ${status.rollout.targetHash}${waits}` };
  if (status.plan !== undefined || isFounding(group, status))
    return { reason: Health.ceremony, message: `the genesis ceremony${waits || " goes on"}` };
  const { replicas } = group.spec;
  if (children.length !== replicas) {
    return { reason: Health.scaling, message: `there are ${children.length} nodes of ${replicas}` };
  }
  const initializing = children.filter((child) => child.status?.phase !== "Running");
  if (initializing.length > 0) {
    const names = nameList(initializing.map(({ metadata }) => metadata.name));
    return { reason: Health.nodesInitializing, message: `${names} is not Running yet` };
  }
  return undefined;
}

export function reconcilingCondition(input: HealthInput): ConditionUpdate {
  const type = SeiNodeDeploymentConditions.reconciling;
  const way = underway(input);
  if (input.group.spec.paused === true || input.failure !== undefined || way === undefined) {
    return { type, status: "False", reason: Health.settled, message: "" };
  }
  return { type, status: "True", ...way };
}

export function readyCondition(input: HealthInput): ConditionUpdate {
  const type = SeiNodeDeploymentConditions.ready;
  const unready = whyNotReady(input);
  if (unready !== undefined) return { type, status: "False", ...unready };
  const { replicas, template } = input.group.spec;
  return {
    type,
    status: "True",
    reason: Health.ready,
    message: `${replicas} of ${replicas} nodes are Ready on ${template.spec.image}`,
  };
}

function whyNotReady(input: HealthInput): Blocked | undefined {
  const { group, children, failure } = input;
  if (failure !== undefined) return failure;
  if (group.spec.paused === true)
    return { reason: Health.paused, message: "spec.paused is true; the nodes are scaled to 0" };
  const way = findProblem(input) ?? underway(input);
  if (way !== undefined) return way;
  const unready = children.filter((child) => !isReady(child));
  if (unready.length === 0) return undefined;
  const names = nameList(unready.map(({ metadata }) => metadata.name));
  return { reason: Health.nodesNotReady, message: `${names} is not Ready; see its condition Ready` };
}

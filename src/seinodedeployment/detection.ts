/** Whether the template calls for a rollout (spec/seinodedeployment.md 7.2, design 4.4). Pure. Not asked while paused. */
import {
  SeiNodeDeploymentConditions,
  SeiNodeDeploymentReasons,
  type SeiNodeDeploymentStatus,
  type UpdateStrategyType,
} from "#api";
import { type DeepReadonly, findCondition } from "#kube";
import type { Child } from "./children.ts";
import { asksFor } from "./images.ts";
import type { Group } from "./pass.ts";
import { templateHash } from "./template-hash.ts";

export type Detection =
  | { readonly action: "none" }
  /** `from`: the hash the nodes are on; empty when nobody knows. */
  | { readonly action: "open"; readonly from: string; readonly target: string }
  /** The rollout to `from` is dropped for one to `target`. */
  | { readonly action: "supersede"; readonly from: string; readonly target: string }
  /** The strategy cannot be carried out yet: nothing is rolled. `drops`: a rollout that was going on. */
  | { readonly action: "refuse"; readonly strategy: UpdateStrategyType; readonly drops: boolean };

export function detect(
  group: Group,
  status: DeepReadonly<SeiNodeDeploymentStatus>,
  children: readonly Child[],
): Detection {
  const { rollout, templateHash: baseline = "" } = status;
  const target = templateHash(group.spec.template.spec);
  const strategy = strategyOf(group);
  // A plan without nodes would complete at once, and come again.
  if (children.length === 0) return { action: "none" };
  if (rollout !== undefined) {
    if (rollout.targetHash === target) return { action: "none" };
    // Also back to the baseline: some of the nodes are on their way to the other image.
    if (strategy !== "InPlace") return { action: "refuse", strategy, drops: true };
    return { action: "supersede", from: rollout.targetHash, target };
  }
  if (baseline === target || isPlanInProgress(status)) return { action: "none" };
  // Nodes that were adopted, or a status that was lost: they are as good as rolled out if they ask for the template's images.
  if (baseline === "" && children.every((child) => asksFor(child, group.spec.template.spec)))
    return { action: "none" };
  if (strategy !== "InPlace") return { action: "refuse", strategy, drops: false };
  return { action: "open", from: baseline, target };
}

/** Objects stored before the field was required may lack it. */
export function strategyOf(group: Group): UpdateStrategyType {
  return (
    (group.spec.updateStrategy as Group["spec"]["updateStrategy"] | undefined)?.type || ("InPlace" as const)
  );
}

export function isPlanInProgress(status: DeepReadonly<SeiNodeDeploymentStatus>): boolean {
  return findCondition(status.conditions, SeiNodeDeploymentConditions.planInProgress)?.status === "True";
}

export function isRolloutInProgress(status: DeepReadonly<SeiNodeDeploymentStatus>): boolean {
  return findCondition(status.conditions, SeiNodeDeploymentConditions.rolloutInProgress)?.status === "True";
}

/**
 * Whether a node that differs from the template may simply be put on it. Not while the template itself is not rolled out:
 * then the difference is held back on purpose.
 */
export function mayRevertImages(group: Group, status: DeepReadonly<SeiNodeDeploymentStatus>): boolean {
  const told = findCondition(status.conditions, SeiNodeDeploymentConditions.rolloutInProgress);
  return (
    strategyOf(group) === "InPlace" &&
    status.rollout === undefined &&
    told?.reason !== SeiNodeDeploymentReasons.rolloutFailed &&
    status.templateHash === templateHash(group.spec.template.spec)
  );
}

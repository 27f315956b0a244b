/** Whose object is it that has a name we need (design section 2: a name is not an identity). */
import { Labels, type SeiNodeDeployment } from "#api";
import { controllerOf, type DeepReadonly, type KubeObject } from "#kube";
import { isOfPredecessor } from "../predecessor.ts";

export type Claim =
  /** Controlled by this very group. */
  | "ours"
  /** Carries the group's label and has no controller: what a deletion with Retain, or one that orphans, left behind. */
  | "free"
  /** On its way out. Applying to it would change what nobody will find. */
  | "leaving"
  /** Somebody else's. */
  | "foreign";

export function claimOn(group: DeepReadonly<SeiNodeDeployment>, object: DeepReadonly<KubeObject>): Claim {
  const controller = controllerOf(object);
  const { deletionTimestamp, labels } = object.metadata;
  if (controller === undefined) {
    if (labels?.[Labels.nodeDeployment] !== group.metadata.name) return "foreign";
    return deletionTimestamp === undefined ? "free" : "leaving";
  }
  if (controller.uid === group.metadata.uid) return deletionTimestamp === undefined ? "ours" : "leaving";
  return isOfPredecessor(group, controller) ? "leaving" : "foreign";
}

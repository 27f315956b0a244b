/** Whose object is it that has a name we need (design section 2: a name is not an identity). */
import { GROUP, Labels, type SeiNodeDeployment, seiNodeDeployments } from "#api";
import { controllerOf, type DeepReadonly, type KubeObject } from "#kube";

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
  // A group of this name that is no more: the garbage collector will come for what it left.
  const ofPredecessor =
    controller.kind === seiNodeDeployments.kind &&
    controller.apiVersion.startsWith(`${GROUP}/`) &&
    controller.name === group.metadata.name;
  return ofPredecessor ? "leaving" : "foreign";
}

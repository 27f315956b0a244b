import { GROUP, type SeiNodeDeployment, seiNodeDeployments } from "#api";
import type { DeepReadonly, OwnerReference } from "#kube";

/** The controller is a group of this name that is no more: the garbage collector will come for what it left. */
export function isOfPredecessor(
  group: DeepReadonly<SeiNodeDeployment>,
  controller: DeepReadonly<OwnerReference>,
): boolean {
  return (
    controller.uid !== group.metadata.uid &&
    controller.kind === seiNodeDeployments.kind &&
    controller.apiVersion.startsWith(`${GROUP}/`) &&
    controller.name === group.metadata.name
  );
}

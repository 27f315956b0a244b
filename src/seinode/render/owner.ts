import { API_VERSION, type SeiNode } from "#api";
import type { DeepReadonly, OwnerReference } from "#kube";

/** The controller reference every child carries: garbage collection and our watches follow it. */
export function ownerReference(node: DeepReadonly<SeiNode>): OwnerReference {
  return {
    apiVersion: API_VERSION,
    kind: "SeiNode",
    name: node.metadata.name,
    uid: node.metadata.uid,
    controller: true,
    blockOwnerDeletion: true,
  };
}

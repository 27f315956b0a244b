/** Which pod a node's sidecar is in, and whether it has anybody to answer. Facts of a pod; nothing here decides anything. */
import type { DeepReadonly, Pod } from "#kube";

export const SIDECAR_CONTAINER = "sei-sidecar";
const PROXY_CONTAINER = "kube-rbac-proxy";

type ContainerStatus = NonNullable<NonNullable<DeepReadonly<Pod>["status"]>["containerStatuses"]>[number];

/** Whether the pod is one of this very StatefulSet: a name is not an identity. */
export function isOwnedBy(
  pod: DeepReadonly<Pod>,
  statefulSet: { readonly metadata: { readonly uid: string } },
): boolean {
  return (
    pod.metadata.ownerReferences?.some(
      (owner) => owner.kind === "StatefulSet" && owner.uid === statefulSet.metadata.uid,
    ) ?? false
  );
}

/**
 * Of the pods of one StatefulSet, the one a task may be sent to: ordinal 0, not terminating. While somebody has scaled the
 * StatefulSet by hand there are others, and a task sent to one of those could open the gate of a second seid.
 */
export function ordinalZero(
  owned: readonly DeepReadonly<Pod>[],
  node: string,
): DeepReadonly<Pod> | undefined {
  return owned.find(
    ({ metadata }) => metadata.name === `${node}-0` && metadata.deletionTimestamp === undefined,
  );
}

/** Whether a call to the sidecar through its proxy has somebody to answer it. */
export function isSidecarRunning(pod: DeepReadonly<Pod>): boolean {
  return (
    statusOf(pod, SIDECAR_CONTAINER)?.state?.running !== undefined &&
    statusOf(pod, PROXY_CONTAINER)?.state?.running !== undefined
  );
}

export function containerStatuses(pod: DeepReadonly<Pod>): readonly ContainerStatus[] {
  return [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
}

export function statusOf(pod: DeepReadonly<Pod>, container: string): ContainerStatus | undefined {
  return containerStatuses(pod).find((status) => status.name === container);
}

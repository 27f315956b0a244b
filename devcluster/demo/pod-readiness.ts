import type { DeepReadonly, Pod } from "#kube";

/** The pod's condition Ready, as kubectl and Services go by it. */
export function isPodReady(pod: DeepReadonly<Pod>): boolean {
  return pod.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") ?? false;
}

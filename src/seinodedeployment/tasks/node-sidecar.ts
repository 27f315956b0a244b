/** The sidecar of one node of the group. */
import { Labels, type SeiNode } from "#api";
import { type DeepReadonly, pods } from "#kube";
import { isOwnedBy, isSidecarRunning, ordinalZero, type SidecarClient } from "#sidecar";
import type { GroupRuntime } from "../deps.ts";

/**
 * A client of the sidecar in the node's pod; its IP is dialled, so that stale DNS never reaches another one. Undefined while
 * there is no pod of the node, or the kubelet says that its sidecar does not run: nobody would answer.
 */
export async function sidecarOf(
  runtime: Pick<GroupRuntime, "client" | "sidecars">,
  node: DeepReadonly<SeiNode>,
  signal: AbortSignal,
): Promise<SidecarClient | undefined> {
  const { name, namespace = "" } = node.metadata;
  const uid = node.status?.statefulSet?.uid;
  if (uid === undefined) return undefined;
  const labelled = await runtime.client.list(pods, { namespace, labels: { [Labels.node]: name } }, signal);
  const owned = labelled.filter((pod) => isOwnedBy(pod, { metadata: { uid } }));
  const pod = ordinalZero(owned, name);
  if (pod === undefined || !isSidecarRunning(pod)) return undefined;
  const podIP = pod.status?.podIP;
  return runtime.sidecars(podIP ? { namespace, node: name, podIP } : { namespace, node: name });
}

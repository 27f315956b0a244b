/** A pod must never start on another chain's data, nor as another kind of node (design D27). */
import { type SeiNode, SeiNodeHealth } from "#api";
import {
  type Client,
  configMaps,
  type DeepReadonly,
  isControlledBy,
  type KubeObject,
  persistentVolumeClaims,
  type ResourceType,
  services,
  statefulSets,
  unlessNotFound,
} from "#kube";
import { type IdentityChange, identityChange, ownClaimName, rbacProxyConfigName } from "./render/index.ts";

export interface IdentityChanged {
  readonly state: "blocked";
  readonly reason: "IdentityChanged";
  readonly message: string;
}

/**
 * What was rendered for the node earlier tells which chain and mode its data is of: the StatefulSet, and when that is gone
 * the volume, the Service, the ConfigMap. `undefined` when all of it agrees with the spec, or nothing is left to ask.
 */
export async function guardIdentity(
  client: Client,
  node: DeepReadonly<SeiNode>,
  signal: AbortSignal,
): Promise<IdentityChanged | undefined> {
  const { name, namespace = "" } = node.metadata;
  const witnesses: readonly [ResourceType, string][] = [
    [statefulSets, name],
    [persistentVolumeClaims, ownClaimName(name)],
    [services, name],
    [configMaps, rbacProxyConfigName(name)],
  ];
  for (const [resource, witnessName] of witnesses) {
    const witness = await unlessNotFound(
      client.get<KubeObject>(resource, { namespace, name: witnessName }, signal),
    );
    if (witness === undefined || !isOurs(witness, node)) continue;
    const change = identityChange(node, witness);
    if (change !== undefined) return identityChanged(change);
  }
  return undefined;
}

export function identityChanged(change: IdentityChange): IdentityChanged {
  const { field, from, to } = change;
  return {
    state: "blocked",
    reason: SeiNodeHealth.identityChanged,
    message:
      `spec.${field} was changed from ${from} to ${to} on a node that has data of ${from}; ` +
      `nothing is rendered: change it back, or delete this SeiNode and create one with ${to}`,
  };
}

/** Its owner reference may have been stripped; then the recorded uid still says so. */
function isOurs(object: DeepReadonly<KubeObject>, node: DeepReadonly<SeiNode>): boolean {
  return isControlledBy(object, node.metadata.uid) || object.metadata.uid === node.status?.statefulSet?.uid;
}

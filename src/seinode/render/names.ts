import type { SeiNode } from "#api";
import type { DeepReadonly } from "#kube";
import { RenderError } from "./errors.ts";

/** Names that cross container boundaries inside the pod. Anything that looks for a container uses these. */
export const containerNames = {
  seidInit: "seid-init",
  sidecar: "sei-sidecar",
  rbacProxy: "kube-rbac-proxy",
  seid: "seid",
  cosmosExporter: "cosmos-exporter",
} as const;

export const volumeNames = {
  data: "data",
  sidecarTmp: "sidecar-tmp",
  rbacProxyConfig: "rbac-proxy-config",
  signingKey: "signing-key",
  nodeKey: "node-key",
  operatorKeyring: "operator-keyring",
} as const;

/** Where the data volume is mounted in every container that has it; `HOME` of seid. */
export const dataDir = "/.sei";

/** The claim the pod mounts: the imported one, else `data-<node>`. */
export function claimName(node: DeepReadonly<SeiNode>): string {
  return node.spec.dataVolume?.import?.pvcName || ownClaimName(node.metadata.name);
}

/** The claim this operator creates for a node that imports none. */
export function ownClaimName(nodeName: string): string {
  return `data-${nodeName}`;
}

export function rbacProxyConfigName(nodeName: string): string {
  return `${nodeName}-rbac-proxy-config`;
}

/** The namespace every child goes to. A SeiNode read from the API server always has one. */
export function namespaceOf(node: DeepReadonly<SeiNode>): string {
  const namespace = node.metadata.namespace;
  if (!namespace) throw new RenderError(`SeiNode ${node.metadata.name} has no metadata.namespace`);
  return namespace;
}

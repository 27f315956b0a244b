/** The addresses that the status tells (spec/seinodedeployment.md 5.4, 5.5 and 10.6). Derived, never read back. */
import { Labels, nodePort, type SeiNodeDeployment, type SeiNodeDeploymentStatus } from "#api";
import type { DeepReadonly, KubeObject } from "#kube";
import type { Settings } from "../../settings.ts";
import { childName } from "../children.ts";
import { routedProtocols } from "./exposure.ts";
import { internalServiceName, p2pAddress, routeHostnames } from "./names.ts";
import { activeTiers } from "./tiers.ts";

type Group = DeepReadonly<SeiNodeDeployment>;
type Present<Field extends keyof SeiNodeDeploymentStatus> = NonNullable<SeiNodeDeploymentStatus[Field]>;

export type InternalService = Present<"internalService">;
export type PerPodServices = Present<"perPodServices">;

export function internalServiceOf(group: Group): InternalService {
  const { namespace = "" } = group.metadata;
  const ports = { rpc: nodePort.rpc, evmHttp: nodePort.evmRpc, rest: nodePort.rest };
  return { name: internalServiceName(group), namespace, ports };
}

/**
 * The headless Service of each child, by ordinal. Gaps are kept, children without a decimal ordinal are left out.
 * Undefined rather than empty.
 */
export function perPodServicesOf(
  children: readonly DeepReadonly<Pick<KubeObject, "metadata">>[],
): PerPodServices | undefined {
  const found = children.flatMap(({ metadata: { name, namespace = "", labels } }) => {
    const ordinal = labels?.[Labels.nodeDeploymentOrdinal] ?? "";
    return /^\d+$/.test(ordinal) ? [{ ordinal: Number(ordinal), name, namespace }] : [];
  });
  if (found.length === 0) return undefined;
  const ports = { evmHttp: nodePort.evmRpc, evmWs: nodePort.evmWs };
  return found
    .sort((a, b) => a.ordinal - b.ordinal)
    .map(({ name, namespace }) => ({ name, namespace, ports: { ...ports } }));
}

/** URLs inside the cluster; undefined when there is nothing to reach. EVM is per node, because its filters live in one. */
export function endpointsOf(
  internal: InternalService | undefined,
  perPod: PerPodServices | undefined,
): Present<"endpoints"> | undefined {
  if (internal === undefined && perPod === undefined) return undefined;
  const host = internal && `${internal.name}.${internal.namespace}.svc`;
  return {
    ...(internal && {
      tendermintRpc: `http://${host}:${internal.ports.rpc}`,
      tendermintRest: `http://${host}:${internal.ports.rest}`,
    }),
    ...(perPod && {
      nodes: perPod.map(({ name, namespace, ports }) => ({
        name,
        evmJsonRpc: `http://${name}.${namespace}.svc:${ports.evmHttp}`,
        evmWs: `ws://${name}.${namespace}.svc:${ports.evmWs}`,
      })),
    }),
  };
}

/** The names and addresses that the active tiers stand for; undefined when there are none. */
export function networkingStatusOf(
  group: Group,
  settings: Settings,
): Present<"networkingStatus"> | undefined {
  const { template, replicas } = group.spec;
  const routes = activeTiers(group, settings).http
    ? routedProtocols(template.spec).flatMap(({ name: protocol }) =>
        routeHostnames(group, protocol, settings).map((hostname) => ({ hostname, protocol })),
      )
    : [];
  const ordinals = Array.from({ length: Math.max(0, replicas) }, (_, ordinal) => ordinal);
  const p2pEndpoints = ordinals.flatMap((ordinal) => {
    const hostname = p2pAddress(group, ordinal, settings);
    return hostname === undefined ? [] : [{ ordinal, seiNodeName: childName(group, ordinal), hostname }];
  });
  if (routes.length === 0 && p2pEndpoints.length === 0) return undefined;
  return { ...(routes.length > 0 && { routes }), ...(p2pEndpoints.length > 0 && { p2pEndpoints }) };
}

/** Names and addresses of what a group publishes (spec/seinodedeployment.md 2 and 10). Other tools rely on them. */
import { nodePort, type SeiNodeDeployment } from "#api";
import type { DeepReadonly } from "#kube";
import type { Settings } from "../../settings.ts";
import { childName } from "../children.ts";
import { activeTiers } from "./tiers.ts";

type Group = DeepReadonly<SeiNodeDeployment>;

export function internalServiceName(group: Group): string {
  return `${group.metadata.name}-internal`;
}

export function externalServiceName(group: Group): string {
  return `${group.metadata.name}-external`;
}

export function routeName(group: Group, protocol: string): string {
  return `${group.metadata.name}-${protocol}`;
}

export function p2pServiceName(group: Group, ordinal: number): string {
  return `${childName(group, ordinal)}-p2p`;
}

/** The platform's own domain first, then the public one, where there is one. */
export function routeHostnames(group: Group, protocol: string, { gateway }: Settings): readonly string[] {
  const route = routeName(group, protocol);
  const { namespace = "" } = group.metadata;
  const platform = `${route}.${gateway.domain}`;
  return gateway.publicDomain === undefined
    ? [platform]
    : [platform, `${route}.${namespace}.${gateway.publicDomain}`];
}

/** DNS name of the node's load balancer. Undefined when the chain or the platform's domain is not known. */
export function p2pHostname(group: Group, ordinal: number, settings: Settings): string | undefined {
  const chain = group.spec.template.spec.chainId || group.spec.genesis?.chainId;
  const domain = settings.p2pEndpointDomain;
  if (!chain || domain === undefined) return undefined;
  return `${p2pServiceName(group, ordinal)}.${chain}.${domain}`;
}

/**
 * `spec.externalAddress` of the child with that ordinal: where other nodes find it. Undefined, for no address at all, unless
 * the group asks for TCP and the platform has a domain for it.
 */
export function p2pAddress(group: Group, ordinal: number, settings: Settings): string | undefined {
  if (!activeTiers(group, settings).tcp) return undefined;
  const host = p2pHostname(group, ordinal, settings);
  return host === undefined ? undefined : `${host}:${nodePort.p2p}`;
}

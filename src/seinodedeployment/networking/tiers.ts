/** Which ways in a group asks for, and which of them this operator can give (spec/seinodedeployment.md 1.1, 10.2). */
import type { NetworkingConfig, SeiNodeDeployment } from "#api";
import type { DeepReadonly } from "#kube";
import type { Settings } from "../../settings.ts";

export interface Tiers {
  /** External Service and HTTPRoutes. */
  readonly http: boolean;
  /** A load balancer for each node's P2P. */
  readonly tcp: boolean;
}

/** An empty `networking` is the form that meant HTTP before there was a choice. */
export function isHttpEnabled(networking: DeepReadonly<NetworkingConfig> | undefined): boolean {
  return networking !== undefined && (networking.http !== undefined || networking.tcp === undefined);
}

export function isTcpEnabled(networking: DeepReadonly<NetworkingConfig> | undefined): boolean {
  return networking?.tcp !== undefined;
}

/** TCP is active only where the platform has a domain for the addresses. */
export function activeTiers(group: DeepReadonly<SeiNodeDeployment>, settings: Settings): Tiers {
  const { networking } = group.spec;
  return {
    http: isHttpEnabled(networking),
    tcp: isTcpEnabled(networking) && settings.p2pEndpointDomain !== undefined,
  };
}

/** What the nodes of a group serve to others, by their mode (spec/seinodedeployment.md 10). */
import { nodePort, nodePorts, type SeiNodeSpec } from "#api";
import type { DeepReadonly } from "#kube";

type NodePort = (typeof nodePorts)[number];

/** In the order in which they are published. `port` is the backend's; `socketPort` serves upgrades to WebSocket. */
export const protocols = [
  { name: "evm", port: nodePort.evmRpc, socketPort: nodePort.evmWs },
  { name: "rpc", port: nodePort.rpc },
  { name: "rest", port: nodePort.rest },
  { name: "grpc", port: nodePort.grpc },
] as const satisfies readonly { name: string; port: number; socketPort?: number }[];

export type Protocol = (typeof protocols)[number];

/** A validator lets nobody near its RPC. Metrics are not for the public, so they are in no Service of the group. */
export function exposedPorts(template: DeepReadonly<SeiNodeSpec>): readonly NodePort[] {
  const isValidator = template.archive === undefined && template.validator !== undefined;
  return nodePorts.filter(({ name }) => name !== "metrics" && (!isValidator || name === "p2p"));
}

/** The protocols that an HTTPRoute can carry. None for a validator. */
export function routedProtocols(template: DeepReadonly<SeiNodeSpec>): readonly Protocol[] {
  const exposed = new Set<number>(exposedPorts(template).map(({ port }) => port));
  return protocols.filter(({ port }) => exposed.has(port));
}

import type { IContainerPort, IServicePort } from "kubernetes-models/v1";
import type { SeiNode } from "#api";
import type { DeepReadonly } from "#kube";
import { RenderError } from "./errors.ts";

/** What seid listens on. The order is part of the contract: it is the order in the container and in the Service. */
export const nodePorts = [
  { name: "evm-rpc", port: 8545 },
  { name: "evm-ws", port: 8546 },
  { name: "grpc", port: 9090, appProtocol: "kubernetes.io/h2c" },
  { name: "rest", port: 1317 },
  { name: "p2p", port: 26656 },
  { name: "rpc", port: 26657 },
  { name: "metrics", port: 26660 },
] as const satisfies readonly { name: string; port: number; appProtocol?: string }[];

/** kube-rbac-proxy, the only way to the sidecar from outside the pod. */
export const apiPort = { name: "api", port: 8443 } as const;
export const exporterPort = { name: "cosmos-metrics", port: 9300 } as const;
export const rpcPort = 26657;
export const grpcPort = 9090;
export const p2pPort = 26656;

const defaultSidecarPort = 7777;

/** The sidecar's port on the pod's loopback. Throws a RenderError when the spec asks for one that cannot work. */
export function sidecarPort(node: DeepReadonly<SeiNode>): number {
  const port = node.spec.sidecar?.port || defaultSidecarPort;
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new RenderError(`spec.sidecar.port is ${port}: a port is a number from 1 to 65535`);
  }
  const taken = [...nodePorts, apiPort, exporterPort].find((other) => other.port === port);
  if (taken !== undefined) {
    throw new RenderError(
      `spec.sidecar.port is ${port}, which is the pod's ${taken.name} port: choose another (default ${defaultSidecarPort})`,
    );
  }
  return port;
}

export function containerPort(name: string, port: number): IContainerPort {
  return { name, containerPort: port, protocol: "TCP" };
}

export function servicePort(entry: { name: string; port: number; appProtocol?: string }): IServicePort {
  const { name, port, appProtocol } = entry;
  return { name, port, targetPort: port, protocol: "TCP", ...(appProtocol !== undefined && { appProtocol }) };
}

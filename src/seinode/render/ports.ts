import type { IContainerPort } from "kubernetes-models/v1";
import { nodePort, nodePorts, type SeiNode } from "#api";
import type { DeepReadonly } from "#kube";
import { RenderError } from "./errors.ts";

/** kube-rbac-proxy, the only way to the sidecar from outside the pod. */
export const apiPort = { name: "api", port: 8443 } as const;
export const exporterPort = { name: "cosmos-metrics", port: 9300 } as const;
export const rpcPort = nodePort.rpc;
export const grpcPort = nodePort.grpc;
export const p2pPort = nodePort.p2p;

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

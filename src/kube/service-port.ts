import type { IServicePort } from "kubernetes-models/v1";

/**
 * A TCP port of a Service that leads to the same port of the pods. The protocol is written out: server-side apply tells
 * the ports of a Service apart by port and protocol, before anything is defaulted.
 */
export function tcpServicePort(entry: { name: string; port: number; appProtocol?: string }): IServicePort {
  const { name, port, appProtocol } = entry;
  return { name, port, targetPort: port, protocol: "TCP", ...(appProtocol !== undefined && { appProtocol }) };
}

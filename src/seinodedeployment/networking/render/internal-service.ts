import { nodePort, type SeiNodeDeployment } from "#api";
import { type DeepReadonly, tcpServicePort } from "#kube";
import { internalServiceName } from "../names.ts";
import { groupLabels, groupMetadata, managedBy, type ServiceManifest } from "./metadata.ts";

/**
 * The way in for the same cluster, for every mode and whatever `spec.networking` says. Only what a request can be sent to
 * any node for: no WebSocket and no gRPC stream, which would hold on to one node by chance. Nodes that are not Ready get
 * no traffic, and a rollout does not narrow the selector.
 */
export function renderInternalService(group: DeepReadonly<SeiNodeDeployment>): ServiceManifest {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { ...groupMetadata(group, internalServiceName(group)), annotations: { ...managedBy } },
    spec: {
      type: "ClusterIP",
      selector: groupLabels(group),
      publishNotReadyAddresses: false,
      ports: [
        tcpServicePort({ name: "rpc", port: nodePort.rpc }),
        tcpServicePort({ name: "evm-http", port: nodePort.evmRpc }),
        tcpServicePort({ name: "rest", port: nodePort.rest }),
      ],
    },
  };
}

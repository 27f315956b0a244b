import { nodePorts, type SeiNode } from "#api";
import { type DeepReadonly, tcpServicePort } from "#kube";
import { selectorLabels } from "./labels.ts";
import { childMetadata, type ServiceManifest } from "./manifest.ts";
import { apiPort } from "./ports.ts";

/**
 * Gives the pod its DNS name. It publishes addresses of pods that are not Ready, because the sidecar has to be reached
 * exactly then: while it prepares the node, and while seid is halted.
 */
export function renderHeadlessService(node: DeepReadonly<SeiNode>): ServiceManifest {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: childMetadata(node, node.metadata.name),
    spec: {
      clusterIP: "None",
      selector: selectorLabels(node),
      publishNotReadyAddresses: true,
      ports: [...nodePorts, apiPort].map(tcpServicePort),
    },
  };
}

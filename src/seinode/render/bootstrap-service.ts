import type { SeiNode } from "#api";
import { type DeepReadonly, tcpServicePort } from "#kube";
import { bootstrapLabels } from "./bootstrap-names.ts";
import { childMetadata, type ServiceManifest } from "./manifest.ts";
import { apiPort } from "./ports.ts";

/**
 * Gives the bootstrap pod the DNS name that the node's own pod has later: same name, other selector. It is created once
 * and removed before the node's own Service is applied.
 */
export function renderBootstrapService(node: DeepReadonly<SeiNode>): ServiceManifest {
  const labels = bootstrapLabels(node);
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { ...childMetadata(node, node.metadata.name), labels },
    spec: {
      clusterIP: "None",
      selector: { ...labels },
      publishNotReadyAddresses: true,
      ports: [tcpServicePort(apiPort)],
    },
  };
}

import { Annotations, Components, Labels, nodePort, type SeiNodeDeployment } from "#api";
import { type DeepReadonly, tcpServicePort } from "#kube";
import type { Settings } from "../../../settings.ts";
import { childName } from "../../children.ts";
import { p2pHostname, p2pServiceName } from "../names.ts";
import { groupMetadata, managedBy, type ServiceManifest } from "./metadata.ts";

/**
 * The load balancer of one node. It belongs to the group and not to the node, so that the address outlives a node that is
 * made anew.
 */
export function renderP2pService(
  group: DeepReadonly<SeiNodeDeployment>,
  ordinal: number,
  settings: Settings,
): ServiceManifest {
  const { labels, ...metadata } = groupMetadata(group, p2pServiceName(group, ordinal));
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: {
      ...metadata,
      labels: { ...labels, ...p2pLabels, [Labels.nodeDeploymentOrdinal]: String(ordinal) },
      annotations: loadBalancerAnnotations(p2pHostname(group, ordinal, settings), settings),
    },
    spec: {
      type: "LoadBalancer",
      externalTrafficPolicy: "Local",
      selector: { [Labels.node]: childName(group, ordinal) },
      ports: [tcpServicePort({ name: "p2p", port: nodePort.p2p })],
      // Targets by IP need no port on the machines. By instance they do, and then the field is the API server's.
      ...(settings.nlbTargetType === "ip" && { allocateLoadBalancerNodePorts: false }),
    },
  };
}

/** What tells these Services from the others of the group. */
export const p2pLabels = { [Labels.component]: Components.p2pEndpoint } as const;

function loadBalancerAnnotations(host: string | undefined, settings: Settings): Record<string, string> {
  return {
    ...managedBy,
    ...(host !== undefined && { [Annotations.externalDnsHostname]: host }),
    [Annotations.awsLoadBalancerType]: "external",
    [Annotations.awsLoadBalancerScheme]: "internet-facing",
    [Annotations.awsLoadBalancerTargetType]: settings.nlbTargetType,
    [Annotations.awsLoadBalancerAttributes]: "load_balancing.cross_zone.enabled=true",
  };
}

import type { IPodSpec } from "kubernetes-models/v1";
import { Annotations, type SeiNode } from "#api";
import type { DeepReadonly } from "#kube";
import type { Settings } from "../../settings.ts";
import { cosmosExporterContainer } from "./containers/cosmos-exporter.ts";
import { rbacProxyContainer } from "./containers/rbac-proxy.ts";
import { seidContainer } from "./containers/seid.ts";
import { seidInitContainer } from "./containers/seid-init.ts";
import { sidecarContainer } from "./containers/sidecar.ts";
import { assertKeyringContained } from "./keyring-guard.ts";
import { operatorKeyring } from "./keys.ts";
import { resourceLabels, selectorLabels } from "./labels.ts";
import { childMetadata, type StatefulSetManifest } from "./manifest.ts";
import { seidImage } from "./platform.ts";
import { scheduling } from "./scheduling.ts";
import { podSecurityContext } from "./security.ts";
import { podVolumes } from "./volumes.ts";

/**
 * The node's StatefulSet: one pod, or none while paused or `held` (another pod has the volume). OnDelete, because RollingUpdate refuses to replace a pod that is
 * not Ready, and a seid halted at an upgrade height never is; replacing pods is the task replace-pod. Throws a
 * RenderError.
 */
export function renderStatefulSet(
  node: DeepReadonly<SeiNode>,
  settings: Settings,
  options: { readonly held?: boolean } = {},
): StatefulSetManifest {
  return {
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: childMetadata(node, node.metadata.name),
    spec: {
      // Said in so many words even when 0: a field left out would be given up to whoever scaled last.
      replicas: node.spec.paused === true || options.held === true ? 0 : 1,
      serviceName: node.metadata.name,
      selector: { matchLabels: selectorLabels(node) },
      updateStrategy: { type: "OnDelete" },
      template: {
        metadata: {
          labels: resourceLabels(node),
          annotations: { [Annotations.karpenterDoNotDisrupt]: "true" },
        },
        spec: podSpec(node, settings),
      },
    },
  };
}

function podSpec(node: DeepReadonly<SeiNode>, settings: Settings): IPodSpec {
  const { serviceAccount } = settings;
  const pod: IPodSpec = {
    // kube-rbac-proxy asks the API server about each caller, as this account.
    automountServiceAccountToken: true,
    ...(serviceAccount !== undefined && { serviceAccountName: serviceAccount }),
    // The sidecar signals seid (restart-seid), which it can only see in a shared pid namespace.
    shareProcessNamespace: true,
    securityContext: podSecurityContext(),
    ...scheduling(node, settings),
    volumes: podVolumes(node),
    initContainers: [
      seidInitContainer(node, seidImage(node)),
      sidecarContainer(node, settings),
      rbacProxyContainer(node, settings),
    ],
    containers: [seidContainer(node, settings), cosmosExporterContainer(settings)],
  };
  assertKeyringContained(pod, operatorKeyring(node));
  return pod;
}

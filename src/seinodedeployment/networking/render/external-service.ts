import type { SeiNodeDeployment } from "#api";
import { type DeepReadonly, tcpServicePort } from "#kube";
import { exposedPorts } from "../exposure.ts";
import { externalServiceName } from "../names.ts";
import { groupLabels, groupMetadata, type ServiceManifest } from "./metadata.ts";

/** What the HTTPRoutes lead to. It is there also for a validator, whose mode has no routes. */
export function renderExternalService(group: DeepReadonly<SeiNodeDeployment>): ServiceManifest {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: groupMetadata(group, externalServiceName(group)),
    spec: {
      type: "ClusterIP",
      selector: groupLabels(group),
      ports: exposedPorts(group.spec.template.spec).map(tcpServicePort),
    },
  };
}

import { Annotations, ControllerNames, Labels, type SeiNodeDeployment, seiNodeDeployments } from "#api";
import { controllerReference, type DeepReadonly, type HTTPRoute, type Manifest, type Service } from "#kube";

export type ServiceManifest = Manifest & { spec: NonNullable<Service["spec"]> };
export type HTTPRouteManifest = Manifest & { spec: NonNullable<HTTPRoute["spec"]> };

/** The only label of what all nodes share, and what selects all nodes. */
export function groupLabels(group: DeepReadonly<SeiNodeDeployment>): Record<string, string> {
  return { [Labels.nodeDeployment]: group.metadata.name };
}

/** Metadata of an object of the group: its namespace and label, controlled by the group. */
export function groupMetadata(group: DeepReadonly<SeiNodeDeployment>, name: string): Manifest["metadata"] {
  const { namespace } = group.metadata;
  return {
    name,
    ...(namespace !== undefined && { namespace }),
    labels: groupLabels(group),
    ownerReferences: [controllerReference(seiNodeDeployments, group)],
  };
}

/** On everything but the external Service. */
export const managedBy = { [Annotations.managedBy]: ControllerNames.seiNodeDeployment } as const;

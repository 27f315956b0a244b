import { type SeiNode, seiNodes } from "#api";
import {
  type ConfigMap,
  controllerReference,
  type DeepReadonly,
  type Manifest,
  type PersistentVolumeClaim,
  type Service,
  type StatefulSet,
} from "#kube";
import { resourceLabels } from "./labels.ts";
import { namespaceOf } from "./names.ts";

/** What the builders return: only fields this operator owns, none of them null or left over empty. */
export type StatefulSetManifest = Manifest & { spec: NonNullable<StatefulSet["spec"]> };
export type ServiceManifest = Manifest & { spec: NonNullable<Service["spec"]> };
export type PersistentVolumeClaimManifest = Manifest & { spec: NonNullable<PersistentVolumeClaim["spec"]> };
export type ConfigMapManifest = Manifest & { data: NonNullable<ConfigMap["data"]> };

/** Metadata of a child: the node's namespace and labels, controlled by the node. */
export function childMetadata(node: DeepReadonly<SeiNode>, name: string): Manifest["metadata"] {
  return {
    name,
    namespace: namespaceOf(node),
    labels: resourceLabels(node),
    ownerReferences: [controllerReference(seiNodes, node)],
  };
}

import type { SeiNode } from "#api";
import type { DeepReadonly } from "#kube";
import type { Settings } from "../../settings.ts";
import { childMetadata, type PersistentVolumeClaimManifest } from "./manifest.ts";
import { ownClaimName } from "./names.ts";
import { modeSettings } from "./platform.ts";

/**
 * The claim `data-<node>`, created once and never changed. Not for a node that imports its claim. Without a storage
 * class setting the cluster's default class is used (design D28).
 */
export function renderDataVolumeClaim(
  node: DeepReadonly<SeiNode>,
  settings: Settings,
): PersistentVolumeClaimManifest {
  const { storageClass, storageSize } = modeSettings(node, settings);
  return {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: childMetadata(node, ownClaimName(node.metadata.name)),
    spec: {
      accessModes: ["ReadWriteOnce"],
      resources: { requests: { storage: storageSize } },
      ...(storageClass !== undefined && { storageClassName: storageClass }),
    },
  };
}

import type { SeiNode } from "#api";
import type { DeepReadonly } from "#kube";
import type { ModeSettings, Settings } from "../../settings.ts";
import { RenderError } from "./errors.ts";
import { modeOf } from "./mode.ts";

/** The platform's storage, scheduling and resources for this node's mode. */
export function modeSettings(node: DeepReadonly<SeiNode>, settings: Settings): ModeSettings {
  return modeOf(node) === "archive" ? settings.archive : settings.standard;
}

/** The sidecar image the node should run: its own, else the platform's. Part of drift detection. */
export function sidecarImage(node: DeepReadonly<SeiNode>, settings: Settings): string {
  return node.spec.sidecar?.image || required(settings.sidecarImage, "SEI_SIDECAR_IMAGE");
}

export function rbacProxyImage(settings: Settings): string {
  return required(settings.kubeRbacProxyImage, "SEI_KUBE_RBAC_PROXY_IMAGE");
}

export function cosmosExporterImage(settings: Settings): string {
  return required(settings.cosmosExporterImage, "SEI_COSMOS_EXPORTER_IMAGE");
}

/** The seid image. The CRD demands it; an object without it must not become a pod that runs nothing. */
export function seidImage(node: DeepReadonly<SeiNode>): string {
  if (!node.spec.image)
    throw new RenderError("spec.image is required: no seid container can be rendered without it");
  return node.spec.image;
}

function required(value: string, variable: string): string {
  if (value === "")
    throw new RenderError(`${variable} is required: set it in the environment of the manager`);
  return value;
}

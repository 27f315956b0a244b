/** Applies an object the node owns by its name, without taking anybody else's (design section 2). */
import type { SeiNode } from "#api";
import {
  type Applier,
  type Client,
  configMaps,
  controllerOf,
  type DeepReadonly,
  isControlledBy,
  type KubeObject,
  keyOf,
  type Manifest,
  type ResourceType,
  services,
  unlessNotFound,
} from "#kube";
import type { SeiNodeRuntime } from "../deps.ts";
import type { Pass } from "../pass.ts";
import { renderHeadlessService, renderRbacProxyConfig } from "../render/index.ts";

/** The name belongs to somebody else. */
export class ForeignObject extends Error {
  override readonly name = "ForeignObject";
}

export function applyService(runtime: SeiNodeRuntime, pass: Pass): Promise<{ state: "complete" }> {
  return applyOwned(runtime, pass.node, services, renderHeadlessService(pass.node), pass.signal);
}

export function applyProxyConfig(runtime: SeiNodeRuntime, pass: Pass): Promise<{ state: "complete" }> {
  return applyOwned(runtime, pass.node, configMaps, renderRbacProxyConfig(pass.node), pass.signal);
}

/**
 * Complete once the object is as `manifest` says. Fields that other managers hold are taken only from objects this node
 * controls already. Rejects with ForeignObject when the name belongs to somebody else.
 */
async function applyOwned<T extends KubeObject>(
  deps: { client: Client; applier: Applier },
  node: DeepReadonly<SeiNode>,
  resource: ResourceType<T>,
  manifest: Manifest,
  signal: AbortSignal,
): Promise<{ state: "complete" }> {
  const existing = await unlessNotFound(deps.client.get(resource, keyOf(manifest), signal));
  const controller = existing && controllerOf(existing);
  const ours = existing !== undefined && isControlledBy(existing, node.metadata.uid);
  if (controller !== undefined && !ours) {
    throw new ForeignObject(
      `${resource.kind} ${manifest.metadata.name} is controlled by ${controller.kind} ${controller.name}; ` +
        "it is left alone until that owner is gone or the object is renamed",
    );
  }
  await deps.applier.apply(resource, manifest, existing, signal, { force: ours });
  return { state: "complete" };
}

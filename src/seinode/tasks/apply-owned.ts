/** Applies an object the node owns by its name, without taking anybody else's (design section 2). */
import type { SeiNode } from "#api";
import {
  type Applier,
  type Client,
  controllerOf,
  type DeepReadonly,
  isControlledBy,
  type KubeObject,
  keyOf,
  type Manifest,
  type ResourceType,
  unlessNotFound,
} from "#kube";

/**
 * Complete once the object is as `manifest` says. Fields that other managers hold are taken only from objects this node
 * controls already. Rejects, naming the owner, when the name belongs to somebody else.
 */
export async function applyOwned<T extends KubeObject>(
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
    throw new Error(
      `${resource.kind} ${manifest.metadata.name} is controlled by ${controller.kind} ${controller.name}; ` +
        "it is left alone until that owner is gone or the object is renamed",
    );
  }
  await deps.applier.apply(resource, manifest, existing, signal, { force: ours });
  return { state: "complete" };
}

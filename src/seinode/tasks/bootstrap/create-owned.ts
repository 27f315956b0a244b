/** Creates an object that is never changed afterwards: POST, and on AlreadyExists a live read and an ownership check. */
import type { SeiNode } from "#api";
import {
  type Client,
  controllerOf,
  type DeepReadonly,
  isAlreadyExists,
  isControlledBy,
  type KubeObject,
  keyOf,
  type Manifest,
  type ResourceType,
  unlessNotFound,
} from "#kube";
import { ForeignObject } from "../apply-owned.ts";

export type Created<T extends KubeObject> =
  | { readonly state: "created" }
  /** Ours, from before; live. It may be on its way out. */
  | { readonly state: "existing"; readonly object: DeepReadonly<T> }
  /** The name is taken by what the predecessor of this SeiNode left, which goes by itself. */
  | { readonly state: "taken" };

/** Rejects with ForeignObject when the name belongs to somebody else. */
export async function createOwned<T extends KubeObject>(
  client: Client,
  node: DeepReadonly<SeiNode>,
  resource: ResourceType<T>,
  manifest: Manifest,
  signal: AbortSignal,
): Promise<Created<T>> {
  try {
    await client.create(resource, manifest, signal);
    return { state: "created" };
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
  }
  const live = await unlessNotFound(client.live.get<T>(resource, keyOf(manifest), signal));
  if (live === undefined) return { state: "taken" };
  if (isControlledBy(live, node.metadata.uid)) return { state: "existing", object: live };
  const controller = controllerOf(live);
  const predecessor = controller?.kind === "SeiNode" && controller.name === node.metadata.name;
  if (predecessor || live.metadata.deletionTimestamp !== undefined) return { state: "taken" };
  const owner = controller === undefined ? "nobody" : `${controller.kind} ${controller.name}`;
  throw new ForeignObject(
    `${resource.kind} ${manifest.metadata.name} exists and is controlled by ${owner}; ` +
      "it is left alone until it is deleted or renamed",
  );
}

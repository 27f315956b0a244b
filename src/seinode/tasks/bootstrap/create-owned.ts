/** Creates an object that is never changed afterwards: POST, and on AlreadyExists a live read and an ownership check. */
import type { SeiNode } from "#api";
import {
  type Client,
  type DeepReadonly,
  isAlreadyExists,
  isControlledBy,
  type KubeObject,
  keyOf,
  type Manifest,
  type ResourceType,
  unlessNotFound,
} from "#kube";
import { ForeignObject, isLeftover } from "../foreign-object.ts";

export type Created<T extends KubeObject> =
  | { readonly state: "created" }
  /** Ours, from before; live. It may be on its way out. */
  | { readonly state: "existing"; readonly object: DeepReadonly<T> }
  /** The name is taken by what goes by itself. */
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
  if (isLeftover(live, node)) return { state: "taken" };
  throw new ForeignObject(resource.kind, live);
}

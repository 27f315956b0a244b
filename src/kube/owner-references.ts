/** Letting go of an object: it stays, and nobody collects it. */
import type { Client, DeepReadonly, KubeObject, ResourceType } from "./client.ts";
import { isNotFound } from "./errors.ts";
import { keyOf } from "./object.ts";

/**
 * Strips every owner reference with that uid. Without one nothing is sent; an object that is gone is fine. The patch
 * replaces the whole list, so it carries the uid and resourceVersion it was computed from: rejects with class `conflict`
 * when the object changed since.
 */
export async function releaseFromOwner<T extends KubeObject>(
  client: Client,
  resource: ResourceType<T>,
  object: DeepReadonly<T>,
  ownerUid: string,
  signal: AbortSignal,
): Promise<void> {
  const { uid, resourceVersion, ownerReferences = [] } = object.metadata;
  const left = ownerReferences.filter((reference) => reference.uid !== ownerUid);
  if (left.length === ownerReferences.length) return;
  const patch = { metadata: { uid, resourceVersion, ownerReferences: left } };
  try {
    await client.mergePatch(resource, keyOf(object), patch, {}, signal);
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}

/**
 * Adding and removing one's own finalizer by merge patch. The patch replaces the whole list, so it always carries the
 * resourceVersion it was computed from: without it, somebody else's finalizer added meanwhile would be erased.
 */
import type { Client, DeepReadonly, KubeObject, ResourceType } from "./client.ts";
import { keyOf } from "./object.ts";

export function hasFinalizer(object: DeepReadonly<KubeObject>, finalizer: string): boolean {
  return object.metadata.finalizers?.includes(finalizer) ?? false;
}

export function addFinalizer<T extends KubeObject>(
  client: Client,
  resource: ResourceType<T>,
  object: DeepReadonly<T>,
  finalizer: string,
  signal: AbortSignal,
): Promise<DeepReadonly<T>> {
  return patchFinalizers(
    client,
    resource,
    object,
    [...(object.metadata.finalizers ?? []), finalizer],
    signal,
  );
}

export function removeFinalizer<T extends KubeObject>(
  client: Client,
  resource: ResourceType<T>,
  object: DeepReadonly<T>,
  finalizer: string,
  signal: AbortSignal,
): Promise<DeepReadonly<T>> {
  const left = (object.metadata.finalizers ?? []).filter((name) => name !== finalizer);
  return patchFinalizers(client, resource, object, left, signal);
}

function patchFinalizers<T extends KubeObject>(
  client: Client,
  resource: ResourceType<T>,
  object: DeepReadonly<T>,
  finalizers: readonly string[],
  signal: AbortSignal,
): Promise<DeepReadonly<T>> {
  const { resourceVersion } = object.metadata;
  return client.mergePatch<T>(
    resource,
    keyOf(object),
    { metadata: { resourceVersion, finalizers } },
    {},
    signal,
  );
}

/** Which objects to look at because of an event: the mappings from a watched object to the keys of a controller. */
import type { InformerEvent } from "./informer.ts";
import { type KubeObject, keyOf, type ObjectKey, type ResourceType } from "./object.ts";

export type KeyMapping<T extends KubeObject = KubeObject> = (event: InformerEvent<T>) => Iterable<ObjectKey>;

/** The object itself. */
export const ownKey: KeyMapping = ({ object }) => [keyOf(object)];

/**
 * The controlling owner, if it is of this kind and group, before and after the change: when an object is handed over,
 * both owners have to look. The version is not compared: an old reference names the version it was written with.
 */
export function ownerKeys(owner: Pick<ResourceType, "kind" | "group" | "namespaced">): KeyMapping {
  return ({ object, old }) => {
    const keys = new Map<string, ObjectKey>();
    for (const version of old === undefined ? [object] : [old, object]) {
      for (const reference of version.metadata.ownerReferences ?? []) {
        if (reference.controller !== true || reference.kind !== owner.kind) continue;
        if (groupOf(reference.apiVersion) !== owner.group) continue;
        keys.set(
          reference.name,
          keyIn(owner.namespaced ? version.metadata.namespace : undefined, reference.name),
        );
      }
    }
    return keys.values();
  };
}

/** The object that a label names, in the same namespace, before and after the change. */
export function labelKeys(label: string): KeyMapping {
  return ({ object, old }) => {
    const { namespace } = object.metadata;
    const names = new Set([old?.metadata.labels?.[label], object.metadata.labels?.[label]]);
    return [...names]
      .filter((name) => name !== undefined && name !== "")
      .map((name) => keyIn(namespace, name ?? ""));
  };
}

function keyIn(namespace: string | undefined, name: string): ObjectKey {
  return namespace === undefined ? { name } : { namespace, name };
}

function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf("/");
  return slash < 0 ? "" : apiVersion.slice(0, slash);
}

/**
 * Which events are worth a look. A predicate may only ever save work: what it refuses must be without meaning for the
 * reconciler, because nothing else will bring it up.
 */
import type { InformerEvent } from "./informer.ts";
import { sameJson } from "./json.ts";
import type { KubeObject } from "./object.ts";

export type Predicate<T extends KubeObject = KubeObject> = (event: InformerEvent<T>) => boolean;

/**
 * Spec changes: the API server counts `generation` up for them, and when deletion is asked for. Status and metadata
 * changes do not pass. Only for resources that have a generation (custom resources, StatefulSets; not Pods).
 */
export const generationChanged: Predicate = ({ object, old }) =>
  old === undefined ||
  old.metadata.generation !== object.metadata.generation ||
  old.metadata.deletionTimestamp !== object.metadata.deletionTimestamp;

/** Added and deleted objects, and a change of one of these annotations' values. */
export function annotationChanged(...names: readonly string[]): Predicate {
  return ({ object, old }) =>
    old === undefined ||
    names.some((name) => old.metadata.annotations?.[name] !== object.metadata.annotations?.[name]);
}

/** Added and deleted objects, and a change of one of these labels' values. */
export function labelChanged(...names: readonly string[]): Predicate {
  return ({ object, old }) =>
    old === undefined || names.some((name) => old.metadata.labels?.[name] !== object.metadata.labels?.[name]);
}

/** Added and deleted objects, and any change of the list of finalizers. */
export const finalizersChanged: Predicate = ({ object, old }) =>
  old === undefined || (old.metadata.finalizers ?? []).join() !== (object.metadata.finalizers ?? []).join();

/** Added and deleted objects, and any change of labels, annotations or owners: whose it is, and what is told about it. */
export const metadataChanged: Predicate = ({ object, old }) =>
  old === undefined ||
  !sameJson(old.metadata.labels, object.metadata.labels) ||
  !sameJson(old.metadata.annotations, object.metadata.annotations) ||
  !sameJson(old.metadata.ownerReferences, object.metadata.ownerReferences);

export function anyOf<T extends KubeObject>(...predicates: readonly Predicate<T>[]): Predicate<T> {
  return (event) => predicates.some((predicate) => predicate(event));
}

export function allOf<T extends KubeObject>(...predicates: readonly Predicate<T>[]): Predicate<T> {
  return (event) => predicates.every((predicate) => predicate(event));
}

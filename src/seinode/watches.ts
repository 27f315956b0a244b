/** Which changes of a SeiNode itself are worth a pass (spec/seinode.md 2.1, design D10, D23). Our own status writes are not. */
import { Annotations, type SeiNode } from "#api";
import type { DeepReadonly } from "#kube";

const WATCHED_ANNOTATIONS: readonly string[] = [Annotations.retry, Annotations.applyConfig];

export function seiNodePredicate(event: {
  readonly type: "added" | "modified" | "deleted";
  readonly object: DeepReadonly<SeiNode>;
  readonly old?: DeepReadonly<SeiNode>;
}): boolean {
  const { object, old } = event;
  if (event.type !== "modified" || old === undefined) return true;
  if (object.metadata.uid !== old.metadata.uid) return true;
  // Setting deletionTimestamp raises the generation too, but not on an object that loses its last finalizer late.
  if (object.metadata.generation !== old.metadata.generation) return true;
  if (object.metadata.deletionTimestamp !== old.metadata.deletionTimestamp) return true;
  return WATCHED_ANNOTATIONS.some(
    (name) => object.metadata.annotations?.[name] !== old.metadata.annotations?.[name],
  );
}

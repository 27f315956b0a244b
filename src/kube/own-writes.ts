/** What the cached client tells an informer about its own requests, so that reads through it never go back. */
import type { DeepReadonly, KubeObject, ObjectKey } from "./object.ts";
import type { Ticket } from "./overlay.ts";
import type { Selection } from "./store.ts";

export interface OwnWrites<T extends KubeObject> {
  /** Before the request goes out. */
  begin(): Ticket;
  /** A write or a live read answered with the object as it now is. */
  answered(object: DeepReadonly<T>, ticket: Ticket): void;
  /** A delete was answered by "it is gone". `uid` of what was deleted, where the answer or the precondition names it. */
  removed(key: ObjectKey, uid: string | undefined, ticket: Ticket): void;
  /** A delete or a live read was answered by "there is none". */
  absent(key: ObjectKey, ticket: Ticket): void;
  /** A write may or may not have happened. `labels`: those it gives the object, if it names any. */
  lost(key: ObjectKey, labels?: Readonly<Record<string, string>>): void;
  /** The next read of the key has to be live. */
  isDirty(key: ObjectKey): boolean;
  dirtyKeys(selection: Selection): ObjectKey[];
  /** Keys about which more is remembered than the watch told. */
  readonly size: number;
}

/** What the cached client tells an informer about its own requests, so that reads through it never go back. */
import type { Holdings } from "./holdings.ts";
import type { Intake } from "./intake.ts";
import { type DeepReadonly, formatKey, type KubeObject, keyOf, type ObjectKey } from "./object.ts";
import type { Overlay, Ticket } from "./overlay.ts";
import type { Selection } from "./store.ts";

type Labels = Readonly<Record<string, string>>;

export class OwnWrites<T extends KubeObject> {
  readonly #overlay: Overlay<T>;
  readonly #holdings: Holdings<T>;
  readonly #intake: Intake<T>;
  readonly #selects: (object: DeepReadonly<T>) => boolean;

  /** `selects`: whether the informer's watch shows such an object. */
  constructor(
    overlay: Overlay<T>,
    holdings: Holdings<T>,
    intake: Intake<T>,
    selects: (object: DeepReadonly<T>) => boolean,
  ) {
    this.#overlay = overlay;
    this.#holdings = holdings;
    this.#intake = intake;
    this.#selects = selects;
  }

  /** To be taken before the request goes out. */
  ticket(): Ticket {
    return this.#overlay.ticket();
  }

  /**
   * A delete answered with an object. One that is only terminating says so by its deletionTimestamp. Without that it is
   * the last state of what is gone: so do resources that return what they deleted (Services, claims).
   */
  deleted(object: DeepReadonly<T>, ticket: Ticket): Error | undefined {
    if (object.metadata.deletionTimestamp !== undefined) return this.answered(object, ticket);
    this.#removed(object, ticket);
    return undefined;
  }

  /**
   * A write answered with the object as it left it. Returns why the cache cannot hold it, if so; the key is
   * dirty then.
   */
  answered(object: DeepReadonly<T>, ticket: Ticket): Error | undefined {
    if (!isRemoved(object)) return this.read(object, ticket);
    this.#removed(object, ticket);
    return undefined;
  }

  /** The same of an object that certainly exists: a live read answered with it. */
  read(object: DeepReadonly<T>, ticket: Ticket): Error | undefined {
    const { uid, resourceVersion, labels } = object.metadata;
    if (!this.#selects(object)) {
      this.#overlay.answeredOutside(keyOf(object), uid, resourceVersion, ticket);
      return undefined;
    }
    const prepared = this.#intake.prepare(object);
    if (prepared.error === undefined) this.#overlay.answered(prepared.entry, ticket);
    else this.#overlay.lost(keyOf(object), [labels ?? {}]);
    return prepared.error;
  }

  /** A delete was answered by "it is gone". `uid`: of what was deleted, where the answer or a precondition names it. */
  removed(key: ObjectKey, uid: string | undefined, ticket: Ticket): void {
    // Without its uid it cannot be told from a predecessor or successor of the same name.
    if (uid === undefined) this.#overlay.lost(key, undefined);
    else this.#overlay.removed(key, uid, undefined, this.#held(key), ticket);
  }

  /** A delete or a live read was answered by "there is none". */
  absent(key: ObjectKey, ticket: Ticket): void {
    this.#overlay.absent(key, this.#held(key), ticket);
  }

  /** A write may or may not have happened. `labels`: those it gives the object, if it names any. */
  lost(key: ObjectKey, labels?: Labels): void {
    const known = this.#overlay.resolve(formatKey(key), this.#held(key))?.metadata.labels;
    // A patch adds its labels to those that are there; a write that did not happen leaves them as they are.
    const possible = [known, labels, known && { ...known, ...labels }].filter((set) => set !== undefined);
    this.#overlay.lost(key, possible.length === 0 ? undefined : possible);
  }

  /** The next read of the key has to be live. */
  isDirty(key: ObjectKey): boolean {
    return this.#overlay.isDirty(key, this.#held(key));
  }

  /** The dirty keys whose object the selection might give. */
  dirtyKeys(selection: Selection): ObjectKey[] {
    return this.#overlay.dirtyKeys(selection, (id) => this.#holdings.get(id));
  }

  /** Keys about which more is remembered than the watch told. */
  get size(): number {
    return this.#overlay.size;
  }

  #removed(object: DeepReadonly<T>, ticket: Ticket): void {
    const { uid, resourceVersion } = object.metadata;
    this.#overlay.removed(keyOf(object), uid, resourceVersion, this.#held(keyOf(object)), ticket);
  }

  #held(key: ObjectKey): DeepReadonly<T> | undefined {
    return this.#holdings.get(formatKey(key));
  }
}

/**
 * Whether the answer to a write shows an object that this write removed: the last finalizer was taken off, or a delete was
 * carried out at once by a resource that answers with the object (pods, claims). One that has finalizers or a grace
 * period left is only terminating, and stays visible.
 */
function isRemoved({ metadata }: DeepReadonly<KubeObject>): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds = 0 } = metadata as typeof metadata & {
    deletionGracePeriodSeconds?: number;
  };
  return (
    deletionTimestamp !== undefined &&
    (metadata.finalizers ?? []).length === 0 &&
    deletionGracePeriodSeconds <= 0
  );
}

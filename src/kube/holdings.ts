/**
 * What the watch has told of one resource: the readable objects in a store, and beside it those that cannot be read. Each
 * change says what it was, in the words of an informer's events.
 */
import { isSameState, type Prepared, type Unreadable } from "./intake.ts";
import type { DeepReadonly, KubeObject } from "./object.ts";
import type { Store, StoreEntry } from "./store.ts";

export interface InformerEvent<T extends KubeObject> {
  readonly type: "added" | "modified" | "deleted";
  /** Of a deleted object its last known state. */
  readonly object: DeepReadonly<T>;
  /** On `modified` the last readable state before. Several changes may have become one. */
  readonly old?: DeepReadonly<T>;
  /** The state before could not be read. `old` is not that state, but one from before it. */
  readonly healed?: true;
  /** Set when `object` has only apiVersion, kind and metadata, because the rest could not be read. */
  readonly unreadable?: Error;
}

export class Holdings<T extends KubeObject> {
  readonly store: Store<T>;
  readonly #unreadable = new Map<string, Unreadable<T>>();

  constructor(store: Store<T>) {
    this.store = store;
  }

  /** The newest state, be it only an identity. */
  get(id: string): DeepReadonly<T> | undefined {
    return this.#unreadable.get(id)?.identity ?? this.store.get(id);
  }

  /** Why the newest state is only an identity. */
  whyUnreadable(id: string): Error | undefined {
    return this.#unreadable.get(id)?.error;
  }

  ids(): Set<string> {
    return new Set([...this.store.keys(), ...this.#unreadable.keys()]);
  }

  /** All that is held, each in its newest state, as events for somebody who knows none of it yet. */
  *asAdded(): Generator<InformerEvent<T>> {
    for (const id of this.ids()) {
      const object = this.get(id);
      const unreadable = this.whyUnreadable(id);
      if (object !== undefined)
        yield { type: "added", object, ...(unreadable !== undefined && { unreadable }) };
    }
  }

  take(id: string, prepared: Prepared<T>): InformerEvent<T>[] {
    return prepared.error === undefined
      ? this.#takeReadable(id, prepared.entry)
      : this.#takeUnreadable(id, prepared);
  }

  /** `last`: the final state, as the deletion told it. */
  remove(id: string, last?: Prepared<T>): InformerEvent<T>[] {
    const held = this.get(id);
    if (held === undefined) return [];
    const before = this.store.delete(id);
    const unreadable = this.whyUnreadable(id);
    this.#unreadable.delete(id);
    const final = last?.error === undefined ? last?.entry.object : undefined;
    if (final !== undefined && final.metadata.uid === held.metadata.uid)
      return [{ type: "deleted", object: final }];
    if (before !== undefined) return [{ type: "deleted", object: before }];
    return [{ type: "deleted", object: held, ...(unreadable !== undefined && { unreadable }) }];
  }

  #takeReadable(id: string, entry: StoreEntry<T>): InformerEvent<T>[] {
    const { object } = entry;
    const replaced = this.#replaced(id, object);
    const before = this.store.get(id);
    const healed = this.#unreadable.delete(id);
    if (before !== undefined && !healed && isSameState(before, object)) return [];
    this.store.put(entry);
    if (replaced !== undefined) return [replaced, { type: "added", object }];
    if (healed) return [{ type: "modified", object, ...(before !== undefined && { old: before }), healed }];
    if (before === undefined) return [{ type: "added", object }];
    return [{ type: "modified", object, old: before }];
  }

  #takeUnreadable(id: string, unreadable: Unreadable<T>): InformerEvent<T>[] {
    const { identity: object, error } = unreadable;
    const held = this.#unreadable.get(id);
    if (held !== undefined && isSameState(held.identity, object)) return [];
    const replaced = this.#replaced(id, object);
    this.#unreadable.set(id, unreadable);
    if (replaced !== undefined) {
      this.store.delete(id);
      return [replaced, { type: "added", object, unreadable: error }];
    }
    const old = this.store.get(id);
    if (old !== undefined) return [{ type: "modified", object, old, unreadable: error }];
    return [{ type: held === undefined ? "added" : "modified", object, unreadable: error }];
  }

  /** The deletion of what is held, when `object` is another one of the same name. */
  #replaced(id: string, object: DeepReadonly<T>): InformerEvent<T> | undefined {
    const held = this.get(id);
    if (held === undefined || held.metadata.uid === object.metadata.uid) return undefined;
    const before = this.store.get(id);
    if (before !== undefined) return { type: "deleted", object: before };
    const unreadable = this.whyUnreadable(id);
    return { type: "deleted", object: held, ...(unreadable !== undefined && { unreadable }) };
  }
}

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
    const before = this.store.get(id);
    const healed = this.#unreadable.delete(id);
    if (before !== undefined && !healed && isSameState(before, object)) return [];
    this.store.put(entry);
    if (before === undefined) return [{ type: healed ? "modified" : "added", object }];
    if (before.metadata.uid === object.metadata.uid) return [{ type: "modified", object, old: before }];
    return [
      { type: "deleted", object: before },
      { type: "added", object },
    ];
  }

  #takeUnreadable(id: string, unreadable: Unreadable<T>): InformerEvent<T>[] {
    const { identity: object, error } = unreadable;
    const held = this.#unreadable.get(id);
    if (held !== undefined && isSameState(held.identity, object)) return [];
    const before = this.store.get(id);
    this.#unreadable.set(id, unreadable);
    if (before === undefined)
      return [{ type: held === undefined ? "added" : "modified", object, unreadable: error }];
    if (before.metadata.uid === object.metadata.uid) {
      return [{ type: "modified", object, old: before, unreadable: error }];
    }
    this.store.delete(id);
    return [
      { type: "deleted", object: before },
      { type: "added", object, unreadable: error },
    ];
  }
}

/** The objects of one resource in memory, found by key, namespace, label or index without a scan of all. */
import { deepFreeze } from "./freeze.ts";
import { hasLabels } from "./label-selector.ts";
import { type DeepReadonly, formatKey, type KubeObject, keyOf } from "./object.ts";

/** The values under which an object is found. Pure, and true of the object alone. */
export type IndexFunction<T extends KubeObject> = (object: DeepReadonly<T>) => readonly string[];
export type Indexes<T extends KubeObject> = Readonly<Record<string, IndexFunction<T>>>;

export interface Selection {
  namespace?: string;
  labels?: Readonly<Record<string, string>>;
}

/** An object that went through every index function and can be stored without further failure. Deeply frozen. */
export interface StoreEntry<T extends KubeObject> {
  readonly key: string;
  readonly object: DeepReadonly<T>;
  /** Pairs of index name and value. */
  readonly places: readonly (readonly [index: string, value: string])[];
}

const labelIndexPrefix = "label:";
/** Cannot collide with an index of the caller's: those become property names, and this holds a slash. */
const namespaceIndex = "metadata/namespace";

/** An index by the value of a label, which `list({ labels })` uses by itself. To be spread into `indexes`. */
export function labelIndex(label: string): Indexes<KubeObject> {
  return {
    [labelIndexPrefix + label]: ({ metadata: { labels } }) => {
      const value = labels?.[label];
      return value === undefined ? [] : [value];
    },
  };
}

export class Store<T extends KubeObject> {
  readonly #indexes: Indexes<T>;
  readonly #entries = new Map<string, StoreEntry<T>>();
  /** index name -> value -> entries. Empty sets are dropped, or a map would grow with every object that ever was. */
  readonly #places = new Map<string, Map<string, Set<StoreEntry<T>>>>();

  constructor(indexes: Indexes<T> = {}) {
    this.#indexes = indexes;
    for (const name of [namespaceIndex, ...Object.keys(indexes)]) this.#places.set(name, new Map());
  }

  /** Freezes the object and runs the index functions. Throws what they throw; stores nothing. */
  prepare(object: DeepReadonly<T>): StoreEntry<T> {
    deepFreeze(object);
    const places: [string, string][] = [[namespaceIndex, object.metadata.namespace ?? ""]];
    for (const [name, valuesOf] of Object.entries(this.#indexes)) {
      for (const value of new Set(valuesOf(object))) places.push([name, value]);
    }
    return { key: formatKey(keyOf(object)), object, places };
  }

  /** Returns the object that was there before. */
  put(entry: StoreEntry<T>): DeepReadonly<T> | undefined {
    const before = this.delete(entry.key);
    this.#entries.set(entry.key, entry);
    for (const [name, value] of entry.places) {
      const values = this.#valuesOf(name);
      const members = values.get(value);
      if (members === undefined) values.set(value, new Set([entry]));
      else members.add(entry);
    }
    return before;
  }

  /** Returns the object that was there. */
  delete(key: string): DeepReadonly<T> | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    for (const [name, value] of entry.places) {
      const values = this.#valuesOf(name);
      const members = values.get(value);
      members?.delete(entry);
      if (members?.size === 0) values.delete(value);
    }
    return entry.object;
  }

  get(key: string): DeepReadonly<T> | undefined {
    return this.#entries.get(key)?.object;
  }

  keys(): IterableIterator<string> {
    return this.#entries.keys();
  }

  get size(): number {
    return this.#entries.size;
  }

  /** In no particular order. Looks only at the smallest set that an index gives for the selection. */
  list(selection: Selection = {}): DeepReadonly<T>[] {
    const { namespace, labels } = selection;
    const found: DeepReadonly<T>[] = [];
    for (const { object } of this.#candidates(selection)) {
      if (namespace !== undefined && object.metadata.namespace !== namespace) continue;
      if (hasLabels(object.metadata.labels, labels)) found.push(object);
    }
    return found;
  }

  /** Throws when there is no such index, so that a misspelt name is not an empty answer. */
  byIndex(name: string, value: string): DeepReadonly<T>[] {
    if (!Object.hasOwn(this.#indexes, name))
      throw new Error(`store: there is no index ${JSON.stringify(name)}`);
    return Array.from(this.#valuesOf(name).get(value) ?? [], ({ object }) => object);
  }

  /** How many index values are remembered, for tests that assert that none outlives its objects. */
  get indexedValues(): number {
    let count = 0;
    for (const values of this.#places.values()) count += values.size;
    return count;
  }

  #candidates({ namespace, labels = {} }: Selection): Iterable<StoreEntry<T>> {
    const sets: ReadonlySet<StoreEntry<T>>[] = [];
    const narrow = (name: string, value: string) => {
      const values = this.#places.get(name);
      if (values !== undefined) sets.push(values.get(value) ?? new Set());
    };
    if (namespace !== undefined) narrow(namespaceIndex, namespace);
    for (const [label, value] of Object.entries(labels)) narrow(labelIndexPrefix + label, value);
    const [first, ...others] = sets;
    if (first === undefined) return this.#entries.values();
    return others.reduce((smallest, set) => (set.size < smallest.size ? set : smallest), first);
  }

  #valuesOf(name: string): Map<string, Set<StoreEntry<T>>> {
    const values = this.#places.get(name);
    if (values === undefined) throw new Error(`store: there is no index ${JSON.stringify(name)}`);
    return values;
  }
}

/** Turns what the server sent into what the cache holds, or says why that cannot be done. */
import { deepFreeze } from "./freeze.ts";
import { apiVersionOf, type DeepReadonly, type KubeObject, type ResourceType } from "./object.ts";
import type { Store, StoreEntry } from "./store.ts";

/** An object ready to be stored, or what is left of one that cannot be: apiVersion, kind and metadata. */
export type Prepared<T extends KubeObject> =
  | { readonly entry: StoreEntry<T>; readonly error?: undefined }
  | Unreadable<T>;

export interface Unreadable<T extends KubeObject> {
  readonly error: Error;
  readonly identity: DeepReadonly<T>;
}

export class Intake<T extends KubeObject> {
  readonly #resource: ResourceType<T>;
  readonly #store: Store<T>;
  readonly #transform: (object: DeepReadonly<T>) => DeepReadonly<T>;

  constructor(
    resource: ResourceType<T>,
    store: Store<T>,
    transform: (object: DeepReadonly<T>) => DeepReadonly<T> = (object) => object,
  ) {
    this.#resource = resource;
    this.#store = store;
    this.#transform = transform;
  }

  /** Freezes what it is given. Never throws: what the transform or an index function throws becomes the `error`. */
  prepare(received: DeepReadonly<T>, refused?: Error): Prepared<T> {
    const object = deepFreeze(this.#complete(received));
    try {
      if (refused !== undefined) throw refused;
      const cut = this.#transform(object);
      if (!isSameState(cut, object) || cut.metadata.name !== object.metadata.name) {
        throw new Error("the transform changed what identifies the object");
      }
      return { entry: this.#store.prepare(cut) };
    } catch (thrown) {
      const error = thrown instanceof Error ? thrown : new Error(String(thrown));
      const { apiVersion, kind, metadata } = object;
      return { error, identity: Object.freeze({ apiVersion, kind, metadata }) as DeepReadonly<T> };
    }
  }

  /** Without managedFields, which are half of an object and which nobody reads here; with the type, should it be missing. */
  #complete(object: DeepReadonly<T>): DeepReadonly<T> {
    const { managedFields: _, ...metadata } = object.metadata;
    const { apiVersion = apiVersionOf(this.#resource), kind = this.#resource.kind } = object;
    return { ...object, apiVersion, kind, metadata };
  }
}

export function isSameState(a: DeepReadonly<KubeObject>, b: DeepReadonly<KubeObject>): boolean {
  return a.metadata.uid === b.metadata.uid && a.metadata.resourceVersion === b.metadata.resourceVersion;
}

/**
 * A Client over two maps, for unit tests: what the cache shows and what is live. They differ only where a test says so,
 * which is how stale reads are tested. Writes go to both and are recorded.
 */
import { isDeepStrictEqual } from "node:util";
import {
  ApiError,
  type ApplyOptions,
  type Client,
  type DeepReadonly,
  type DeleteOptions,
  formatKey,
  isJsonObject,
  type KubeObject,
  keyOf,
  type ListOptions,
  type Manifest,
  type ObjectKey,
  type ResourceType,
} from "../index.ts";

export interface RecordedWrite {
  readonly verb: "create" | "apply" | "mergePatch" | "jsonPatch" | "delete";
  readonly kind: string;
  readonly name: string;
  readonly options?: object;
  readonly body?: unknown;
}

export class FakeClient {
  readonly writes: RecordedWrite[] = [];
  /** Throws instead of the next write of this verb and kind. */
  readonly failNext = new Map<string, Error>();
  /** Throws at each read of this kind. */
  readonly failReads = new Map<string, Error>();
  readonly #live = new Map<string, KubeObject>();
  readonly #cached = new Map<string, KubeObject>();
  /** What each field manager last applied, by uid: an apply takes away what it no longer names. */
  readonly #applied = new Map<string, Map<string, unknown>>();
  /** Time for `creationTimestamp`. Without it objects are made without one. */
  now: (() => string) | undefined;
  #sequence = 100;

  /** Both live and cached. */
  put(...objects: KubeObject[]): this {
    for (const object of objects) {
      this.#live.set(storeKey(object.kind, keyOf(object)), object);
      this.#cached.set(storeKey(object.kind, keyOf(object)), object);
    }
    return this;
  }

  /** The cache is behind: it still shows this, or (`undefined`) does not show the object yet. */
  cacheShows(kind: string, key: ObjectKey, object: KubeObject | undefined): this {
    if (object === undefined) this.#cached.delete(storeKey(kind, key));
    else this.#cached.set(storeKey(kind, key), object);
    return this;
  }

  /** A resourceVersion newer than all before, for a change that somebody else makes. */
  nextVersion(): string {
    return String(this.#sequence++);
  }

  remove(kind: string, key: ObjectKey): this {
    this.#live.delete(storeKey(kind, key));
    this.#cached.delete(storeKey(kind, key));
    return this;
  }

  live(kind: string, key: ObjectKey): KubeObject | undefined {
    return this.#live.get(storeKey(kind, key));
  }

  get client(): Client {
    const reader = (store: Map<string, KubeObject>) => ({
      get: async <T extends KubeObject>(resource: ResourceType<T>, key: ObjectKey) =>
        this.#read<T>(store, resource, key),
      list: async <T extends KubeObject>(resource: ResourceType<T>, options: ListOptions = {}) =>
        [...store.values()].filter(
          (object) =>
            object.kind === resource.kind &&
            (options.namespace === undefined || object.metadata.namespace === options.namespace) &&
            Object.entries(options.labels ?? {}).every(([k, v]) => object.metadata.labels?.[k] === v),
        ) as DeepReadonly<T>[],
    });
    return {
      ...reader(this.#cached),
      live: reader(this.#live),
      create: async (resource, object) => {
        this.#record({ verb: "create", kind: resource.kind, name: object.metadata.name, body: object });
        if (this.#live.has(storeKey(resource.kind, keyOf(object)))) throw apiError("alreadyExists", 409);
        return this.#store(resource, object);
      },
      apply: async (resource, object, options) => {
        this.#record({
          verb: "apply",
          kind: resource.kind,
          name: object.metadata.name,
          options,
          body: object,
        });
        const existing = this.#live.get(storeKey(resource.kind, keyOf(object)));
        if (object.metadata.uid !== undefined && existing?.metadata.uid !== object.metadata.uid) {
          throw apiError("conflict", 409);
        }
        const exact = object.metadata.resourceVersion;
        if (exact !== undefined && existing?.metadata.resourceVersion !== exact)
          throw apiError("conflict", 409);
        const stored = this.#store<KubeObject>(resource, this.#owned(object, existing, options), existing);
        const managers = this.#applied.get(stored.metadata.uid) ?? new Map<string, unknown>();
        this.#applied.set(stored.metadata.uid, managers.set(options.fieldManager, fieldsOf(object)));
        return stored as never;
      },
      mergePatch: async (resource, key, patch, options) => {
        this.#record({
          verb: "mergePatch",
          kind: resource.kind,
          name: key.name,
          body: patch,
          ...(options && { options }),
        });
        const existing = this.#found(this.#live, resource, key) as KubeObject;
        const wanted = (patch as { metadata?: { resourceVersion?: string } }).metadata?.resourceVersion;
        if (wanted !== undefined && wanted !== existing.metadata.resourceVersion)
          throw apiError("conflict", 409);
        return this.#store(resource, merge(existing, patch) as KubeObject, existing);
      },
      jsonPatch: async (resource, key, operations) => {
        this.#record({ verb: "jsonPatch", kind: resource.kind, name: key.name, body: operations });
        return this.#found(this.#live, resource, key);
      },
      delete: async (resource, key, options) => {
        this.#record({ verb: "delete", kind: resource.kind, name: key.name, ...(options && { options }) });
        this.#checkPreconditions(resource, key, options);
        this.remove(resource.kind, key);
      },
    };
  }

  #read<T extends KubeObject>(
    store: Map<string, KubeObject>,
    resource: ResourceType<T>,
    key: ObjectKey,
  ): DeepReadonly<T> {
    const failure = this.failReads.get(resource.kind);
    if (failure !== undefined) throw failure;
    return this.#found<T>(store, resource, key);
  }

  /**
   * `existing` with what is applied over it and without what only this manager had applied before. What nobody ever applied
   * counts as taken over by the first who does.
   */
  #owned(object: Manifest, existing: KubeObject | undefined, { fieldManager }: ApplyOptions): Manifest {
    const known = this.#applied.get(existing?.metadata.uid ?? "");
    if (known === undefined) return { ...existing, ...(fieldsOf(object) as Manifest) };
    const managers = new Map(known);
    const before = managers.get(fieldManager);
    managers.delete(fieldManager);
    const others = [...managers.values()].reduce<unknown>((all, fields) => merge(all, fields), {});
    return merge(subtract(existing, before, others), fieldsOf(object)) as Manifest;
  }

  #record(write: RecordedWrite): void {
    this.writes.push(write);
    const failure = this.failNext.get(`${write.verb} ${write.kind}`);
    if (failure === undefined) return;
    this.failNext.delete(`${write.verb} ${write.kind}`);
    throw failure;
  }

  #found<T extends KubeObject>(
    store: Map<string, KubeObject>,
    resource: ResourceType<T>,
    key: ObjectKey,
  ): DeepReadonly<T> {
    const object = store.get(storeKey(resource.kind, key));
    if (object === undefined) throw apiError("notFound", 404);
    return object as DeepReadonly<T>;
  }

  #store<T extends KubeObject>(
    resource: ResourceType<T>,
    object: { metadata: { name: string; namespace?: string } },
    existing?: KubeObject,
  ): DeepReadonly<T> {
    const sequence = String(this.#sequence++);
    const generation = existing === undefined ? 0 : existing.metadata.generation;
    const changed = !isDeepStrictEqual(specOf(existing), specOf({ ...existing, ...object }));
    const stored = {
      ...existing,
      ...object,
      metadata: {
        ...existing?.metadata,
        ...object.metadata,
        ...(existing === undefined && this.now !== undefined && { creationTimestamp: this.now() }),
        uid: existing?.metadata.uid ?? `uid-${sequence}`,
        resourceVersion: sequence,
        generation: generation === undefined ? 1 : changed ? generation + 1 : generation,
      },
    } as unknown as KubeObject;
    this.put(stored);
    return this.#found(this.#live, resource, keyOf(stored)) as DeepReadonly<T>;
  }

  #checkPreconditions(resource: ResourceType, key: ObjectKey, options: DeleteOptions | undefined): void {
    const { metadata } = this.#found(this.#live, resource, key);
    const { uid = metadata.uid, resourceVersion = metadata.resourceVersion } = options?.preconditions ?? {};
    if (uid !== metadata.uid || resourceVersion !== metadata.resourceVersion) throw apiError("conflict", 409);
  }
}

export function apiError(errorClass: ApiError["class"], status: number): ApiError {
  return new ApiError(errorClass, { class: errorClass, status });
}

function specOf(object: object | undefined): unknown {
  return (object as { spec?: unknown } | undefined)?.spec;
}

function storeKey(kind: string, key: ObjectKey): string {
  return `${kind}/${formatKey(key)}`;
}

/** Preconditions are no fields. */
function fieldsOf(object: Manifest): unknown {
  const { uid: _, resourceVersion: __, ...metadata } = object.metadata;
  return { ...object, metadata };
}

/** `target` without the leaves of `fields` that `others` do not have. */
function subtract(target: unknown, fields: unknown, others: unknown): unknown {
  if (!isJsonObject(target) || !isJsonObject(fields)) return target;
  const result = { ...target };
  for (const [key, value] of Object.entries(fields)) {
    const other = isJsonObject(others) ? others[key] : undefined;
    if (isJsonObject(value)) result[key] = subtract(result[key], value, other);
    else if (other === undefined) delete result[key];
  }
  return result;
}

function merge(target: unknown, patch: unknown): unknown {
  if (!isJsonObject(patch)) return patch;
  const result = isJsonObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = merge(result[key], value);
  }
  return result;
}

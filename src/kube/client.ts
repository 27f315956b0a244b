/** What the rest of the program may do with the API server. Implementations: `rest-client.ts` (live) and `cached-client.ts`. */
import type { DeepReadonly, KubeObject, Manifest, ObjectKey, ResourceType } from "./object.ts";

export interface ListOptions {
  /** All namespaces when absent. */
  namespace?: string;
  /** All pairs must match. Sent as a label selector, or evaluated against the cache. */
  labels?: Readonly<Record<string, string>>;
}

export interface Preconditions {
  uid?: string;
  resourceVersion?: string;
}

export interface DeleteOptions {
  preconditions?: Preconditions;
  propagationPolicy?: "Background" | "Foreground" | "Orphan";
}

export interface ApplyOptions {
  fieldManager: string;
  /** Take fields over from other managers instead of failing with a conflict. Default false. */
  force?: boolean;
}

export interface Reader {
  /** Rejects with an ApiError of class `notFound` when there is none. */
  get<T extends KubeObject>(
    resource: ResourceType<T>,
    key: ObjectKey,
    signal?: AbortSignal,
  ): Promise<DeepReadonly<T>>;
  list<T extends KubeObject>(
    resource: ResourceType<T>,
    options?: ListOptions,
    signal?: AbortSignal,
  ): Promise<readonly DeepReadonly<T>[]>;
}

export type Subresource = "status";

/** Every method sends exactly one request (list: one per page), and returns the server's answer. */
export interface Writer {
  create<T extends KubeObject>(
    resource: ResourceType<T>,
    object: Manifest,
    signal?: AbortSignal,
  ): Promise<DeepReadonly<T>>;
  /**
   * JSON merge patch (RFC 7386). A lost-update guard is the caller's: put `metadata.resourceVersion` into the patch.
   */
  mergePatch<T extends KubeObject>(
    resource: ResourceType<T>,
    key: ObjectKey,
    patch: object,
    options?: { subresource?: Subresource; fieldManager?: string },
    signal?: AbortSignal,
  ): Promise<DeepReadonly<T>>;
  /** JSON patch (RFC 6902). */
  jsonPatch<T extends KubeObject>(
    resource: ResourceType<T>,
    key: ObjectKey,
    operations: readonly object[],
    signal?: AbortSignal,
  ): Promise<DeepReadonly<T>>;
  /** Server-side apply. `metadata.uid` in the object is a precondition: with it, a missing object is not created. */
  apply<T extends KubeObject>(
    resource: ResourceType<T>,
    object: Manifest,
    options: ApplyOptions,
    signal?: AbortSignal,
  ): Promise<DeepReadonly<T>>;
  /** Rejects with class `notFound` when it was gone already, `conflict` when a precondition did not hold. */
  delete(
    resource: ResourceType,
    key: ObjectKey,
    options?: DeleteOptions,
    signal?: AbortSignal,
  ): Promise<void>;
}

/**
 * What a reconciler is given.
 *
 * `get` and `list` come from the watch cache and read the process's own writes: after a write through this client
 * returned, a read never gives an older state of that object. Objects are frozen. Only resources the manager watches
 * can be read this way; any other read rejects, so that a forgotten watch is found by the first test and not by a
 * silent live read. `live` goes to the API server each time.
 */
export interface Client extends Reader, Writer {
  readonly live: Reader;
}

export type { DeepReadonly, KubeObject, Manifest, ObjectKey, ResourceType };

/**
 * The client of the reconcilers: reads from the informers' caches, writes through the live client, and tells the informers
 * what it wrote, so that a read never goes back behind our own writes. See `Client` for the contract.
 */
import type { ApplyOptions, Client, DeleteOptions, ListOptions, Reader, Subresource } from "./client.ts";
import { ApiError, isApiError, isNotFound } from "./errors.ts";
import { UnsafeIntegerError } from "./exact-json.ts";
import { deepFreeze } from "./freeze.ts";
import type { Informer } from "./informer.ts";
import { isJsonObject } from "./json.ts";
import {
  apiVersionOf,
  type DeepReadonly,
  formatKey,
  type KubeObject,
  keyOf,
  type Manifest,
  type ObjectKey,
  type ResourceType,
} from "./object.ts";
import type { RestClient } from "./rest-api.ts";
import { SingleFlight } from "./single-flight.ts";

export type WritableRest = Pick<
  RestClient,
  "get" | "list" | "create" | "mergePatch" | "jsonPatch" | "apply" | "deleteForAnswer"
>;

/**
 * `informers`: at most one per resource; more than one is refused. Resources without one can be written, and read through
 * `live`. The informers are started and stopped by somebody else; a read before the first list is complete waits for it.
 */
export function createCachedClient(rest: WritableRest, informers: Iterable<Informer<KubeObject>>): Client {
  return new CachedClient(rest, informers);
}

class CachedClient implements Client {
  readonly live: Reader;
  readonly #rest: WritableRest;
  readonly #informers = new Map<string, Informer<KubeObject>>();
  readonly #liveReads = new SingleFlight<void>();

  constructor(rest: WritableRest, informers: Iterable<Informer<KubeObject>>) {
    this.#rest = rest;
    this.live = rest;
    for (const informer of informers) {
      const id = idOf(informer.resource);
      if (this.#informers.has(id)) throw new Error(`cached client: two informers of ${id}`);
      this.#informers.set(id, informer);
    }
  }

  async get<T extends KubeObject>(
    resource: ResourceType<T>,
    key: ObjectKey,
    signal?: AbortSignal,
  ): Promise<DeepReadonly<T>> {
    const informer = await this.#readable(resource, "get", signal);
    // Again, when another answer was lost while the live read was under way.
    while (informer.writes.isDirty(key)) await this.#readLive(informer, key, signal);
    const object = informer.get(key);
    if (object !== undefined) return object;
    throw new ApiError(`get ${resource.kind} ${formatKey(key)}: not found in the cache`, {
      class: "notFound",
      status: 404,
      reason: "NotFound",
    });
  }

  async list<T extends KubeObject>(
    resource: ResourceType<T>,
    options: ListOptions = {},
    signal?: AbortSignal,
  ): Promise<readonly DeepReadonly<T>[]> {
    const informer = await this.#readable(resource, "list", signal);
    for (;;) {
      const dirty = informer.writes.dirtyKeys(options);
      if (dirty.length === 0) break;
      await Promise.all(dirty.map((key) => this.#readLive(informer, key, signal)));
    }
    return informer.list(options);
  }

  create<T extends KubeObject>(resource: ResourceType<T>, object: Manifest, signal?: AbortSignal) {
    const { labels } = object.metadata;
    return this.#write(resource, keyOf(object), labels, () => this.#rest.create(resource, object, signal));
  }

  mergePatch<T extends KubeObject>(
    resource: ResourceType<T>,
    key: ObjectKey,
    patch: object,
    options?: { subresource?: Subresource; fieldManager?: string },
    signal?: AbortSignal,
  ) {
    return this.#write(resource, key, labelsIn(patch), () =>
      this.#rest.mergePatch(resource, key, patch, options, signal),
    );
  }

  jsonPatch<T extends KubeObject>(
    resource: ResourceType<T>,
    key: ObjectKey,
    operations: readonly object[],
    signal?: AbortSignal,
  ) {
    return this.#write(resource, key, undefined, () =>
      this.#rest.jsonPatch(resource, key, operations, signal),
    );
  }

  apply<T extends KubeObject>(
    resource: ResourceType<T>,
    object: Manifest,
    options: ApplyOptions,
    signal?: AbortSignal,
  ) {
    const { labels } = object.metadata;
    return this.#write(resource, keyOf(object), labels, () =>
      this.#rest.apply(resource, object, options, signal),
    );
  }

  async delete(
    resource: ResourceType,
    key: ObjectKey,
    options?: DeleteOptions,
    signal?: AbortSignal,
  ): Promise<void> {
    const writes = this.#informerOf(resource)?.writes;
    const ticket = writes?.ticket();
    let answer: unknown;
    try {
      answer = await this.#rest.deleteForAnswer(resource, key, options, signal);
    } catch (error) {
      if (writes !== undefined && ticket !== undefined) {
        if (isNotFound(error)) writes.absent(key, ticket);
        else if (mayHaveHappened(error)) writes.lost(key);
      }
      throw error;
    }
    if (writes === undefined || ticket === undefined) return;
    if (isObject(answer)) writes.deleted(answer, ticket);
    else writes.removed(key, uidInStatus(answer) ?? options?.preconditions?.uid, ticket);
  }

  async #write<T extends KubeObject>(
    resource: ResourceType<T>,
    key: ObjectKey,
    labels: Readonly<Record<string, string>> | undefined,
    send: () => Promise<DeepReadonly<T>>,
  ): Promise<DeepReadonly<T>> {
    const writes = this.#informerOf(resource)?.writes;
    const ticket = writes?.ticket();
    try {
      const answer = deepFreeze(await send());
      // That the cache cannot hold the answer is no failure of the write: the key is dirty, and its next read says why.
      if (ticket !== undefined) writes?.answered(answer, ticket);
      return answer;
    } catch (error) {
      if (mayHaveHappened(error)) writes?.lost(key, labels);
      throw error;
    }
  }

  /** Asks the server what became of a write without an answer. What it says is in the informer when this resolves. */
  async #readLive<T extends KubeObject>(
    informer: Informer<T>,
    key: ObjectKey,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const { resource, writes } = informer;
    await this.#liveReads.do(`${idOf(resource)}/${formatKey(key)}`, signal, async (flightSignal) => {
      const ticket = writes.ticket();
      try {
        const unreadable = writes.read(await this.#rest.get(resource, key, flightSignal), ticket);
        if (unreadable === undefined) return;
        const what = `get ${resource.kind} ${formatKey(key)}: the object cannot be read: ${unreadable.message}`;
        throw new ApiError(what, { class: "invalid", cause: unreadable });
      } catch (error) {
        if (!isNotFound(error)) throw error;
        writes.absent(key, ticket);
      }
    });
  }

  async #readable<T extends KubeObject>(
    resource: ResourceType<T>,
    verb: string,
    signal: AbortSignal | undefined,
  ): Promise<Informer<T>> {
    const informer = this.#informerOf(resource);
    if (informer === undefined) {
      throw new Error(
        `${verb} ${resource.kind}: ${idOf(resource)} is not watched; watch it, or read it through live`,
      );
    }
    if (informer.hasSynced) return informer;
    if (!informer.started) throw new Error(`${verb} ${resource.kind}: its informer was not started`);
    await informer.synced(signal);
    return informer;
  }

  #informerOf<T extends KubeObject>(resource: ResourceType<T>): Informer<T> | undefined {
    // The map is keyed by resource, so the informer found is one of T.
    return this.#informers.get(idOf(resource)) as unknown as Informer<T> | undefined;
  }
}

function idOf(resource: ResourceType): string {
  return `${apiVersionOf(resource)}/${resource.plural}`;
}

/**
 * Whether a failed write may have been carried out. A refusal says no: 4xx, 429 among them, which is sent before anything is
 * done, and so does an error that says it was never sent. No answer, 5xx, our own abort in mid-flight and an answer that
 * cannot be represented do not.
 */
function mayHaveHappened(error: unknown): boolean {
  if (!(error instanceof ApiError) || error instanceof UnsafeIntegerError) return true;
  if (error.notExecuted || error.status === 429) return false;
  return isApiError(error, "aborted", "fenced", "transient");
}

function isObject(answer: unknown): answer is KubeObject {
  if (!isJsonObject(answer) || answer.kind === "Status" || !isJsonObject(answer.metadata)) return false;
  const { name, uid, resourceVersion } = answer.metadata;
  return typeof name === "string" && typeof uid === "string" && typeof resourceVersion === "string";
}

function uidInStatus(answer: unknown): string | undefined {
  const details = isJsonObject(answer) ? answer.details : undefined;
  return isJsonObject(details) && typeof details.uid === "string" ? details.uid : undefined;
}

function labelsIn(patch: object): Readonly<Record<string, string>> | undefined {
  const metadata = "metadata" in patch ? patch.metadata : undefined;
  const labels = isJsonObject(metadata) ? metadata.labels : undefined;
  if (!isJsonObject(labels)) return undefined;
  return Object.fromEntries(
    Object.entries(labels).filter((pair): pair is [string, string] => typeof pair[1] === "string"),
  );
}

/**
 * A kind that the cluster may not have: its CRD is installed by somebody else, perhaps later, perhaps never.
 *
 *     const kind = new OptionalKind(rest, httpRoutes, clock);
 *     const informer = createInformer(kind, httpRoutes, ...);
 *     kind.onChange(() => ...);
 *
 * To its informer a missing kind is an empty list whose watch expires after a while, so that the informer is in sync
 * either way and asks again at that pace: one request per period and process, however many reconcilers want the kind. It is
 * the request itself that finds out, so nothing has to be read that the roles do not grant (no CRD, no discovery).
 */
import type { Clock } from "#clock";
import { ApiError, isNotFound } from "./errors.ts";
import { apiVersionOf, type DeepReadonly, type KubeObject, type ResourceType } from "./object.ts";
import type { ListWatch } from "./reflector.ts";
import type { ListPage, ListPageOptions, WatchEvent, WatchOptions } from "./rest-api.ts";

/** Below the silence after which an informer takes a watch for dead. */
export const MISSING_KIND_RETRY_MS = 30_000;

/** Older than every list of a real collection. */
const BEFORE_ALL = "0";

export class OptionalKind implements ListWatch {
  readonly #rest: ListWatch;
  readonly #resource: ResourceType;
  readonly #clock: Clock;
  readonly #handlers = new Set<() => void>();
  #installed: boolean | undefined;

  constructor(rest: ListWatch, resource: ResourceType, clock: Clock) {
    this.#rest = rest;
    this.#resource = resource;
    this.#clock = clock;
  }

  /** As of the last list. False before the first one: ask after the informer has synced. */
  get installed(): boolean {
    return this.#installed === true;
  }

  /** Calls `handler` synchronously when the kind came or went, not for the first answer. Returns the unsubscriber. */
  onChange(handler: () => void): () => void {
    this.#handlers.add(handler);
    return () => void this.#handlers.delete(handler);
  }

  async listPage<T extends KubeObject>(
    resource: ResourceType<T>,
    options: ListPageOptions = {},
    signal?: AbortSignal,
  ): Promise<ListPage<T>> {
    try {
      const page = await this.#rest.listPage(resource, options, signal);
      this.#learn(true);
      return page;
    } catch (error) {
      if (!isNotFound(error)) throw error;
      this.#learn(false);
      return { items: [], resourceVersion: BEFORE_ALL };
    }
  }

  async *watch<T extends KubeObject>(
    resource: ResourceType<T>,
    options: WatchOptions,
    signal?: AbortSignal,
  ): AsyncGenerator<WatchEvent<T>> {
    try {
      for await (const event of this.#rest.watch(resource, options, signal)) {
        this.#learn(true);
        yield event;
      }
      return;
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
    this.#learn(false);
    // Otherwise this is not the request that lists: what was listed before has to be dropped, by a new list.
    if (options.sendInitialEvents === true) yield endOfInitialEvents<T>();
    if (options.sendInitialEvents === true || options.resourceVersion === BEFORE_ALL)
      await this.#clock.sleep(MISSING_KIND_RETRY_MS, signal);
    const { kind } = this.#resource;
    throw new ApiError(`watch ${kind}: ${apiVersionOf(this.#resource)} has no such kind in this cluster`, {
      class: "expired",
    });
  }

  #learn(installed: boolean): void {
    const before = this.#installed;
    this.#installed = installed;
    if (before === undefined || before === installed) return;
    for (const handler of this.#handlers) handler();
  }
}

function endOfInitialEvents<T extends KubeObject>(): WatchEvent<T> {
  const metadata = {
    resourceVersion: BEFORE_ALL,
    annotations: { "k8s.io/initial-events-end": "true" },
  };
  // A bookmark carries nothing else.
  return { type: "BOOKMARK", object: { metadata } as unknown as DeepReadonly<T> };
}

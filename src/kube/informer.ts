/**
 * The watched objects of one resource: kept up to date by a reflector, read from memory, changes told to handlers.
 *
 *     const pods = createInformer(rest, podResource, { labelSelector: "sei.io/node", indexes: labelIndex("sei.io/node"), ... });
 *     pods.onEvent(({ type, object }) => ...);
 *     void supervise(pods.start(signal));
 *     await pods.synced(signal);
 *
 * An object that cannot be represented (an integer beyond 2^53-1, a transform or index function that throws) must neither
 * stop the informer nor pass for absent, because a reconciler would create it anew. So: `get` of it throws, and the event
 * carries what is certain, apiVersion, kind and metadata, with `unreadable` set, so that its reconciler runs and reports.
 * Lists and indexes go on giving its last readable state; one that never was readable is not in them.
 */
import type { Clock, Random } from "#clock";
import { unlessAborted } from "./abort.ts";
import { ApiError } from "./errors.ts";
import { Holdings, type InformerEvent } from "./holdings.ts";
import { Intake, type Prepared } from "./intake.ts";
import { parseLabelSelector } from "./label-selector.ts";
import {
  type DeepReadonly,
  formatKey,
  type KubeObject,
  keyOf,
  type ObjectKey,
  type ResourceType,
} from "./object.ts";
import { Overlay, type Ticket } from "./overlay.ts";
import { OwnWrites } from "./own-writes.ts";
import type { Logger } from "./reconcile.ts";
import {
  type ListWatch,
  type Presence,
  type Received,
  Reflector,
  type ReflectorTarget,
} from "./reflector.ts";
import { includesVersion } from "./resource-version.ts";
import { type Indexes, type Selection, Store } from "./store.ts";
import { TimeSlice } from "./time-slice.ts";

export type { InformerEvent };

/** Synchronous, never throws. */
export interface InformerMetrics {
  /** After every change of the number of objects held. */
  objects(count: number): void;
  /** A full list was taken over, the first one included. */
  listed(): void;
  /** A list or watch broke off and is resumed. */
  interrupted(): void;
  /** An object came that cannot be represented. */
  unreadable(): void;
}

export interface InformerOptions<T extends KubeObject> {
  namespace?: string;
  /** Only objects it matches are held, also of our own writes. */
  labelSelector?: string;
  /** Cuts objects down to what is read from the cache. Must not change its argument, nor anything in apiVersion, kind, metadata that identifies. */
  transform?: (object: DeepReadonly<T>) => DeepReadonly<T>;
  indexes?: Indexes<T>;
  clock: Clock;
  random: Random;
  log?: Logger;
  metrics?: InformerMetrics;
}

/**
 * Objects are deeply frozen, without managedFields, and include our own answered writes (overlay.ts). A resource is
 * watched by one informer only, or it would not know all of our writes.
 */
export interface Informer<T extends KubeObject> {
  readonly resource: ResourceType<T>;
  /** Lists and watches until the signal aborts, then resolves. Never rejects but for being started twice. */
  start(signal: AbortSignal): Promise<void>;
  readonly started: boolean;
  readonly hasSynced: boolean;
  /** Resolves after the first complete list; rejects when the signal aborts or the informer is stopped before. */
  synced(signal?: AbortSignal): Promise<void>;
  /**
   * Handlers run synchronously, in order of registration; one that throws is logged. What is held already is told at once
   * as `added` (a change that comes with a list in those very milliseconds may be told again). An object that was replaced by another of the same name is told as `deleted` and `added`. Events tell what
   * the watch saw: our own write is told when the watch reports it. Returns the function that unsubscribes.
   */
  onEvent(handler: (event: InformerEvent<T>) => void): () => void;
  /** Throws ApiError of class `invalid` when the object cannot be read. Of a key that `writes` calls dirty: the best known. */
  get(key: ObjectKey): DeepReadonly<T> | undefined;
  list(selection?: Selection): readonly DeepReadonly<T>[];
  byIndex(index: string, value: string): readonly DeepReadonly<T>[];
  /** Up to where the watch has been processed. */
  readonly resourceVersion: string | undefined;
  /** For the client that writes this resource. */
  readonly writes: Pick<OwnWrites<T>, keyof OwnWrites<T>>;
}

export function createInformer<T extends KubeObject>(
  rest: ListWatch,
  resource: ResourceType<T>,
  options: InformerOptions<T>,
): Informer<T> {
  return new CachingInformer(rest, resource, options);
}

class CachingInformer<T extends KubeObject> implements Informer<T>, ReflectorTarget<T> {
  readonly resource: ResourceType<T>;
  readonly writes: OwnWrites<T>;
  readonly #options: InformerOptions<T>;
  readonly #reflector: Reflector<T>;
  readonly #slice: TimeSlice;
  readonly #holdings: Holdings<T>;
  readonly #intake: Intake<T>;
  readonly #overlay: Overlay<T>;
  readonly #handlers = new Set<(event: InformerEvent<T>) => void>();
  readonly #firstList = Promise.withResolvers<void>();
  #staged = new Map<string, Prepared<T>>();
  #listTicket: Ticket;
  #hasSynced = false;
  #started = false;

  constructor(rest: ListWatch, resource: ResourceType<T>, options: InformerOptions<T>) {
    const { clock, indexes, metrics } = options;
    const store = new Store<T>(indexes);
    this.resource = resource;
    this.#options = options;
    this.#slice = new TimeSlice(clock);
    this.#holdings = new Holdings(store);
    this.#intake = new Intake(resource, store, options.transform);
    this.#overlay = new Overlay(clock, indexes);
    this.#listTicket = this.#overlay.ticket();
    this.writes = new OwnWrites(this.#overlay, this.#holdings, this.#intake, selectorOf(options));
    this.#reflector = new Reflector(rest, resource, this, {
      ...options,
      onInterrupted: () => metrics?.interrupted(),
    });
    // Whoever waits handles the rejection; when nobody waits, it is no news.
    this.#firstList.promise.catch(() => {});
  }

  async start(signal: AbortSignal): Promise<void> {
    if (this.#started) throw new Error(`informer of ${this.resource.plural} was started twice`);
    this.#started = true;
    await this.#reflector.run(signal);
    const message = `informer of ${this.resource.plural} was stopped before it had synced`;
    this.#firstList.reject(new ApiError(message, { class: "aborted", cause: signal.reason }));
  }

  get started(): boolean {
    return this.#started;
  }

  get hasSynced(): boolean {
    return this.#hasSynced;
  }

  synced(signal?: AbortSignal): Promise<void> {
    return signal === undefined ? this.#firstList.promise : unlessAborted(this.#firstList.promise, signal);
  }

  onEvent(handler: (event: InformerEvent<T>) => void): () => void {
    // A function registered twice is two handlers, so that unsubscribing one leaves the other.
    const own = (event: InformerEvent<T>) => handler(event);
    this.#handlers.add(own);
    for (const event of this.#holdings.asAdded()) this.#tell(own, event);
    return () => void this.#handlers.delete(own);
  }

  get(key: ObjectKey): DeepReadonly<T> | undefined {
    const id = formatKey(key);
    const held = this.#holdings.get(id);
    const object = this.#overlay.resolve(id, held);
    const cause = this.#holdings.whyUnreadable(id);
    if (cause === undefined || object !== held) return object;
    const what = `get ${this.resource.kind} ${id} from the cache`;
    throw new ApiError(`${what}: the object cannot be read: ${cause.message}`, { class: "invalid", cause });
  }

  list(selection: Selection = {}): readonly DeepReadonly<T>[] {
    return this.#overlay.merge(this.#holdings.store.list(selection), (written) => written.list(selection));
  }

  byIndex(index: string, value: string): readonly DeepReadonly<T>[] {
    const stored = this.#holdings.store.byIndex(index, value);
    return this.#overlay.merge(stored, (written) => written.byIndex(index, value));
  }

  get resourceVersion(): string | undefined {
    return this.#overlay.position;
  }

  // What the reflector tells.

  begin(): void {
    this.#staged = new Map();
    this.#listTicket = this.#overlay.ticket();
  }

  stage({ object, refused }: Received<T>, type: Presence): void {
    const id = formatKey(keyOf(object));
    if (type === "deleted") this.#staged.delete(id);
    else this.#staged.set(id, this.#intake.prepare(object, refused));
  }

  async commit(resourceVersion: string): Promise<void> {
    const staged = this.#staged;
    const events: InformerEvent<T>[] = [];
    for (const [id, prepared] of staged) {
      events.push(...this.#holdings.take(id, prepared));
      if (this.#slice.isSpent) await this.#slice.yield();
    }
    for (const id of this.#holdings.ids()) {
      if (!staged.has(id)) events.push(...this.#holdings.remove(id));
      if (this.#slice.isSpent) await this.#slice.yield();
    }
    this.#staged = new Map();
    // Before the handlers, as in `apply`: woken any earlier, a reader would be shown our own older write once more, and
    // nothing would wake it again.
    this.#overlay.listed(resourceVersion, this.#listTicket);
    for (const event of events) {
      this.#tellAll([event]);
      if (this.#slice.isSpent) await this.#slice.yield();
    }
    this.#options.metrics?.listed();
    if (this.#hasSynced) return;
    this.#hasSynced = true;
    const objects = this.#holdings.store.size;
    this.#options.log?.debug({ kind: this.resource.kind, objects }, "cache synced");
    this.#firstList.resolve();
  }

  apply({ object, refused }: Received<T>, type: Presence): void {
    const { uid, resourceVersion } = object.metadata;
    // Processed already: repeated, or late. Taking it would bring back a state that is over.
    if (includesVersion(this.resourceVersion, resourceVersion)) return;
    const id = formatKey(keyOf(object));
    const prepared = this.#intake.prepare(object, refused);
    const events =
      type === "deleted" ? this.#holdings.remove(id, prepared) : this.#holdings.take(id, prepared);
    // Before the handlers, so that what they read is as new as what they are told.
    this.#overlay.observed(id, type, uid, resourceVersion);
    this.#tellAll(events);
  }

  advance(resourceVersion: string): void {
    if (!includesVersion(this.resourceVersion, resourceVersion)) this.#overlay.advanced(resourceVersion);
  }

  #tellAll(events: readonly InformerEvent<T>[]): void {
    const { log, metrics } = this.#options;
    for (const event of events) {
      if (event.unreadable !== undefined && event.type !== "deleted") {
        const { namespace, name } = event.object.metadata;
        log?.error(
          { kind: this.resource.kind, namespace, name, error: event.unreadable },
          "object cannot be read",
        );
        metrics?.unreadable();
      }
      for (const handler of this.#handlers) this.#tell(handler, event);
    }
    if (events.length > 0) metrics?.objects(this.#holdings.store.size);
  }

  #tell(handler: (event: InformerEvent<T>) => void, event: InformerEvent<T>): void {
    try {
      handler(event);
    } catch (error) {
      const { namespace, name } = event.object.metadata;
      const facts = { kind: this.resource.kind, namespace, name, event: event.type, error };
      this.#options.log?.error(facts, "event handler threw");
    }
  }
}

function selectorOf<T extends KubeObject>(options: InformerOptions<T>): (object: DeepReadonly<T>) => boolean {
  const { namespace, labelSelector } = options;
  const matches = parseLabelSelector(labelSelector ?? "");
  return ({ metadata }) =>
    (namespace === undefined || metadata.namespace === namespace) && matches(metadata.labels);
}

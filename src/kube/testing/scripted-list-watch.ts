/**
 * A `ListWatch` whose every answer a test gives by hand: it sees the requests of the reflector one by one and decides what
 * comes of each.
 *
 *     const api = new ScriptedListWatch();
 *     const first = api.watches[0];        // after the informer asked
 *     first.send("ADDED", object); first.initialEventsEnd("7"); first.end();
 */
import type { KubeObject } from "../object.ts";
import type { ListWatch } from "../reflector.ts";
import type { ListPage, ListPageOptions, WatchEvent, WatchOptions } from "../rest-api.ts";

type Delivery = { event: WatchEvent } | { end: true } | { error: unknown };

export class ScriptedWatch implements AsyncIterableIterator<WatchEvent> {
  readonly request: WatchOptions;
  /** The consumer gave it up, or its signal aborted. */
  closed = false;
  readonly #ready: Delivery[] = [];
  #waiting: ((delivery: Delivery) => void) | undefined;

  constructor(request: WatchOptions) {
    this.request = request;
  }

  send(type: string, object: object, refused?: Error): void {
    const event = { type, object, ...(refused !== undefined && { refused }) } as unknown as WatchEvent;
    this.#deliver({ event });
  }

  bookmark(resourceVersion: string): void {
    this.send("BOOKMARK", { metadata: { resourceVersion } });
  }

  initialEventsEnd(resourceVersion: string): void {
    const annotations = { "k8s.io/initial-events-end": "true" };
    this.send("BOOKMARK", { metadata: { resourceVersion, annotations } });
  }

  end(): void {
    this.#deliver({ end: true });
  }

  fail(error: unknown): void {
    this.#deliver({ error });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<WatchEvent>> {
    const delivery =
      this.#ready.shift() ?? (await new Promise<Delivery>((resolve) => (this.#waiting = resolve)));
    if ("error" in delivery) throw delivery.error;
    return "event" in delivery ? { done: false, value: delivery.event } : { done: true, value: undefined };
  }

  async return(): Promise<IteratorResult<WatchEvent>> {
    this.closed = true;
    return { done: true, value: undefined };
  }

  #deliver(delivery: Delivery): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting === undefined) this.#ready.push(delivery);
    else waiting(delivery);
  }
}

export interface ScriptedList {
  readonly request: ListPageOptions;
  answer(items: readonly object[], resourceVersion: string, more?: Partial<ListPage<KubeObject>>): void;
  fail(error: unknown): void;
}

export class ScriptedListWatch implements ListWatch {
  readonly watches: ScriptedWatch[] = [];
  readonly lists: ScriptedList[] = [];

  watch = ((_resource: unknown, request: WatchOptions, signal?: AbortSignal) => {
    const watch = new ScriptedWatch(request);
    signal?.addEventListener("abort", () => {
      watch.closed = true;
    });
    this.watches.push(watch);
    return watch;
  }) as ListWatch["watch"];

  listPage = ((_resource: unknown, request: ListPageOptions = {}) =>
    new Promise((resolve, reject) => {
      this.lists.push({
        request,
        answer: (items, resourceVersion, more = {}) => resolve({ items, resourceVersion, ...more }),
        fail: reject,
      });
    })) as unknown as ListWatch["listPage"];

  /** The latest watch. Throws when there is none, or when it was closed. */
  get open(): ScriptedWatch {
    const watch = this.watches.at(-1);
    if (watch === undefined || watch.closed) throw new Error("no watch is open");
    return watch;
  }

  get lastList(): ScriptedList {
    const list = this.lists.at(-1);
    if (list === undefined) throw new Error("no list was asked for");
    return list;
  }
}

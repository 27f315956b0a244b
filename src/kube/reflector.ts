/**
 * Runs the state machine of reflector-step.ts against the API server and feeds what it learns to a target (the informer).
 * Ends only when its signal does.
 */
import type { Clock, Random } from "#clock";
import { unlessAborted } from "./abort.ts";
import { exponentialMs, jittered } from "./backoff.ts";
import { isApiError } from "./errors.ts";
import type { DeepReadonly, KubeObject, ResourceType } from "./object.ts";
import type { Logger } from "./reconcile.ts";
import {
  initialReflectorState,
  type ReflectorEffect,
  type ReflectorInput,
  type ReflectorState,
  reflectorStep,
} from "./reflector-step.ts";
import type { ListPage, RestClient, WatchEvent, WatchOptions } from "./rest-api.ts";
import { TimeSlice } from "./time-slice.ts";

export type ListWatch = Pick<RestClient, "watch" | "listPage">;
export type Presence = "present" | "deleted";

/** One object as the server sent it. `refused`: why it is cut down to its identity. */
export interface Received<T extends KubeObject> {
  readonly object: DeepReadonly<T>;
  readonly refused?: Error;
}

/** Where a reflector puts what it learns. No method may reject or throw because of one object. */
export interface ReflectorTarget<T extends KubeObject> {
  /** A list begins. What was staged and not committed is dropped. */
  begin(): void;
  stage(received: Received<T>, type: Presence): void;
  /** The staged objects are all there are, as of `resourceVersion`. */
  commit(resourceVersion: string): Promise<void>;
  apply(received: Received<T>, type: Presence): void;
  /** Nothing changed up to here. */
  advance(resourceVersion: string): void;
}

export interface ReflectorOptions {
  namespace?: string;
  labelSelector?: string;
  clock: Clock;
  random: Random;
  log?: Logger;
  /** The watch or list was interrupted; `state` is the one it fell out of. */
  onInterrupted?: (state: ReflectorState["name"]) => void;
}

const pageSize = 500;
const silenceMs = 150_000;
const baseDelayMs = 100;
const maxDelayMs = 30_000;

export class Reflector<T extends KubeObject> {
  readonly #rest: ListWatch;
  readonly #resource: ResourceType<T>;
  readonly #target: ReflectorTarget<T>;
  readonly #options: ReflectorOptions;
  readonly #slice: TimeSlice;
  #state: ReflectorState = initialReflectorState;

  constructor(
    rest: ListWatch,
    resource: ResourceType<T>,
    target: ReflectorTarget<T>,
    options: ReflectorOptions,
  ) {
    this.#rest = rest;
    this.#resource = resource;
    this.#target = target;
    this.#options = options;
    this.#slice = new TimeSlice(options.clock);
  }

  get state(): ReflectorState {
    return this.#state;
  }

  /** Resolves when the signal aborted. */
  async run(signal: AbortSignal): Promise<void> {
    while (this.#state.name !== "stopped") {
      try {
        if (signal.aborted) this.#step({ type: "stop" });
        else await this.#act(this.#state, signal);
      } catch (error) {
        // A failure that our own stop caused is a stop.
        this.#step(signal.aborted ? { type: "stop" } : { type: "failed", error, at: this.#now() });
      }
    }
  }

  /** What a state does, until an input moved the machine on. Rejections become the input `failed`. */
  async #act(state: ReflectorState, signal: AbortSignal): Promise<void> {
    switch (state.name) {
      case "streaming":
        this.#target.begin();
        return this.#stream({ sendInitialEvents: true, resourceVersionMatch: "NotOlderThan" }, signal);
      case "watching":
        return this.#stream({ resourceVersion: state.resourceVersion }, signal);
      case "paging":
        if (state.continue === undefined) this.#target.begin();
        return this.#page(state.continue, signal);
      case "waiting":
        await this.#options.clock.sleep(this.#delayMs(state), signal);
        this.#step({ type: "elapsed", at: this.#now() });
        return;
      case "stopped":
        return;
    }
  }

  async #page(token: string | undefined, signal: AbortSignal): Promise<void> {
    const request = this.#rest.listPage<T>(
      this.#resource,
      { ...this.#scope(), limit: pageSize, ...(token !== undefined && { continue: token }) },
      signal,
    );
    const page = await unlessAborted(request, signal);
    const input = { type: "page", resourceVersion: page.resourceVersion, at: this.#now() } as const;
    const effects = this.#step(page.continue === undefined ? input : { ...input, continue: page.continue });
    await this.#perform(effects, receivedIn(page), "present");
  }

  /** One watch request. Goes on through the end of the initial events: the same stream then carries the changes. */
  async #stream(from: Partial<WatchOptions>, signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#options;
    const stop = new AbortController();
    const onAbort = () => stop.abort(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    const watchdog = new Watchdog(clock, silenceMs, () => stop.abort(silence));
    const request = {
      ...from,
      ...this.#scope(),
      allowWatchBookmarks: true,
      timeoutSeconds: watchSeconds(random),
    };
    let events: AsyncIterator<WatchEvent<T>> | undefined;
    try {
      events = this.#rest.watch<T>(this.#resource, request, stop.signal)[Symbol.asyncIterator]();
      while (this.#state.name === "streaming" || this.#state.name === "watching") {
        const next = await unlessAborted(events.next(), stop.signal);
        watchdog.reset();
        if (next.done === true) {
          this.#step({ type: "ended", at: this.#now() });
          return;
        }
        const { type, object, refused } = next.value;
        const effects = this.#step({ type: "event", event: { type, object }, at: this.#now() });
        const received = refused === undefined ? { object } : { object, refused };
        await this.#perform(effects, [received], type === "DELETED" ? "deleted" : "present");
      }
    } catch (error) {
      if (error !== silence) throw error;
      this.#step({ type: "silent", at: this.#now() });
    } finally {
      watchdog.stop();
      signal.removeEventListener("abort", onAbort);
      // Closes the socket also when the iteration hangs in a `next` that will never settle.
      stop.abort(closed);
      events?.return?.().catch(() => {
        // Nobody is left to care how a stream that we gave up ends.
      });
    }
  }

  async #perform(
    effects: readonly ReflectorEffect[],
    received: readonly Received<T>[],
    type: Presence,
  ): Promise<void> {
    for (const effect of effects) {
      switch (effect.do) {
        case "commit":
          await this.#target.commit(effect.resourceVersion);
          break;
        case "advance":
          this.#target.advance(effect.resourceVersion);
          break;
        default:
          for (const one of received) {
            this.#target[effect.do](one, type);
            if (this.#slice.isSpent) await this.#slice.yield();
          }
      }
    }
  }

  #step(input: ReflectorInput): readonly ReflectorEffect[] {
    const before = this.#state;
    const { state, effects, because } = reflectorStep(before, input);
    this.#state = state;
    if (because !== undefined) this.#report(before.name, state, because);
    return effects;
  }

  #report(from: ReflectorState["name"], state: ReflectorState, error: unknown): void {
    this.#options.onInterrupted?.(from);
    const facts = { kind: this.#resource.kind, from, failures: state.failures, error };
    // An expired resourceVersion is how the API server asks for a new list; the rest may need a human if it goes on.
    if (isApiError(error, "expired")) this.#options.log?.debug(facts, "watch expired and is started over");
    else this.#options.log?.warn(facts, "watch was interrupted and is resumed");
  }

  #delayMs(state: ReflectorState & { name: "waiting" }): number {
    const delay = exponentialMs(baseDelayMs, maxDelayMs, state.failures + state.shortWatches);
    return Math.max(state.atLeastMs, jittered(delay, this.#options.random));
  }

  #scope(): { namespace?: string; labelSelector?: string } {
    const { namespace, labelSelector } = this.#options;
    return {
      ...(namespace !== undefined && { namespace }),
      ...(labelSelector !== undefined && { labelSelector }),
    };
  }

  #now(): number {
    return this.#options.clock.monotonic();
  }
}

const silence = new Error("watch: silent for too long");
const closed = new Error("watch: given up by the reflector");

/** Between 5 and 10 minutes, so that the watches of many clients do not end together. */
function watchSeconds(random: Random): number {
  return 300 + Math.floor(random.next() * 300);
}

function receivedIn<T extends KubeObject>(page: ListPage<T>): Received<T>[] {
  const good = page.items.map((object) => ({ object }));
  // A refused object has only the identity of a T, which `refused` says to whoever takes it.
  const refused = (page.refused ?? []).map(({ object, error }) => ({
    object: object as unknown as DeepReadonly<T>,
    refused: error,
  }));
  return [...good, ...refused];
}

/** Calls `onSilence` once when `reset` was not called for `ms`. One timer per period, not one per reset. */
class Watchdog {
  readonly #clock: Clock;
  readonly #ms: number;
  readonly #onSilence: () => void;
  #lastSeen: number;
  #cancel: () => void;

  constructor(clock: Clock, ms: number, onSilence: () => void) {
    this.#clock = clock;
    this.#ms = ms;
    this.#onSilence = onSilence;
    this.#lastSeen = clock.monotonic();
    this.#cancel = clock.after(ms, () => this.#check());
  }

  reset(): void {
    this.#lastSeen = this.#clock.monotonic();
  }

  stop(): void {
    this.#cancel();
  }

  #check(): void {
    const left = this.#lastSeen + this.#ms - this.#clock.monotonic();
    if (left <= 0) this.#onSilence();
    else this.#cancel = this.#clock.after(left, () => this.#check());
  }
}

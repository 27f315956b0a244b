/**
 * The work queue of a controller: which keys need a look, and when. Semantics of client-go's work queue.
 *
 * A key is in one or more of these places:
 *
 *     delayed --(its time came)--> queued --(take)--> processing --(done)--> gone, or queued again
 *     add: delayed -> queued; queued stays; processing -> also "again", which `done` turns into queued
 *
 * What holds at every moment: a key is queued at most once; a key being processed is never handed to a second worker; an
 * `add` during processing makes one more run after it; nothing added before `shutDown` is lost.
 */
import type { Clock } from "#clock";
import { KeyBackoff } from "./backoff.ts";
import { formatKey, type ObjectKey } from "./object.ts";
import { TokenBucket } from "./rate-limiter.ts";

/** What the queue tells about itself. Methods are synchronous and never throw. Durations in seconds. */
export interface QueueMetrics {
  /** Keys waiting to be worked on (`workqueue_depth`). */
  depth(keys: number): void;
  /** A key was queued that was not queued already (`workqueue_adds_total`). */
  added(): void;
  /** A key was retried after an error (`workqueue_retries_total`). */
  retried(): void;
  /** How long a key waited for a worker (`workqueue_queue_duration_seconds`). */
  waited(seconds: number): void;
  /** How long a worker had the key (`workqueue_work_duration_seconds`). */
  worked(seconds: number): void;
  /**
   * Called once, when the queue is made. `read` gives what is being processed at the time of the call, for the gauges
   * that are read at scrape time: the sum of the run times of unfinished keys, and the longest of them
   * (`workqueue_unfinished_work_seconds`, `workqueue_longest_running_processor_seconds`).
   */
  unfinished(read: () => { totalSeconds: number; longestSeconds: number }): void;
}

export interface QueueOptions {
  clock: Clock;
  metrics?: QueueMetrics;
  /** Backoff of one key after errors. Default 5 ms, doubling up to 60 s. */
  baseDelayMs?: number;
  maxDelayMs?: number;
  /** Retries of all keys together. Default 100 a second, burst 100. Never applied to `add` and `addAfter`. */
  retriesPerSecond?: number;
  retryBurst?: number;
}

/** A look too early does no harm, and no mistake in a wait can put an object out of sight for good. */
const maxAddAfterMs = 3_600_000;

interface Delayed {
  at: number;
  cancel: () => void;
}

export class WorkQueue {
  readonly #clock: Clock;
  readonly #metrics: QueueMetrics | undefined;
  readonly #backoff: KeyBackoff;
  readonly #bucket: TokenBucket;

  readonly #delayed = new Map<string, Delayed>();
  /** Insertion order is the order of work. Value: since when. */
  readonly #queued = new Map<string, { key: ObjectKey; since: number }>();
  readonly #processing = new Map<string, number>();
  /** Keys to queue again once their present run is done. Their wait counts from the add, like everybody's. */
  readonly #again = new Map<string, { key: ObjectKey; since: number }>();
  readonly #takers = new Set<(key: ObjectKey | undefined) => void>();
  #shutDown = false;
  #drainWaiters: (() => void)[] = [];

  constructor(options: QueueOptions) {
    this.#clock = options.clock;
    this.#metrics = options.metrics;
    this.#backoff = new KeyBackoff(options.baseDelayMs ?? 5, options.maxDelayMs ?? 60_000);
    this.#bucket = new TokenBucket({
      clock: options.clock,
      ratePerSecond: options.retriesPerSecond ?? 100,
      burst: options.retryBurst ?? 100,
    });
    this.#metrics?.unfinished(() => this.#unfinished());
  }

  /** Queues the key now. A delayed add of it that still waits is cancelled: this look is earlier. */
  add(key: ObjectKey): void {
    if (this.#shutDown) return;
    const id = formatKey(key);
    this.#cancelDelayed(id);
    if (this.#queued.has(id) || this.#again.has(id)) return;
    const place = this.#processing.has(id) ? this.#again : this.#queued;
    place.set(id, { key, since: this.#clock.monotonic() });
    this.#metrics?.added();
    this.#hand();
  }

  /** Queues the key after `ms`, or after an hour if that is less. Of several delayed adds of one key the earliest wins. */
  addAfter(key: ObjectKey, ms: number): void {
    if (this.#shutDown) return;
    if (!(ms > 0)) {
      this.add(key);
      return;
    }
    const id = formatKey(key);
    // A run that is certain to come is earlier than any delay.
    if (this.#queued.has(id) || this.#again.has(id)) return;
    const delay = Math.min(ms, maxAddAfterMs);
    const at = this.#clock.monotonic() + delay;
    const waiting = this.#delayed.get(id);
    if (waiting !== undefined && waiting.at <= at) return;
    waiting?.cancel();
    const cancel = this.#clock.after(delay, () => {
      this.#delayed.delete(id);
      this.add(key);
    });
    this.#delayed.set(id, { at, cancel });
  }

  /**
   * Queues the key after its backoff, one step longer than last time, not before the token bucket has room and not before
   * `atLeastMs` (a server's Retry-After).
   */
  addRateLimited(key: ObjectKey, atLeastMs = 0): void {
    if (this.#shutDown) return;
    this.#metrics?.retried();
    this.addAfter(key, Math.max(this.#backoff.next(formatKey(key)), this.#bucket.reserve(), atLeastMs));
  }

  /** The key succeeded: its next failure starts at the first backoff step. */
  forget(key: ObjectKey): void {
    this.#backoff.forget(formatKey(key));
  }

  /** Failures of the key in a row. */
  failures(key: ObjectKey): number {
    return this.#backoff.failures(formatKey(key));
  }

  /**
   * The next key, which is the caller's alone until it calls `done`. Waits while there is none. `undefined` after
   * `shutDown`, once everything that was queued has been handed out.
   */
  take(): Promise<ObjectKey | undefined> {
    return new Promise((resolve) => {
      this.#takers.add(resolve);
      this.#hand();
      this.#settleShutDown();
    });
  }

  /** Ends the run of a key that was taken. If it was added meanwhile, it is queued again. */
  done(key: ObjectKey): void {
    const id = formatKey(key);
    const since = this.#processing.get(id);
    if (since === undefined) return;
    this.#processing.delete(id);
    this.#metrics?.worked((this.#clock.monotonic() - since) / 1000);
    const again = this.#again.get(id);
    this.#again.delete(id);
    if (again !== undefined) {
      this.#queued.set(id, again);
      this.#hand();
    }
    this.#settleShutDown();
  }

  /**
   * Refuses further adds and cancels the delayed ones. What is queued is still handed out; resolves when it has been
   * and nothing is being processed.
   */
  shutDown(): Promise<void> {
    this.#shutDown = true;
    for (const { cancel } of this.#delayed.values()) cancel();
    this.#delayed.clear();
    return new Promise((resolve) => {
      this.#drainWaiters.push(resolve);
      this.#settleShutDown();
    });
  }

  /** Keys waiting for a worker, or for the end of their own present run. */
  get depth(): number {
    return this.#queued.size + this.#again.size;
  }

  /** Keys the queue remembers in any way, for tests that assert that nothing is kept of keys that are done. */
  get remembered(): number {
    const { size } = this.#backoff;
    return size + this.#delayed.size + this.#queued.size + this.#processing.size + this.#again.size;
  }

  /** Pairs waiting workers with queued keys, both in order of arrival. */
  #hand(): void {
    for (const taker of this.#takers) {
      const next = this.#queued.entries().next();
      if (next.done === true) break;
      const [id, { key, since }] = next.value;
      this.#takers.delete(taker);
      this.#queued.delete(id);
      const now = this.#clock.monotonic();
      this.#processing.set(id, now);
      this.#metrics?.waited((now - since) / 1000);
      taker(key);
    }
    this.#metrics?.depth(this.depth);
  }

  #settleShutDown(): void {
    if (!this.#shutDown || this.#queued.size > 0) return;
    for (const taker of this.#takers) taker(undefined);
    this.#takers.clear();
    if (this.#processing.size > 0) return;
    for (const resolve of this.#drainWaiters) resolve();
    this.#drainWaiters = [];
  }

  #cancelDelayed(id: string): void {
    this.#delayed.get(id)?.cancel();
    this.#delayed.delete(id);
  }

  #unfinished(): { totalSeconds: number; longestSeconds: number } {
    const now = this.#clock.monotonic();
    let [totalSeconds, longestSeconds] = [0, 0];
    for (const since of this.#processing.values()) {
      const seconds = (now - since) / 1000;
      totalSeconds += seconds;
      longestSeconds = Math.max(longestSeconds, seconds);
    }
    return { totalSeconds, longestSeconds };
  }
}

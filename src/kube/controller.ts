/**
 * A controller: events of informers become keys, keys become calls of one reconcile function, its outcome decides when
 * the key is looked at again. The contract is controller-runtime's.
 *
 * | reconcile                         | key                         | counted as                  |
 * |-----------------------------------|-----------------------------|-----------------------------|
 * | resolves, nothing                 | backoff forgotten           | success                     |
 * | resolves, requeueAfterMs          | forgotten, back after that  | requeue_after               |
 * | rejects: conflict                 | retried with backoff        | requeue (logged at debug)   |
 * | the same from the fifth in a row  | retried with backoff        | error                       |
 * | rejects: TerminalError            | forgotten, waits for events | error, terminal error       |
 * | rejects: our own stop, the fence  | left alone: we are stopping | nothing                     |
 * | rejects: anything else, deadline  | retried with backoff        | error (and panic for a bug) |
 */
import type { Clock, Random } from "#clock";
import type { Informer, InformerEvent } from "./informer.ts";
import type { KubeObject, ObjectKey } from "./object.ts";
import { type QueueMetrics, WorkQueue } from "./queue.ts";
import type { Logger, Reconcile } from "./reconcile.ts";
import { type Outcome, runReconcile } from "./reconcile-run.ts";

/** What a controller tells about itself, for the `controller_runtime_*` series. Synchronous, never throws. */
export interface ControllerMetrics {
  /** Once, at construction (`controller_runtime_max_concurrent_reconciles`). */
  maxConcurrent(workers: number): void;
  /** After every change (`controller_runtime_active_workers`). */
  activeWorkers(count: number): void;
  /** Every finished run but those our own stop ended (`..._reconcile_total{result}` and `..._reconcile_time_seconds`). */
  reconciled(result: ReconcileOutcome, seconds: number): void;
  /** A run that counts as an error, terminal ones and panics included (`..._reconcile_errors_total`). */
  failed(): void;
  /** `controller_runtime_terminal_reconcile_errors_total` */
  terminal(): void;
  /** A bug: a TypeError or the like, or a value thrown that is no Error (`controller_runtime_reconcile_panics_total`). */
  panicked(): void;
  /** A run reached its deadline (`controller_runtime_reconcile_timeouts_total`). */
  timedOut(): void;
}

export type ReconcileOutcome = "success" | "requeue_after" | "requeue" | "error";

export interface ControllerOptions {
  /** Label `controller` of the metrics and key `controller` of the log. */
  name: string;
  reconcile: Reconcile;
  /** How many keys are worked on at once. Default 64. */
  workers?: number;
  /** After this the run's signal aborts. Default 60 s. */
  deadlineMs?: number;
  queue?: {
    baseDelayMs?: number;
    maxDelayMs?: number;
    retriesPerSecond?: number;
    retryBurst?: number;
    metrics?: QueueMetrics;
  };
  clock: Clock;
  random: Random;
  log: Logger;
  metrics?: ControllerMetrics;
}

export interface EventRoute<T extends KubeObject> {
  /**
   * Events it refuses wake nobody. One that throws counts as passed: a look too many does no harm. Not asked about objects
   * that cannot be read, or can be again: what it compares is missing, and the reconciler is the one to report it.
   */
  predicate?: (event: InformerEvent<T>) => boolean;
  /** The keys to look at because of this event. */
  map: (event: InformerEvent<T>) => Iterable<ObjectKey>;
}

export interface Controller {
  readonly name: string;
  /**
   * Feeds the events of an informer into the queue, from the start to the stop, beginning with all it holds at the start:
   * what came and went while this process was a standby concerns nobody. To be called before `start`.
   */
  watch<T extends KubeObject>(informer: Informer<T>, options: EventRoute<T>): void;
  /** Asks for a look at the key now: for sources of events that are not informers. */
  enqueue(key: ObjectKey): void;
  /**
   * Waits until every watched informer has synced, then works until the signal aborts and the last run has settled.
   * Rejects never but for being started twice.
   */
  start(signal: AbortSignal): Promise<void>;
}

/** A conflict or two come from caches a moment behind. This many in a row, and somebody has to be told. */
const conflictsToReport = 5;

export function createController(options: ControllerOptions): Controller {
  return new QueueController(options);
}

class QueueController implements Controller {
  readonly name: string;
  readonly #options: ControllerOptions;
  readonly #log: Logger;
  readonly #queue: WorkQueue;
  readonly #workers: number;
  readonly #sources: Source[] = [];
  /** One per run in progress: a stop reaches each through here, without one listener per run on the long-lived signal. */
  readonly #running = new Set<AbortController>();
  #started = false;

  constructor(options: ControllerOptions) {
    this.name = options.name;
    this.#options = options;
    this.#log = options.log.child({ controller: options.name });
    this.#workers = options.workers ?? 64;
    this.#queue = new WorkQueue({ clock: options.clock, ...options.queue });
    options.metrics?.maxConcurrent(this.#workers);
  }

  watch<T extends KubeObject>(informer: Informer<T>, { predicate, map }: EventRoute<T>): void {
    const handle = (event: InformerEvent<T>): void => {
      try {
        const comparable = event.unreadable === undefined && event.healed === undefined;
        if (comparable && predicate !== undefined && !this.#passes(predicate, event)) return;
        for (const key of map(event)) this.#queue.add(key);
      } catch (error) {
        this.#log.error({ error, ...aboutEvent(event) }, "event could not be mapped to keys");
      }
    };
    this.#sources.push({
      synced: (signal) => informer.synced(signal),
      // Only at the start: the queue of a standby would fill with every object that ever was, and nobody empties it.
      listen: () => informer.onEvent(handle),
    });
  }

  enqueue(key: ObjectKey): void {
    this.#queue.add(key);
  }

  async start(signal: AbortSignal): Promise<void> {
    if (this.#started) throw new Error(`controller ${this.name} was started twice`);
    this.#started = true;
    try {
      await Promise.all(this.#sources.map((source) => source.synced(signal)));
    } catch (error) {
      await this.#discard();
      if (signal.aborted) return;
      throw error;
    }
    const listening = this.#sources.map((source) => source.listen());
    this.#log.info({ workers: this.#workers }, "controller started");
    const workers = Array.from({ length: this.#workers }, () => this.#work(signal));
    await aborted(signal);
    for (const stopListening of listening) stopListening();
    for (const run of this.#running) run.abort(signal.reason);
    await this.#queue.shutDown();
    await Promise.all(workers);
    this.#log.info({}, "controller stopped");
  }

  /** Ends the queue of a controller that has no workers. What was enqueued before its start would keep it open for ever. */
  async #discard(): Promise<void> {
    const drained = this.#queue.shutDown();
    for (let key = await this.#queue.take(); key !== undefined; key = await this.#queue.take())
      this.#queue.done(key);
    await drained;
  }

  /** One worker: takes keys until the queue is drained. After the stop it only empties the queue. */
  async #work(signal: AbortSignal): Promise<void> {
    for (;;) {
      const key = await this.#queue.take();
      if (key === undefined) return;
      if (!signal.aborted) await this.#reconcile(key);
      this.#queue.done(key);
    }
  }

  async #reconcile(key: ObjectKey): Promise<void> {
    const { clock, metrics, deadlineMs = 60_000 } = this.#options;
    const stop = new AbortController();
    this.#running.add(stop);
    metrics?.activeWorkers(this.#running.size);
    const log = this.#log.child({ ...key, reconcileId: this.#options.random.uuid() });
    const startedAt = clock.monotonic();
    const outcome = await runReconcile(this.#options.reconcile, key, { stop, log, clock, deadlineMs });
    this.#running.delete(stop);
    metrics?.activeWorkers(this.#running.size);
    this.#settle(key, outcome, log, (clock.monotonic() - startedAt) / 1000);
  }

  /** Decides when the key comes back. Before `done`, so that an event that came meanwhile still wins over a delay. */
  #settle(key: ObjectKey, outcome: Outcome, log: Logger, seconds: number): void {
    const { metrics } = this.#options;
    if (outcome.timedOut) metrics?.timedOut();
    switch (outcome.kind) {
      case "done":
        this.#queue.forget(key);
        if (outcome.requeueAfterMs !== undefined) this.#queue.addAfter(key, outcome.requeueAfterMs);
        metrics?.reconciled(outcome.requeueAfterMs === undefined ? "success" : "requeue_after", seconds);
        return;
      case "conflict": {
        this.#queue.addRateLimited(key);
        const facts = { error: outcome.error, failures: this.#queue.failures(key) };
        if (facts.failures >= conflictsToReport) {
          log.error(facts, "reconcile meets conflicts that do not end and is repeated");
          break;
        }
        log.debug(facts, "reconcile met a conflict and is repeated");
        metrics?.reconciled("requeue", seconds);
        return;
      }
      case "stopped":
        // When only the fence closed and opens again, the key must not be lost; when we are stopping, the queue refuses it.
        log.debug({ error: outcome.error }, "reconcile was stopped");
        this.#queue.addRateLimited(key);
        return;
      case "terminal":
        log.error({ error: outcome.error }, "reconcile failed and is not repeated before the next event");
        this.#queue.forget(key);
        metrics?.terminal();
        break;
      case "failed":
        this.#queue.addRateLimited(key, outcome.retryAfterMs);
        log.error(
          { error: outcome.error, failures: this.#queue.failures(key) },
          "reconcile failed and is repeated",
        );
        if (outcome.panic) metrics?.panicked();
        break;
    }
    metrics?.failed();
    metrics?.reconciled("error", seconds);
  }

  #passes<T extends KubeObject>(
    predicate: (event: InformerEvent<T>) => boolean,
    event: InformerEvent<T>,
  ): boolean {
    try {
      return predicate(event);
    } catch (error) {
      this.#log.error({ error, ...aboutEvent(event) }, "predicate threw: the event counts as passed");
      return true;
    }
  }
}

/** What a watched informer is to the controller. */
interface Source {
  synced(signal: AbortSignal): Promise<void>;
  /** Returns the function that ends it. */
  listen(): () => void;
}

function aboutEvent({ type, object }: InformerEvent<KubeObject>): object {
  const { namespace, name } = object.metadata;
  return { event: type, kind: object.kind, namespace, name };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

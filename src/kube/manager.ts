/**
 * Starts and stops everything in the right order.
 *
 *     starting --servers listen--> syncing --caches full--> standby --lease--> leading
 *        |                            |                        |                 |
 *        +------- stop, or anything that ended or failed by itself --------------+--> draining --> stopped
 *
 *     draining: controllers stop and their running reconciles end (up to the grace period), events are flushed, the
 *     lease is given up, caches stop, servers close. In that order: whoever gets the lease next must find us silent,
 *     and the caches have to outlive the reconciles that read them.
 *
 * Standby is ready too: a second replica with full caches is what makes a take-over quick.
 */
import type { Clock } from "#clock";
import type { Elector } from "./elector.ts";
import type { Fence } from "./fence.ts";
import type { HttpEndpoint } from "./http-endpoints.ts";
import type { Logger } from "./reconcile.ts";

export type ManagerPhase = "starting" | "syncing" | "standby" | "leading" | "draining" | "stopped";

/** The part of an informer that the manager needs. */
export interface ManagedCache {
  readonly resource: { readonly plural: string };
  readonly hasSynced: boolean;
  start(signal: AbortSignal): Promise<void>;
  synced(signal?: AbortSignal): Promise<void>;
}

/** Runs until the signal aborts, then resolves once all it did has ended. Ending before that is a failure. */
export interface Runnable {
  readonly name: string;
  start(signal: AbortSignal): Promise<void>;
}

export interface ManagerOptions {
  readonly clock: Clock;
  readonly log: Logger;
  readonly fence: Fence;
  /** Absent: no election; the fence is one that is open. */
  readonly elector?: Elector;
  readonly endpoints: readonly HttpEndpoint[];
  readonly caches: readonly ManagedCache[];
  /** Run only while leading. */
  readonly controllers: readonly Runnable[];
  /** Run from the start until after the controllers have ended: the event recorder, the stall watchdog. */
  readonly services: readonly Runnable[];
  /** How long running reconciles may take to end. Default 5 s: the shipped pod has 10 s in all. */
  readonly graceMs?: number;
}

export interface Manager {
  readonly phase: ManagerPhase;
  /** For `/readyz`: undefined when ready, otherwise what is missing. */
  notReady(): string | undefined;
  /** Runs until `stop` aborts or something fails. Resolves to the exit code: 0 after a stop, 1 otherwise. Once only. */
  run(stop: AbortSignal): Promise<0 | 1>;
}

const DEFAULT_GRACE_MS = 5_000;
/** After the fence closed nothing may be written, so there is little to wait for. */
const FENCED_GRACE_MS = 1_000;
const SYNC_REPORT_MS = 30_000;

export function createManager(options: ManagerOptions): Manager {
  const { clock, log, fence, elector, endpoints, caches, controllers, services } = options;
  let phase: ManagerPhase = "starting";

  const unsynced = (): string[] =>
    caches.filter((cache) => !cache.hasSynced).map((cache) => cache.resource.plural);

  function enter(next: ManagerPhase): void {
    log.debug({ from: phase, to: next }, "manager phase");
    phase = next;
  }

  async function run(stop: AbortSignal): Promise<0 | 1> {
    const failure = new Failure(log);
    const groups = {
      controllers: new Group(failure),
      services: new Group(failure),
      election: new AbortController(),
      caches: new Group(failure),
    };
    // Ends the start-up at whatever point it is.
    const ending = AbortSignal.any([stop, failure.signal, fence.signal]);
    let election: Promise<unknown> = Promise.resolve();
    try {
      for (const endpoint of endpoints) await endpoint.listen();
      for (const service of services) groups.services.start(service);
      enter("syncing");
      for (const cache of caches) {
        groups.caches.start({
          name: `cache of ${cache.resource.plural}`,
          start: (signal) => cache.start(signal),
        });
      }
      await syncCaches(ending);
      enter("standby");
      log.info({ caches: caches.length }, "all caches are in sync");
      if (elector !== undefined) {
        election = elector.run(groups.election.signal).then((end) => {
          if (end === "lost")
            failure.report(new Error(fence.closedBecause ?? "lost the lease"), "leader election");
        });
        await untilAborted(elector.acquired, ending);
      }
      ending.throwIfAborted();
      enter("leading");
      for (const controller of controllers) groups.controllers.start(controller);
      await untilAborted(new Promise<never>(() => {}), ending);
    } catch (error) {
      if (!ending.aborted) failure.report(error, "start");
    }
    if (fence.signal.aborted && !stop.aborted) failure.report(fence.signal.reason, "write fence");
    enter("draining");
    await drain(groups, election, stop.aborted && !fence.signal.aborted);
    enter("stopped");
    return failure.signal.aborted ? 1 : 0;
  }

  async function syncCaches(ending: AbortSignal): Promise<void> {
    const report = (): void => {
      log.info({ caches: unsynced() }, "still waiting for caches");
      cancel = clock.after(SYNC_REPORT_MS, report);
    };
    let cancel = clock.after(SYNC_REPORT_MS, report);
    try {
      await Promise.all(caches.map((cache) => untilAborted(cache.synced(ending), ending)));
    } finally {
      cancel();
    }
  }

  async function drain(
    groups: { controllers: Group; services: Group; election: AbortController; caches: Group },
    election: Promise<unknown>,
    orderly: boolean,
  ): Promise<void> {
    const graceMs = orderly ? (options.graceMs ?? DEFAULT_GRACE_MS) : FENCED_GRACE_MS;
    log.info({ graceMs }, "stopping");
    const step = async (name: string, work: Promise<unknown>, withinMs: number): Promise<void> => {
      if (!(await endsWithin(clock, work, withinMs)))
        log.warn({ step: name, withinMs }, "did not stop in time");
    };
    await step("controllers", groups.controllers.stop(), graceMs);
    await step("services", groups.services.stop(), 3_000);
    // Without an election this is what stops a reconcile that outlived its grace period from writing on.
    if (elector === undefined) fence.close("shutting down");
    groups.election.abort(new Error("shutting down"));
    await step("election", election, 5_000);
    await step("caches", groups.caches.stop(), 1_000);
    await step("servers", Promise.all(endpoints.map((endpoint) => endpoint.close())), 1_000);
  }

  return {
    get phase() {
      return phase;
    },
    notReady() {
      if (phase === "draining" || phase === "stopped") return "shutting down";
      const missing = unsynced();
      if (missing.length > 0) return `caches not in sync: ${missing.join(", ")}`;
      return phase === "starting" || phase === "syncing" ? "starting" : undefined;
    },
    run,
  };
}

/** The first thing that went wrong. Later ones are logged too, but the first one ended the process. */
class Failure {
  readonly #controller = new AbortController();
  readonly #log: Logger;

  constructor(log: Logger) {
    this.#log = log;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  report(error: unknown, part: string): void {
    if (this.#controller.signal.aborted) return;
    this.#log.error({ part, error }, "the manager has to stop");
    this.#controller.abort(error instanceof Error ? error : new Error(String(error)));
  }
}

/** Things that start together and stop together. */
class Group {
  readonly #failure: Failure;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>[] = [];

  constructor(failure: Failure) {
    this.#failure = failure;
  }

  start(runnable: Runnable): void {
    this.#running.push(this.#supervise(runnable));
  }

  async stop(): Promise<void> {
    this.#stop.abort(new Error("shutting down"));
    await Promise.all(this.#running);
  }

  /** Never rejects. */
  async #supervise(runnable: Runnable): Promise<void> {
    try {
      await runnable.start(this.#stop.signal);
      if (!this.#stop.signal.aborted) throw new Error(`${runnable.name} ended by itself`);
    } catch (error) {
      if (!this.#stop.signal.aborted) this.#failure.report(error, runnable.name);
    }
  }
}

/** Settles as `work` does, or rejects with the signal's reason, whichever is first. */
function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

/** Whether `work` settled within the time. */
function endsWithin(clock: Clock, work: Promise<unknown>, ms: number): Promise<boolean> {
  return new Promise((resolve) => {
    const cancel = clock.after(ms, () => resolve(false));
    const ended = (): void => {
      cancel();
      resolve(true);
    };
    work.then(ended, ended);
  });
}

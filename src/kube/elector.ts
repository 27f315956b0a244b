/**
 * Carries out the election of `leader-election.ts` against the API server and moves the fence with it.
 *
 * Takes a client *without* the write gate: the Lease is what opens the gate.
 */
import type { Clock, Random } from "#clock";
import type { Reader, Writer } from "./client.ts";
import { isApiError } from "./errors.ts";
import { type Fence, instantOf } from "./fence.ts";
import {
  type ElectionAction,
  type ElectionConfig,
  type ElectionInput,
  type ElectionState,
  startElection,
  stepElection,
} from "./leader-election.ts";
import { holderOf, type LeaseRecord, leases } from "./lease.ts";
import type { Logger } from "./reconcile.ts";

/** client-go's defaults, which the Go operator runs with: a mixed pair waits for each other correctly. */
export const ELECTION_TIMINGS = {
  leaseDurationMs: 15_000,
  renewDeadlineMs: 10_000,
  retryPeriodMs: 2_000,
} as const;

/** No single call may use up the renew deadline. */
const CALL_TIMEOUT_MS = 4_000;
/** client-go's JitterFactor: candidates that started together spread out. */
const JITTER_FACTOR = 1.2;

export interface ElectorOptions {
  readonly client: Reader & Writer;
  readonly fence: Fence;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly lease: { readonly namespace: string; readonly name: string };
  /** Unique per process: `<hostname>_<uuid>`, or the slot with an uuid. */
  readonly identity: string;
  readonly slot?: string;
  readonly timings?: Omit<ElectionConfig, "identity" | "slot">;
  /** For the metric. Called on every change. */
  readonly onLeading?: (leading: boolean) => void;
}

export interface Elector {
  /** Resolves once this process leads. Stays pending otherwise. */
  readonly acquired: Promise<void>;
  /**
   * Runs until the lease is lost or `stop` aborts; then the fence is closed and, on stop, the lease released. Stop it
   * only after the controllers ended: until then it keeps renewing. Never rejects.
   */
  run(stop: AbortSignal): Promise<"lost" | "released">;
}

export function createElector(options: ElectorOptions): Elector {
  const { fence, clock, log } = options;
  const { identity, slot, timings = ELECTION_TIMINGS } = options;
  const config: ElectionConfig = { identity, ...(slot !== undefined && { slot }), ...timings };
  const caller = createCaller(options, config);
  let announceAcquired = (): void => {};
  const acquired = new Promise<void>((resolve) => {
    announceAcquired = resolve;
  });

  function enter(before: ElectionState, after: ElectionState, saw: ElectionInput["saw"]): void {
    if (after.at === "leading") {
      // Before anything else sees the new state: the controllers start on it.
      if (before.at !== "leading" || before.held.renewedAt !== after.held.renewedAt)
        fence.renewed(after.held.renewedAt);
      if (before.at !== "leading") {
        log.info({ lease: options.lease, identity: config.identity }, "became the leader");
        options.onLeading?.(true);
        announceAcquired();
      }
    } else if (before.at === "leading") {
      // The gate closes before the lease is given up, never after.
      fence.close(
        after.at === "lost" ? `lost the lease: ${after.reason}` : "giving up the lease on shutdown",
      );
      options.onLeading?.(false);
      if (after.at === "lost") log.error({ lease: options.lease, reason: after.reason }, "lost the lease");
    }
    if (after.at === "candidate" && before.at === "candidate") {
      const holder = after.observed?.holder;
      if (holder !== before.observed?.holder && holder !== undefined) {
        log.info({ lease: options.lease, holder }, "waiting for the leader to give up or run out");
      }
    }
    if (after.at === "released" && before.at === "releasing") reportRelease(saw);
  }

  function reportRelease(saw: ElectionInput["saw"]): void {
    if (saw === "written") log.info({ lease: options.lease }, "gave up the lease");
    else if (saw === "read") log.info({ lease: options.lease }, "the lease is not ours, nothing to give up");
    else log.warn({ lease: options.lease }, "could not give up the lease, it has to run out");
  }

  return {
    acquired,
    async run(stop) {
      let { state, action } = startElection();
      let stopping = false;
      while (action.do !== "end") {
        const input: ElectionInput = stopping ? await caller(action) : await caller(action, stop);
        // A wall clock that jumped (a suspended machine) is seen here, at the latest one retry period later.
        if (state.at === "leading" && fence.isOpen === false && fence.closedBecause !== undefined) {
          options.onLeading?.(false);
          log.error({ lease: options.lease, reason: fence.closedBecause }, "lost the lease");
          return "lost";
        }
        let next = stepElection(state, input, instantOf(clock), config);
        if (stop.aborted && !stopping) {
          // The outcome first: a take-over that was just answered, or is in doubt, has to be released.
          next = stepElection(next.state, { saw: "stop" }, instantOf(clock), config);
          stopping = true;
        }
        enter(state, next.state, input.saw);
        ({ state, action } = next);
      }
      return state.at === "lost" ? "lost" : "released";
    },
  };
}

/** Does one action and says what came of it. Never rejects; ends early when `stop` aborts. */
function createCaller(options: ElectorOptions, config: ElectionConfig) {
  const { client, clock, random, log, lease: key } = options;
  let lastFailure = "";

  async function call(action: ElectionAction, signal: AbortSignal): Promise<ElectionInput> {
    switch (action.do) {
      case "wait": {
        const ms = action.jittered ? action.ms * (1 + random.next() * JITTER_FACTOR) : action.ms;
        await clock.sleep(ms, signal);
        return { saw: "waited" };
      }
      case "end":
        return { saw: "waited" };
      case "read":
        try {
          return { saw: "read", lease: await client.get(leases, key, signal) };
        } catch (error) {
          if (isApiError(error, "notFound")) return { saw: "read", lease: undefined };
          throw error;
        }
      case "create":
      case "patch": {
        const startedAt = instantOf(clock);
        const lease =
          action.do === "create" ? await create(action.record, signal) : await patch(action, signal);
        // The server may run an admission hook that changes what we wrote; believe the answer, not the request.
        if (action.record.holderIdentity !== (holderOf(lease) ?? ""))
          return { saw: "failed", outcome: "refused" };
        return { saw: "written", lease, record: action.record, startedAt };
      }
    }
  }

  function create(record: LeaseRecord, signal: AbortSignal) {
    const manifest = {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: { ...key },
      spec: record,
    };
    return client.create(leases, manifest, signal);
  }

  function patch(action: Extract<ElectionAction, { do: "patch" }>, signal: AbortSignal) {
    const body = { metadata: { resourceVersion: action.resourceVersion }, spec: action.record };
    return client.mergePatch(leases, key, body, {}, signal);
  }

  return async function perform(action: ElectionAction, stop?: AbortSignal): Promise<ElectionInput> {
    const controller = new AbortController();
    const abort = (): void => controller.abort(new Error("election: stopped or timed out"));
    if (stop?.aborted) abort();
    stop?.addEventListener("abort", abort, { once: true });
    const cancelTimer = action.do === "wait" ? () => {} : clock.after(CALL_TIMEOUT_MS, abort);
    try {
      const input = await call(action, controller.signal);
      if (action.do !== "wait") lastFailure = "";
      return input;
    } catch (error) {
      if (action.do === "wait") return { saw: "waited" };
      const refused = isApiError(error, "conflict", "alreadyExists", "notFound");
      const failure = isApiError(error) ? `${error.class} ${error.status}` : String(error);
      // Once per kind of failure, not every two seconds for as long as the API server is away.
      if (!refused && stop?.aborted !== true && failure !== lastFailure) {
        log.warn(
          { lease: key, identity: config.identity, action: action.do, error },
          "lease call failed, will retry",
        );
        lastFailure = failure;
      }
      if (action.do === "read") return { saw: "failed", outcome: "unread" };
      return { saw: "failed", outcome: refused ? "refused" : "unknown" };
    } finally {
      cancelTimer();
      stop?.removeEventListener("abort", abort);
    }
  };
}

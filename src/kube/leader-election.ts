/**
 * Leader election on one Lease: a pure state machine. `elector.ts` carries out what it asks for.
 *
 *              +----------------- wait (retry, jittered) <--- other holder alive, or any failed call
 *              v                                  |
 *   candidate: read --- no Lease ---> create -----+--- written --> LEADING
 *              |                                  |
 *              +--- free, ours or run out -> patch+                 (a patch carries the resourceVersion that was read)
 *
 *   leading:   wait (retry) -> patch -- written --> leading (renewed)
 *              |                  +--- conflict, not found --> read -- ours --> patch again
 *              |                  |                             |-- none ----> create again
 *              |                  |                             +-- another -> LOST
 *              |                  +--- any other failure --> wait
 *              +--- renew deadline passed, in any of these --> LOST
 *
 *   stop:      candidate, nothing in doubt --> RELEASED
 *              candidate with a write in doubt, leading --> releasing: read -- ours --> patch holder "" --> RELEASED
 *                                                                       +---- else --> RELEASED
 *              releasing: conflict --> read again (three tries), any other failure --> RELEASED (the lease runs out)
 *
 * A holder is dead when its record has not changed for a lease duration on *our own* monotonic clock since we saw it
 * (as client-go judges it): clocks of different machines are never compared.
 */

import { elapsedMs, type Instant } from "./fence.ts";
import { formatMicroTime, holderOf, type Lease, type LeaseRecord, recordFingerprint } from "./lease.ts";
import type { DeepReadonly } from "./object.ts";

export interface ElectionConfig {
  readonly identity: string;
  /**
   * What the identities of all processes of one container of one pod begin with. The kubelet starts the next of them only
   * when the one before is dead, so a Lease of such a predecessor need not run out.
   */
  readonly slot?: string;
  readonly leaseDurationMs: number;
  readonly renewDeadlineMs: number;
  readonly retryPeriodMs: number;
}

/** What a candidate knows about the holder it waits for. */
interface Observed {
  readonly fingerprint: string;
  readonly sinceMonotonic: number;
  readonly durationMs: number;
  readonly holder: string | undefined;
}

interface Held {
  readonly record: LeaseRecord;
  readonly resourceVersion: string;
  readonly renewedAt: Instant;
}

export type ElectionState =
  | { readonly at: "candidate"; readonly observed?: Observed; readonly writeInDoubt: boolean }
  | { readonly at: "leading"; readonly held: Held }
  | { readonly at: "releasing"; readonly triesLeft: number }
  | { readonly at: "released" }
  | { readonly at: "lost"; readonly reason: string };

export type ElectionInput =
  | { readonly saw: "waited" }
  /** `lease` undefined: there is none. */
  | { readonly saw: "read"; readonly lease: DeepReadonly<Lease> | undefined }
  /** `startedAt`: before the request was sent. */
  | {
      readonly saw: "written";
      readonly lease: DeepReadonly<Lease>;
      readonly record: LeaseRecord;
      readonly startedAt: Instant;
    }
  /**
   * `refused`: a write the server says did not happen because the Lease is not as we thought (conflict, already exists,
   * not found). `unknown`: a write that may have happened. `unread`: a read that failed.
   */
  | { readonly saw: "failed"; readonly outcome: "refused" | "unknown" | "unread" }
  | { readonly saw: "stop" };

export type ElectionAction =
  | { readonly do: "read" }
  | { readonly do: "create"; readonly record: LeaseRecord }
  | { readonly do: "patch"; readonly record: LeaseRecord; readonly resourceVersion: string }
  | { readonly do: "wait"; readonly ms: number; readonly jittered: boolean }
  | { readonly do: "end" };

export interface Transition {
  readonly state: ElectionState;
  readonly action: ElectionAction;
}

const RELEASE_TRIES = 3;

export function startElection(): Transition {
  return { state: { at: "candidate", writeInDoubt: false }, action: { do: "read" } };
}

/** Pure. The input is the outcome of the action of the transition before, or `stop` in its place. */
export function stepElection(
  state: ElectionState,
  input: ElectionInput,
  now: Instant,
  config: ElectionConfig,
): Transition {
  switch (state.at) {
    case "candidate":
      return stepCandidate(state, input, now, config);
    case "leading":
      return stepLeading(state, input, now, config);
    case "releasing":
      return stepReleasing(state, input, now, config);
    case "released":
    case "lost":
      return { state, action: { do: "end" } };
  }
}

function stepCandidate(
  state: Extract<ElectionState, { at: "candidate" }>,
  input: ElectionInput,
  now: Instant,
  config: ElectionConfig,
): Transition {
  const retry: ElectionAction = { do: "wait", ms: config.retryPeriodMs, jittered: true };
  switch (input.saw) {
    case "waited":
      return { state, action: { do: "read" } };
    case "written":
      // An answer as old as this opens no fence. The next read finds us as the holder.
      if (elapsedMs(input.startedAt, now) >= config.renewDeadlineMs) {
        return { state: { ...state, writeInDoubt: true }, action: retry };
      }
      return lead(input, config);
    case "failed":
      return {
        state: { ...state, writeInDoubt: state.writeInDoubt || input.outcome === "unknown" },
        action: retry,
      };
    case "stop":
      return state.writeInDoubt ? release() : { state: { at: "released" }, action: { do: "end" } };
    case "read":
      break;
  }
  const { lease } = input;
  if (lease === undefined) {
    // A Lease deleted under a living holder is no release: what we saw of it must run out all the same.
    if (state.observed?.holder !== undefined && !hasRunOut(state.observed, now))
      return { state, action: retry };
    const record = freshRecord(config, now, 0);
    return { state: { at: "candidate", writeInDoubt: false }, action: { do: "create", record } };
  }
  const observed = observe(state.observed, lease, now, config);
  const holder = holderOf(lease);
  // The holder can be us: a take-over whose answer was lost.
  const alive = holder !== undefined && holder !== config.identity && !isPredecessor(holder, config);
  if (alive && !hasRunOut(observed, now)) {
    return { state: { at: "candidate", observed, writeInDoubt: false }, action: retry };
  }
  const record = freshRecord(
    config,
    now,
    (lease.spec?.leaseTransitions ?? 0) + (holder === config.identity ? 0 : 1),
  );
  return {
    state: { at: "candidate", observed, writeInDoubt: false },
    action: { do: "patch", record, resourceVersion: lease.metadata.resourceVersion },
  };
}

function stepLeading(
  state: Extract<ElectionState, { at: "leading" }>,
  input: ElectionInput,
  now: Instant,
  config: ElectionConfig,
): Transition {
  const { held } = state;
  if (input.saw === "stop") return release();
  // Also for a renew that succeeded too late: the fence is closed by then and does not open again.
  if (elapsedMs(held.renewedAt, now) >= config.renewDeadlineMs) {
    return lose(`not renewed for ${config.renewDeadlineMs / 1000} s`);
  }
  const renewal: LeaseRecord = { ...held.record, renewTime: formatMicroTime(now.wall) };
  switch (input.saw) {
    case "waited":
      return { state, action: { do: "patch", record: renewal, resourceVersion: held.resourceVersion } };
    case "written":
      return lead(input, config);
    case "failed":
      return input.outcome === "refused"
        ? { state, action: { do: "read" } }
        : { state, action: { do: "wait", ms: config.retryPeriodMs, jittered: false } };
    case "read":
      break;
  }
  const { lease } = input;
  if (lease === undefined) return { state, action: { do: "create", record: renewal } };
  // A conflict with our own identity in the Lease: an earlier renew landed though its answer was lost, or somebody
  // touched the metadata. Both are harmless.
  const holder = holderOf(lease);
  if (holder !== config.identity)
    return lose(`taken over by ${holder ?? "nobody: somebody cleared the holder"}`);
  return { state, action: { do: "patch", record: renewal, resourceVersion: lease.metadata.resourceVersion } };
}

function stepReleasing(
  state: Extract<ElectionState, { at: "releasing" }>,
  input: ElectionInput,
  now: Instant,
  config: ElectionConfig,
): Transition {
  const end: Transition = { state: { at: "released" }, action: { do: "end" } };
  if (input.saw === "failed" && input.outcome === "refused" && state.triesLeft > 1) {
    return { state: { at: "releasing", triesLeft: state.triesLeft - 1 }, action: { do: "read" } };
  }
  if (input.saw !== "read" || input.lease === undefined || holderOf(input.lease) !== config.identity)
    return end;
  const time = formatMicroTime(now.wall);
  const record: LeaseRecord = {
    holderIdentity: "",
    // As client-go: even an elector that ignores an empty holder waits no longer than this.
    leaseDurationSeconds: 1,
    acquireTime: time,
    renewTime: time,
    leaseTransitions: input.lease.spec?.leaseTransitions ?? 0,
  };
  return { state, action: { do: "patch", record, resourceVersion: input.lease.metadata.resourceVersion } };
}

function lead(input: Extract<ElectionInput, { saw: "written" }>, config: ElectionConfig): Transition {
  const held: Held = {
    record: input.record,
    resourceVersion: input.lease.metadata.resourceVersion,
    renewedAt: input.startedAt,
  };
  return {
    state: { at: "leading", held },
    action: { do: "wait", ms: config.retryPeriodMs, jittered: false },
  };
}

/** Reads first: a renew that was cut off may have moved the resourceVersion. */
function release(): Transition {
  return { state: { at: "releasing", triesLeft: RELEASE_TRIES }, action: { do: "read" } };
}

function lose(reason: string): Transition {
  return { state: { at: "lost", reason }, action: { do: "end" } };
}

function observe(
  before: Observed | undefined,
  lease: DeepReadonly<Lease>,
  now: Instant,
  config: ElectionConfig,
): Observed {
  const fingerprint = recordFingerprint(lease);
  if (before?.fingerprint === fingerprint) return before;
  // Never less than our own duration: a record that was edited to a shorter one does not shorten its holder's fence.
  const durationMs = Math.max(config.leaseDurationMs, (lease.spec?.leaseDurationSeconds ?? 0) * 1000);
  return { fingerprint, sinceMonotonic: now.monotonic, durationMs, holder: holderOf(lease) };
}

function isPredecessor(holder: string, { slot }: ElectionConfig): boolean {
  return slot !== undefined && holder.startsWith(slot);
}

function hasRunOut(observed: Observed, now: Instant): boolean {
  return now.monotonic - observed.sinceMonotonic >= observed.durationMs;
}

function freshRecord(config: ElectionConfig, now: Instant, leaseTransitions: number): LeaseRecord {
  const time = formatMicroTime(now.wall);
  return {
    holderIdentity: config.identity,
    leaseDurationSeconds: Math.round(config.leaseDurationMs / 1000),
    acquireTime: time,
    renewTime: time,
    leaseTransitions,
  };
}

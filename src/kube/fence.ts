/**
 * The leadership fence: the one gate that every write of this process passes (API server and sidecars).
 *
 *     waiting --renewed--> open --renewed--> open
 *        |                  |
 *        +----- close ------+----- deadline passed, close ----> closed   (for good: the process exits)
 *
 * It is open only while now < start of the last successful renew + renew deadline, by the later of the monotonic and
 * the wall clock: the monotonic clock may stand still while a virtual machine is suspended, and then the wall clock
 * tells how long we were away. Another elector waits a whole lease duration (15 s) from the moment it *saw* our last
 * renew, which is never before that renew *started*, so our fence (10 s) is closed at least 5 s before it may write.
 * What this cannot cover: a human who deletes or edits the Lease.
 */
import { setMaxListeners } from "node:events";
import type { Clock } from "#clock";
import { ApiError } from "./errors.ts";
import type { WriteGate } from "./rest-api.ts";

/** How long after a suspension the fence may take to notice that its time is over. */
const maxUnwatchedMs = 1_000;

/** One moment on both clocks. */
export interface Instant {
  readonly monotonic: number;
  readonly wall: number;
}

/** `assertOpen` also throws before the first lease; `signal` aborts only when the fence closes for good. */
export interface Fence extends WriteGate {
  readonly isOpen: boolean;
  /** Why it closed; undefined before. */
  readonly closedBecause: string | undefined;
  /** A renew that *started* then has succeeded. Ignored once closed. */
  renewed(startedAt: Instant): void;
  /** Closes for good. The first reason wins. */
  close(reason: string): void;
}

export function instantOf(clock: Clock): Instant {
  return { monotonic: clock.monotonic(), wall: clock.now() };
}

/** Milliseconds between two instants, by the clock that says more. */
export function elapsedMs(since: Instant, now: Instant): number {
  return Math.max(now.monotonic - since.monotonic, now.wall - since.wall);
}

export function createFence(clock: Clock, renewDeadlineMs: number): Fence {
  const controller = new AbortController();
  // Every call in flight listens on it; Node warns above ten listeners.
  setMaxListeners(0, controller.signal);
  let renewedAt: Instant | undefined;
  let closedBecause: string | undefined;
  let cancelTimer = (): void => {};

  function close(reason: string): void {
    if (closedBecause !== undefined) return;
    closedBecause = reason;
    cancelTimer();
    controller.abort(fenced(reason));
  }

  function check(): boolean {
    if (closedBecause !== undefined || renewedAt === undefined) return false;
    if (elapsedMs(renewedAt, instantOf(clock)) < renewDeadlineMs) return true;
    close("the lease was not renewed in time");
    return false;
  }

  function arm(): void {
    cancelTimer();
    if (renewedAt === undefined) return;
    const left = renewDeadlineMs - elapsedMs(renewedAt, instantOf(clock));
    // Timers may fire a little early by the clocks we compare with: look again then instead of trusting the timer. And
    // they stand still while the machine is suspended: one for all that is left would let what is in flight go on for
    // that long after it woke.
    cancelTimer = clock.after(Math.max(1, Math.min(left, maxUnwatchedMs)), () => {
      if (check()) arm();
    });
  }

  return {
    signal: controller.signal,
    get isOpen() {
      return check();
    },
    get closedBecause() {
      return closedBecause;
    },
    assertOpen() {
      if (!check()) throw fenced(closedBecause ?? "this process does not hold the lease");
    },
    renewed(startedAt) {
      // A fence that ran out between the renew's start and its answer stays closed: something may have been refused
      // already, and half a leader is worse than a restart.
      if (closedBecause !== undefined || (renewedAt !== undefined && !check())) return;
      renewedAt = startedAt;
      if (check()) arm();
    },
    close,
  };
}

/** For `--leader-elect=false`: open until closed, by the operator's own promise that there is only one process. */
export function createOpenFence(): Fence {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  let closedBecause: string | undefined;
  return {
    signal: controller.signal,
    get isOpen() {
      return closedBecause === undefined;
    },
    get closedBecause() {
      return closedBecause;
    },
    assertOpen() {
      if (closedBecause !== undefined) throw fenced(closedBecause);
    },
    renewed() {},
    close(reason) {
      if (closedBecause !== undefined) return;
      closedBecause = reason;
      controller.abort(fenced(reason));
    },
  };
}

function fenced(reason: string): ApiError {
  return new ApiError(`nothing was sent, the write fence is closed: ${reason}`, {
    class: "fenced",
    notExecuted: true,
  });
}

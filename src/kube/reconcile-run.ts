/** One call of a reconcile function: gives it its signal, holds it to its deadline, and sorts its outcome. Never rejects. */
import type { Clock } from "#clock";
import { ApiError, TerminalError } from "./errors.ts";
import { formatKey, type ObjectKey } from "./object.ts";
import type { Logger, Reconcile, ReconcileResult } from "./reconcile.ts";

export type Outcome = { readonly timedOut: boolean } & (
  | { readonly kind: "done"; readonly requeueAfterMs?: number }
  | { readonly kind: "conflict" | "stopped" | "terminal"; readonly error: unknown }
  | {
      readonly kind: "failed";
      readonly error: unknown;
      readonly panic: boolean;
      readonly retryAfterMs: number;
    }
);

export interface RunOptions {
  /** Aborted from outside when the controller stops; aborted here at the deadline. */
  stop: AbortController;
  log: Logger;
  clock: Clock;
  deadlineMs: number;
}

/** How long a run may take to settle once its signal aborted, before it is reported as stuck. */
const settleGraceMs = 5_000;

/**
 * Waits for the reconcile however long it takes: a key whose run ignores its signal stays locked, because a second run
 * beside it could do everything twice. Such a run is reported once, at error level.
 */
export async function runReconcile(
  reconcile: Reconcile,
  key: ObjectKey,
  options: RunOptions,
): Promise<Outcome> {
  const { stop, log, clock, deadlineMs } = options;
  const { signal } = stop;
  let timedOut = false;
  let cancelStuckReport = () => {};
  const cancelDeadline = clock.after(deadlineMs, () => {
    // A stop that came first is the reason of the abort, and stays it.
    timedOut = !signal.aborted;
    stop.abort(new Error(`reconcile of ${formatKey(key)} exceeded its deadline of ${deadlineMs} ms`));
  });
  const onAbort = () => {
    cancelStuckReport = clock.after(settleGraceMs, () => {
      log.error(
        { graceMs: settleGraceMs, deadlineMs },
        "reconcile ignores its abort: its key and worker stay locked",
      );
    });
  };
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    // Inside an async function, so that a reconcile that throws before its first await is caught like any other.
    const result = await reconcile(key, { signal, log });
    return { kind: "done", timedOut, ...requeueOf(result) };
  } catch (error) {
    return { ...judge(error, signal, timedOut), timedOut };
  } finally {
    cancelDeadline();
    cancelStuckReport();
    signal.removeEventListener("abort", onAbort);
  }
}

/** A wait that is zero or negative means "now", which must not spin: the least is a millisecond. */
function requeueOf({ requeueAfterMs }: ReconcileResult): { requeueAfterMs?: number } {
  if (requeueAfterMs === undefined) return {};
  // A sum with something undefined in it. Whatever wait we chose would hide that.
  if (Number.isNaN(requeueAfterMs)) throw new TypeError("requeueAfterMs is not a number");
  return { requeueAfterMs: Math.max(1, requeueAfterMs) };
}

type Judged =
  | { kind: "conflict" | "stopped" | "terminal"; error: unknown }
  | { kind: "failed"; error: unknown; panic: boolean; retryAfterMs: number };

/** Looks through `cause`, because reconcilers wrap errors to say what they tried. */
function judge(error: unknown, signal: AbortSignal, timedOut: boolean): Judged {
  const chain = causes(error);
  if (chain.some((cause) => cause instanceof TerminalError)) return { kind: "terminal", error };
  const api = chain.find((cause) => cause instanceof ApiError);
  if (api?.class === "conflict") return { kind: "conflict", error };
  if (timedOut) {
    const { message } = signal.reason as Error;
    return { kind: "failed", error: new Error(message, { cause: error }), panic: false, retryAfterMs: 0 };
  }
  // Waits of ours reject with the signal's own reason, which is no ApiError. A call that somebody else's signal ended is
  // a failure: taken for our stop, it would be repeated for ever without a word.
  const byOurSignal = signal.aborted && (chain.includes(signal.reason) || api?.class === "aborted");
  if (byOurSignal || api?.class === "fenced") return { kind: "stopped", error };
  return { kind: "failed", error, panic: isBug(error), retryAfterMs: api?.retryAfterMs ?? 0 };
}

/** The error and what caused it, outermost first. Bounded, for a chain can be circular. */
function causes(error: unknown): unknown[] {
  const chain: unknown[] = [];
  for (let cause = error; cause !== undefined && chain.length < 16; ) {
    chain.push(cause);
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  return chain;
}

/** What Go would call a panic: the program is wrong, not the world. */
function isBug(error: unknown): boolean {
  if (!(error instanceof Error)) return true;
  return error instanceof TypeError || error instanceof ReferenceError || error instanceof RangeError;
}

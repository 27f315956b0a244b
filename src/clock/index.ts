/**
 * Time, timers, randomness and ids, handed to whoever needs them so that a test can own all four.
 *
 * Lives here: the `Clock` and `Random` contracts and the real ones. Does not live here: anything that decides how long
 * to wait. No other room calls `Date.now`, `setTimeout`, `Math.random` or `crypto.randomUUID`.
 */
import { randomUUID } from "node:crypto";

export interface Clock {
  /** Wall clock, milliseconds since the epoch. Jumps with NTP: use it for what is written into objects. */
  now(): number;
  /** Milliseconds that only ever advance. Use it for durations and deadlines. */
  monotonic(): number;
  /** Calls `fn` once after `ms`. Returns the cancel function, which may be called at any time. */
  after(ms: number, fn: () => void): () => void;
  /** Resolves after `ms`; rejects with `signal.reason` as soon as the signal aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** A version 4 UUID. */
  uuid(): string;
}

/** What setTimeout can hold. Anything longer would fire after a millisecond. */
const maxTimerMs = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms, fn) {
    let timer: NodeJS.Timeout;
    const arm = (left: number): void => {
      timer = left > maxTimerMs ? setTimeout(() => arm(left - maxTimerMs), maxTimerMs) : setTimeout(fn, left);
    };
    arm(ms);
    return () => clearTimeout(timer);
  },
  sleep(ms, signal) {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      const cancel = systemClock.after(ms, () => {
        signal?.removeEventListener("abort", onAbort);
        resolve();
      });
      function onAbort() {
        cancel();
        reject(signal?.reason);
      }
      signal?.addEventListener("abort", onAbort, { once: true });
    });
  },
};

export const systemRandom: Random = { next: () => Math.random(), uuid: () => randomUUID() };

export { formatGoDuration, parseGoDuration } from "./go-duration.ts";
export { ManualClock } from "./manual-clock.ts";
export { formatTime } from "./time.ts";

/**
 * When a failed plan may be rebuilt (D8): 30 s x 2^n, at most 10 min, n the number of failures in a row.
 * The count is kept in memory: after a restart the first retry simply comes early.
 */
import type { Clock } from "#clock";

const FIRST_MS = 30_000;
const MAX_MS = 10 * 60_000;

interface Failures {
  planId: string;
  count: number;
  retryAt: number;
}

export class PlanRetries {
  readonly #clock: Clock;
  readonly #failures = new Map<string, Failures>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Milliseconds until the failed plan may be rebuilt. The first call for a plan counts its failure. */
  dueInMs(key: string, planId: string): number {
    const now = this.#clock.monotonic();
    let failures = this.#failures.get(key);
    if (failures?.planId !== planId) {
      const count = (failures?.count ?? 0) + 1;
      failures = { planId, count, retryAt: now + Math.min(FIRST_MS * 2 ** (count - 1), MAX_MS) };
      this.#failures.set(key, failures);
    }
    return Math.max(0, failures.retryAt - now);
  }

  /** The same for a plan that is no longer shown; 0 when no failure is known. */
  leftMs(key: string): number {
    const failures = this.#failures.get(key);
    return failures === undefined ? 0 : Math.max(0, failures.retryAt - this.#clock.monotonic());
  }

  /** A plan completed, or the object is gone: the row of failures is over. */
  forget(key: string): void {
    this.#failures.delete(key);
  }
}

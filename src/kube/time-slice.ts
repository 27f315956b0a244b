import { setImmediate } from "node:timers/promises";
import type { Clock } from "#clock";

/**
 * Keeps a long run of CPU work from stalling the event loop: a stalled loop is a lost lease.
 *
 *     for (const object of many) { work(object); if (slice.isSpent) await slice.yield(); }
 */
export class TimeSlice {
  readonly #clock: Clock;
  readonly #budgetMs: number;
  #startedAt: number;

  constructor(clock: Clock, budgetMs = 8) {
    this.#clock = clock;
    this.#budgetMs = budgetMs;
    this.#startedAt = clock.monotonic();
  }

  get isSpent(): boolean {
    return this.#clock.monotonic() - this.#startedAt >= this.#budgetMs;
  }

  /** Lets pending I/O and timers run, then starts a new slice. */
  async yield(): Promise<void> {
    await setImmediate();
    this.#startedAt = this.#clock.monotonic();
  }
}

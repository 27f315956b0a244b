/**
 * Since when a node has had the problem it has now. A pod's status does not tell: its times move with each restart of a
 * crash loop. Kept in memory; after a restart of ours a condition that is already True stays so (health.ts).
 */
import type { Clock } from "#clock";

interface Since {
  problem: string;
  monotonic: number;
  wall: number;
}

export class StallTimers {
  readonly #clock: Clock;
  readonly #since = new Map<string, Since>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Records the problem of this pass (`undefined`: none) and says how long it has lasted without a break. */
  observe(key: string, problem: string | undefined): { lastedMs: number; sinceEpochMs: number } | undefined {
    if (problem === undefined) {
      this.#since.delete(key);
      return undefined;
    }
    let since = this.#since.get(key);
    if (since?.problem !== problem) {
      since = { problem, monotonic: this.#clock.monotonic(), wall: this.#clock.now() };
      this.#since.set(key, since);
    }
    return { lastedMs: this.#clock.monotonic() - since.monotonic, sinceEpochMs: since.wall };
  }

  forget(key: string): void {
    this.#since.delete(key);
  }
}

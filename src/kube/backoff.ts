/** How long to wait after the n-th failure in a row. */
import type { Random } from "#clock";

/** `base`, twice that, ... at most `max`. `failures` counts from 1; 0 or less waits `base`. Never overflows. */
export function exponentialMs(baseMs: number, maxMs: number, failures: number): number {
  // 2^30 times any base in use is past any cap in use; beyond it the product would only lose precision.
  return Math.min(maxMs, baseMs * 2 ** Math.min(30, Math.max(0, failures - 1)));
}

/** Between half of `ms` and all of it, so that many that failed together do not come back together. */
export function jittered(ms: number, random: Random): number {
  return ms * (0.5 + random.next() / 2);
}

/** Counts failures per key. Holds an entry only for keys that failed and were not forgotten since. */
export class KeyBackoff {
  readonly #baseMs: number;
  readonly #maxMs: number;
  readonly #failures = new Map<string, number>();

  constructor(baseMs: number, maxMs: number) {
    this.#baseMs = baseMs;
    this.#maxMs = maxMs;
  }

  /** Counts one more failure of the key and says how long to wait. */
  next(key: string): number {
    const failures = this.failures(key) + 1;
    this.#failures.set(key, failures);
    return exponentialMs(this.#baseMs, this.#maxMs, failures);
  }

  forget(key: string): void {
    this.#failures.delete(key);
  }

  failures(key: string): number {
    return this.#failures.get(key) ?? 0;
  }

  /** How many keys are remembered. */
  get size(): number {
    return this.#failures.size;
  }
}

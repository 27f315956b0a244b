import type { Clock } from "./index.ts";

/** A clock that stands still until a test moves it. Timers due at or before the new time fire in order of their time. */
export class ManualClock implements Clock {
  #elapsed = 0;
  #sequence = 0;
  readonly #start: number;
  readonly #timers = new Map<number, { at: number; fn: () => void }>();

  constructor(startEpochMs = Date.UTC(2026, 0, 1)) {
    this.#start = startEpochMs;
  }

  now(): number {
    return this.#start + this.#elapsed;
  }

  monotonic(): number {
    return this.#elapsed;
  }

  after(ms: number, fn: () => void): () => void {
    const id = this.#sequence++;
    this.#timers.set(id, { at: this.#elapsed + Math.max(0, ms), fn });
    return () => void this.#timers.delete(id);
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      const onAbort = () => {
        cancel();
        reject(signal?.reason);
      };
      const cancel = this.after(ms, () => {
        signal?.removeEventListener("abort", onAbort);
        resolve();
      });
      signal?.addEventListener("abort", onAbort, { once: true });
    });
  }

  /** How many timers wait, for tests that assert nothing is left running. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Moves time by `ms`, firing due timers in order and letting promise reactions run after each. */
  async advance(ms: number): Promise<void> {
    const target = this.#elapsed + ms;
    for (;;) {
      await settle();
      const due = [...this.#timers.entries()]
        .filter(([, timer]) => timer.at <= target)
        .sort(([idA, a], [idB, b]) => a.at - b.at || idA - idB)[0];
      if (due === undefined) break;
      const [id, timer] = due;
      this.#timers.delete(id);
      this.#elapsed = Math.max(this.#elapsed, timer.at);
      timer.fn();
    }
    this.#elapsed = target;
    await settle();
  }
}

/** Two macrotasks: enough for a chain of awaits started by a timer to reach its next timer. */
async function settle(): Promise<void> {
  for (let i = 0; i < 2; i++) await new Promise<void>((resolve) => setImmediate(resolve));
}

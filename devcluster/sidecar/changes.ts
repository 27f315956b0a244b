import type { Clock } from "#clock";

/** A "something changed, look again" signal. Carries no payload, so a listener can never act on stale facts. */
export class Changes {
  readonly #listeners = new Set<() => void>();

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  emit(): void {
    for (const listener of [...this.#listeners]) listener();
  }

  /** Resolves true once `predicate` holds, false after `timeoutMs`; rejects with the signal's reason on abort. */
  until(
    predicate: () => boolean,
    options: { clock: Clock; timeoutMs: number; signal: AbortSignal },
  ): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const { signal } = options;
      if (signal.aborted) return reject(signal.reason);
      if (predicate()) return resolve(true);
      const cleanUp = () => {
        unsubscribe();
        cancelTimer();
        signal.removeEventListener("abort", onAbort);
      };
      const onAbort = () => {
        cleanUp();
        reject(signal.reason);
      };
      const unsubscribe = this.subscribe(() => {
        if (!predicate()) return;
        cleanUp();
        resolve(true);
      });
      const cancelTimer = options.clock.after(options.timeoutMs, () => {
        cleanUp();
        resolve(false);
      });
      signal.addEventListener("abort", onAbort, { once: true });
    });
  }
}

import { systemClock } from "#clock";

/** Runs from when it is made. */
export class Stopwatch {
  readonly #startedAt = systemClock.monotonic();

  get seconds(): number {
    return (systemClock.monotonic() - this.#startedAt) / 1000;
  }

  /** The seconds when the promise resolved. Rejects with it. */
  async stopWhen(promise: Promise<unknown>): Promise<number> {
    await promise;
    return this.seconds;
  }
}

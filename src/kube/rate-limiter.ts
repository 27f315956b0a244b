import type { Clock } from "#clock";

/** A token bucket by reservation: each caller gets its turn at once, as the time it has to wait for it. */
export class TokenBucket {
  readonly #clock: Clock;
  readonly #perMs: number;
  readonly #burst: number;
  /** Negative while turns further in the future are already given away. */
  #tokens: number;
  #filledAt: number;

  constructor(options: { clock: Clock; ratePerSecond: number; burst: number }) {
    this.#clock = options.clock;
    this.#perMs = options.ratePerSecond / 1000;
    this.#burst = options.burst;
    this.#tokens = options.burst;
    this.#filledAt = options.clock.monotonic();
  }

  /** Takes one token. Returns the milliseconds until it is there: 0 while the burst lasts. Cannot be given back. */
  reserve(): number {
    const now = this.#clock.monotonic();
    this.#tokens = Math.min(this.#burst, this.#tokens + (now - this.#filledAt) * this.#perMs) - 1;
    this.#filledAt = now;
    return this.#tokens >= 0 ? 0 : -this.#tokens / this.#perMs;
  }
}

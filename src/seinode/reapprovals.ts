/**
 * When a sidecar that answers "not ready" may be marked ready again. The first time at once: a restarted sidecar waits for
 * it. But one that stays not ready although its mark-ready completed must not be asked without a pause: each plan is a
 * status write and a row in the sidecar's database.
 */
import type { Clock } from "#clock";

const FIRST_MS = 5_000;
const MAX_MS = 60_000;

interface Approved {
  incarnation: string;
  count: number;
  dueAt: number;
}

export class Reapprovals {
  readonly #clock: Clock;
  readonly #approved = new Map<string, Approved>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** `incarnation` names one run of the sidecar process: another one is due at once. */
  dueInMs(key: string, incarnation: string): number {
    const last = this.#approved.get(key);
    return last?.incarnation === incarnation ? Math.max(0, last.dueAt - this.#clock.monotonic()) : 0;
  }

  /** A mark-ready plan was started. */
  note(key: string, incarnation: string): void {
    const last = this.#approved.get(key);
    const count = last?.incarnation === incarnation ? last.count + 1 : 1;
    const dueAt = this.#clock.monotonic() + Math.min(FIRST_MS * 2 ** (count - 1), MAX_MS);
    this.#approved.set(key, { incarnation, count, dueAt });
  }

  /** It is ready, or gone. */
  forget(key: string): void {
    this.#approved.delete(key);
  }
}

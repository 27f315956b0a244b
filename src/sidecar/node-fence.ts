/**
 * Keeps a sidecar that accepts connections and never answers from holding workers (D7). One fence per node:
 *
 *   open --time-out--> closed for 1 s --> probing: one call may go out --answer--> open
 *                          ^                          |
 *                          +-- twice as long, <= 30 s-+ time-out
 *
 * A call that ends without time-out or answer (refused, reset, aborted) ends the probe and leaves the delay as it is.
 */
import type { Clock } from "#clock";

const FIRST_MS = 1_000;
const MAX_MS = 30_000;
/** An entry of a node nobody asked for this long is dropped: the node is gone. */
const STALE_MS = 10 * 60_000;

export type CallEnd = "answered" | "timedOut" | "other";

export type Admission =
  | { readonly admitted: true; readonly end: (how: CallEnd) => void }
  | { readonly admitted: false; readonly retryAfterMs: number };

interface Entry {
  delayMs: number;
  openAt: number;
  /** Until when the one probing call may take; undefined: none is out. */
  probeUntil: number | undefined;
}

export class NodeFences {
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** An admitted caller must call `end` exactly once. `deadlineMs`: how long its call may take at most. */
  admit(node: string, deadlineMs: number): Admission {
    const now = this.#clock.monotonic();
    const entry = this.#entries.get(node);
    if (entry !== undefined) {
      const closedUntil = Math.max(entry.openAt, entry.probeUntil ?? 0);
      if (closedUntil > now) return { admitted: false, retryAfterMs: closedUntil - now };
      entry.probeUntil = now + deadlineMs;
    }
    return { admitted: true, end: (how) => this.#end(node, how, now, entry) };
  }

  get size(): number {
    return this.#entries.size;
  }

  #end(node: string, how: CallEnd, startedAt: number, probed: Entry | undefined): void {
    if (probed !== undefined) probed.probeUntil = undefined;
    if (how === "other") return;
    if (how === "answered") {
      this.#entries.delete(node);
      return;
    }
    const entry = this.#entries.get(node);
    const now = this.#clock.monotonic();
    // Calls that were all out when the node went silent time out together: that is one time-out, not many doublings.
    if (entry !== undefined && entry.openAt > startedAt) return;
    const delayMs = entry === undefined ? FIRST_MS : Math.min(entry.delayMs * 2, MAX_MS);
    this.#entries.set(node, { delayMs, openAt: now + delayMs, probeUntil: undefined });
    if (entry === undefined) this.#dropStale(now);
  }

  #dropStale(now: number): void {
    for (const [node, entry] of this.#entries) {
      if (now - entry.openAt > STALE_MS) this.#entries.delete(node);
    }
  }
}

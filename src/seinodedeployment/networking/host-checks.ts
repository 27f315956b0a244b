/** Whether the name of a route resolves: asked at a pace, remembered in between. It is told and never waited for (D26). */
import type { Clock } from "#clock";

/** `unknown`: the resolver itself did not answer, which says nothing about the name. */
export type HostAnswer = "resolves" | "missing" | "unknown";

/** Never rejects but when the signal aborts. Bounded in time. */
export type HostLookup = (host: string, signal: AbortSignal) => Promise<HostAnswer>;

const PENDING_MS = 10_000;
/** A name that resolved is not expected to go away; if it does, that is told within this. */
const RESOLVED_MS = 300_000;

interface Check {
  readonly host: string;
  readonly answer: HostAnswer;
  readonly dueAt: number;
}

export class HostChecks {
  readonly #lookup: HostLookup;
  readonly #clock: Clock;
  readonly #last = new Map<string, Check>();

  constructor(lookup: HostLookup, clock: Clock) {
    this.#lookup = lookup;
    this.#clock = clock;
  }

  /**
   * Looks the host up when that is due. A resolver that does not answer leaves the last answer as it is; `before` is the
   * answer of a process that is no more, as the status tells it.
   */
  async check(
    key: string,
    host: string,
    before: HostAnswer,
    signal: AbortSignal,
  ): Promise<{ answer: HostAnswer; dueInMs: number }> {
    const last = this.#last.get(key);
    const now = this.#clock.monotonic();
    if (last !== undefined && last.host === host && now < last.dueAt)
      return { answer: last.answer, dueInMs: last.dueAt - now };
    const fresh = await this.#lookup(host, signal);
    const answer = fresh === "unknown" ? (last?.host === host ? last.answer : before) : fresh;
    const dueInMs = fresh === "resolves" ? RESOLVED_MS : PENDING_MS;
    this.#last.set(key, { host, answer, dueAt: this.#clock.monotonic() + dueInMs });
    return { answer, dueInMs };
  }

  forget(key: string): void {
    this.#last.delete(key);
  }
}

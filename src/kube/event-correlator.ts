/**
 * Decides what becomes of an event, as client-go's EventCorrelator does:
 *
 * - the same event again: the count of the one that exists goes up;
 * - more than ten messages of one reason about one object within ten minutes: one combined event from then on;
 * - more than 25 events of one reason about one object: one in five minutes from then on. client-go counts all reasons
 *   together; then twenty nodes that a group makes would silence the start and the end of its next rollout.
 */
import type { Clock } from "#clock";

export interface EventFacts {
  readonly object: {
    readonly apiVersion: string;
    readonly kind: string;
    readonly name: string;
    /** Empty when cluster-scoped. */
    readonly namespace: string;
    readonly uid: string;
  };
  readonly type: "Normal" | "Warning";
  readonly reason: string;
  readonly message: string;
  readonly component: string;
  /** When it happened, milliseconds since the epoch. */
  readonly at: number;
}

export type Verdict =
  | { readonly do: "drop" }
  /** `name`: of the event that exists, whose count is to become `count`; undefined: create it with that count. */
  | {
      readonly do: "send";
      readonly name: string | undefined;
      readonly count: number;
      readonly message: string;
      /** For `created`. */
      readonly key: string;
    };

const MAX_MESSAGES = 10;
const WINDOW_MS = 10 * 60_000;
const BURST = 25;
const REFILL_MS = 5 * 60_000;
/** Of each kind of memory. The ones not used for longest are forgotten first. */
const MAX_ENTRIES = 4_096;

export class EventCorrelator {
  readonly #clock: Clock;
  /** Messages of one reason about one object. */
  readonly #similar = new Recent<{ messages: Set<string>; since: number }>(MAX_ENTRIES);
  readonly #sent = new Recent<{ name: string | undefined; count: number }>(MAX_ENTRIES);
  readonly #buckets = new Recent<{ tokens: number; at: number }>(MAX_ENTRIES);

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  observe(facts: EventFacts): Verdict {
    const { object, type, reason, component } = facts;
    const about = JSON.stringify([component, object.kind, object.namespace, object.name, object.uid]);
    const group = JSON.stringify([about, type, reason]);
    const combined = this.#isCombined(group, facts.message);
    const message = combined ? `(combined from similar events): ${facts.message}` : facts.message;
    const key = combined ? group : JSON.stringify([group, facts.message]);
    const sent = this.#sent.get(key) ?? { name: undefined, count: 0 };
    // Counted also when it is dropped: the next one that passes tells how often it really was.
    sent.count++;
    this.#sent.set(key, sent);
    if (!this.#mayPass(group)) return { do: "drop" };
    return { do: "send", name: sent.name, message, key, count: sent.count };
  }

  /** The event of this verdict exists under that name now. */
  created(key: string, name: string): void {
    const sent = this.#sent.get(key);
    if (sent !== undefined) sent.name = name;
  }

  #isCombined(group: string, message: string): boolean {
    const now = this.#clock.monotonic();
    let similar = this.#similar.get(group);
    if (similar === undefined || now - similar.since > WINDOW_MS)
      similar = { messages: new Set(), since: now };
    // The window slides with every event, as in client-go: a source that goes on stays combined.
    similar.since = now;
    if (similar.messages.size <= MAX_MESSAGES) similar.messages.add(message);
    this.#similar.set(group, similar);
    return similar.messages.size > MAX_MESSAGES;
  }

  #mayPass(group: string): boolean {
    const now = this.#clock.monotonic();
    const bucket = this.#buckets.get(group) ?? { tokens: BURST, at: now };
    const tokens = Math.min(BURST, bucket.tokens + (now - bucket.at) / REFILL_MS);
    const passes = tokens >= 1;
    this.#buckets.set(group, { tokens: passes ? tokens - 1 : tokens, at: now });
    return passes;
  }
}

/** A map that forgets what was not used for longest. */
class Recent<Value> {
  readonly #max: number;
  readonly #entries = new Map<string, Value>();

  constructor(max: number) {
    this.#max = max;
  }

  get(key: string): Value | undefined {
    const value = this.#entries.get(key);
    if (value !== undefined) {
      this.#entries.delete(key);
      this.#entries.set(key, value);
    }
    return value;
  }

  set(key: string, value: Value): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    if (this.#entries.size <= this.#max) return;
    const [oldest] = this.#entries.keys();
    if (oldest !== undefined) this.#entries.delete(oldest);
  }
}

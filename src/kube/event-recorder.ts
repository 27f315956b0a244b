/**
 * Emits core/v1 Events. `event()` only puts into a bounded queue; one loop (`run`) sends, so nothing that reconciles ever
 * waits for it. Which event is created, counted up or dropped is `event-correlator.ts`'s business.
 *
 * Give it the client with the write gate: a process that lost the lease has nothing to say about objects any more.
 */
import type { Clock, Random } from "#clock";
import { formatTime } from "#clock";
import type { Writer } from "./client.ts";
import { isApiError } from "./errors.ts";
import { EventCorrelator, type EventFacts, type Verdict } from "./event-correlator.ts";
import type { KubeObject, Manifest, ResourceType } from "./object.ts";
import type { EventRecorder, Logger } from "./reconcile.ts";

export const events: ResourceType<KubeObject> = {
  group: "",
  version: "v1",
  kind: "Event",
  plural: "events",
  namespaced: true,
};

export interface EventRecorderOptions {
  readonly client: Pick<Writer, "create" | "mergePatch">;
  /** `source.component`, for example `seinode-controller`. */
  readonly component: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

export interface RunningEventRecorder extends EventRecorder {
  /**
   * Sends what is recorded until the signal aborts, then what is left, for two seconds at most. Never rejects.
   * What is recorded before it runs is kept; what is recorded after it ended is dropped.
   */
  run(signal: AbortSignal): Promise<void>;
}

type Sendable = Extract<Verdict, { do: "send" }>;

/** Waiting events. Beyond it the newest are dropped: the first to tell of a failure tells most. */
const MAX_QUEUE = 1_000;
const TRIES = 4;
const RETRY_MS = 1_000;
const FLUSH_MS = 2_000;
/** The API server's limit on an event's message, in bytes. */
const MAX_MESSAGE_BYTES = 1_024;
const MAX_NAME = 253;

export function createEventRecorder(options: EventRecorderOptions): RunningEventRecorder {
  const { clock, log, component } = options;
  const correlator = new EventCorrelator(clock);
  const send = createSender(options, correlator);
  const queue: EventFacts[] = [];
  let dropped = 0;
  let wake = (): void => {};
  let ended = false;

  async function drain(signal: AbortSignal): Promise<void> {
    // Asked before one is taken: what is taken is either sent or lost.
    while (!signal.aborted) {
      const next = queue.shift();
      if (next === undefined) return;
      await send(next, signal);
    }
  }

  return {
    event(about, type, reason, message) {
      if (ended || queue.length >= MAX_QUEUE) {
        dropped++;
        return;
      }
      const { name, namespace, uid } = about.metadata;
      const { apiVersion, kind } = about;
      const object = { apiVersion, kind, name, namespace: namespace ?? "", uid };
      queue.push({ object, type, reason, message, component, at: clock.now() });
      wake();
    },

    async run(signal) {
      // Not the signal of the run: what is on its way at the stop has its two seconds, too.
      const life = new AbortController();
      let cancel = (): void => {};
      const onStop = (): void => {
        cancel = clock.after(FLUSH_MS, () => life.abort(new Error("shutting down")));
        wake();
      };
      if (signal.aborted) onStop();
      else signal.addEventListener("abort", onStop, { once: true });
      for (;;) {
        // One promise a turn: reactions on one that lived as long as the process would pile up.
        const more = new Promise<void>((resolve) => {
          wake = resolve;
        });
        await drain(life.signal);
        if (dropped > 0) log.warn({ dropped }, "events were dropped, the queue is full");
        dropped = 0;
        if (signal.aborted) break;
        await more;
      }
      ended = true;
      cancel();
    },
  };
}

/** Its first try may have created it. */
interface NewEvent {
  name: string;
  inDoubt: boolean;
}

/** Sends one event, with a few retries. Never rejects. */
function createSender(options: EventRecorderOptions, correlator: EventCorrelator) {
  const { client, clock, random, log } = options;
  let sequence = 0;

  const newName = (facts: EventFacts) => eventName(facts.object.name, clock.now(), sequence++);

  async function sendOnce(
    facts: EventFacts,
    verdict: Sendable,
    fresh: NewEvent,
    signal: AbortSignal,
  ): Promise<void> {
    const namespace = facts.object.namespace === "" ? "default" : facts.object.namespace;
    if (verdict.name !== undefined) {
      const message = truncate(verdict.message);
      const patch = { count: verdict.count, lastTimestamp: formatTime(facts.at), message };
      try {
        await client.mergePatch(events, { namespace, name: verdict.name }, patch, {}, signal);
        return;
      } catch (error) {
        // Events live for an hour; the next of its kind starts a new one.
        if (!isApiError(error, "notFound")) throw error;
      }
    }
    try {
      await client.create(events, toManifest(facts, verdict, namespace, fresh.name), signal);
    } catch (error) {
      if (!isApiError(error, "alreadyExists")) {
        fresh.inDoubt = true;
        throw error;
      }
      if (!fresh.inDoubt) {
        // Another component's: it tells of a namesake at the same millisecond.
        fresh.name = newName(facts);
        await client.create(events, toManifest(facts, verdict, namespace, fresh.name), signal);
      }
      // In doubt, it is there because an earlier try arrived and only the answer was lost.
    }
    correlator.created(verdict.key, fresh.name);
  }

  return async function send(facts: EventFacts, signal: AbortSignal): Promise<void> {
    const verdict = correlator.observe(facts);
    if (verdict.do === "drop") return;
    const about = { kind: facts.object.kind, namespace: facts.object.namespace, name: facts.object.name };
    // One name for all tries, so that a try after a lost answer cannot make a second event.
    const fresh: NewEvent = { name: newName(facts), inDoubt: false };
    for (let attempt = 1; ; attempt++) {
      try {
        await sendOnce(facts, verdict, fresh, signal);
        return;
      } catch (error) {
        const worthRetrying = isApiError(error, "transient") && attempt < TRIES && !signal.aborted;
        if (!worthRetrying) {
          log.debug({ ...about, reason: facts.reason, error }, "event could not be sent");
          return;
        }
        try {
          await clock.sleep(RETRY_MS * 2 ** (attempt - 1) * (1 + random.next()), signal);
        } catch {
          return; // Shutting down.
        }
      }
    }
  };
}

interface EventManifest extends Manifest {
  [field: string]: unknown;
}

function toManifest(facts: EventFacts, verdict: Sendable, namespace: string, name: string): EventManifest {
  const { object, type, reason, component } = facts;
  const time = formatTime(facts.at);
  return {
    apiVersion: "v1",
    kind: "Event",
    metadata: { name, namespace },
    involvedObject: { ...object, ...(object.namespace === "" ? { namespace: undefined } : {}) },
    type,
    reason,
    message: truncate(verdict.message),
    source: { component },
    reportingComponent: component,
    reportingInstance: "",
    firstTimestamp: time,
    lastTimestamp: time,
    count: verdict.count,
  };
}

/** client-go's pattern: the object's name and a hexadecimal time in nanoseconds, made unique by a sequence. */
function eventName(objectName: string, epochMs: number, sequence: number): string {
  const suffix = (BigInt(epochMs) * 1_000_000n + BigInt(sequence % 1_000_000)).toString(16);
  const room = MAX_NAME - suffix.length - 1;
  // Cut in the middle, a name may end in what a DNS name must not end in.
  const stem = objectName.length > room ? objectName.slice(0, room).replace(/[^a-z0-9]+$/, "") : objectName;
  return `${stem}.${suffix}`;
}

function truncate(message: string): string {
  if (Buffer.byteLength(message) <= MAX_MESSAGE_BYTES) return message;
  const ellipsis = "...";
  const cut = Buffer.from(message)
    .subarray(0, MAX_MESSAGE_BYTES - ellipsis.length)
    .toString("utf8");
  // A character cut in half decodes to the replacement character.
  return `${cut.replace(/\uFFFD+$/, "")}${ellipsis}`;
}

/**
 * The life of a watch as a state machine, without any I/O: what the reflector does next, given what just happened.
 *
 *                      +--------------------------- elapsed ----------------------------+
 *                      v                                                                |
 *   (start) --> streaming --initial-events-end--> watching --gap, error, silence--> waiting
 *                 |    \                            ^   \___ended: watching again         |
 *     refused as  |     \--error, ended, silence----|----------------------------> waiting
 *     a request   v                                 |                                   |
 *               paging --last page------------------+                                   |
 *                 |  ^                                                                  |
 *                 |  +------------------------------ elapsed ---------------------------+
 *                 +-- error --> waiting                            stop: any --> stopped
 *
 * streaming  a WatchList: the server sends what exists, then a bookmark, then changes on the same stream. `stage`d until
 *            the bookmark, so that readers never see half a list.
 * paging     the same by pages, for a server that refuses WatchList (remembered), and once after a WatchList that ended or
 *            fell silent without its bookmark: a server that ignores the option does that.
 * watching   events after the list. A clean end opens the next watch from the last resourceVersion.
 * waiting    backoff, then `then`.
 *
 * Every failure of a watch falls back to a new list: 410 and other ERROR events, a line that does not parse, an unknown event,
 * a lost connection, silence. So does one that could not be opened: a server restored from a backup refuses our
 * resourceVersion as "too large" with an error that looks transient, for ever. Only a clean end goes on without a list.
 */
import { isApiError } from "./errors.ts";

export type ReflectorState =
  | (Common & { readonly name: "streaming"; readonly received: boolean })
  | (Common & { readonly name: "paging"; readonly continue?: string })
  | (Common & {
      readonly name: "watching";
      readonly resourceVersion: string;
      readonly openedAt: number;
    })
  /** `atLeastMs`: the server's Retry-After. */
  | (Common & { readonly name: "waiting"; readonly then: Resumption; readonly atLeastMs: number })
  | (Common & { readonly name: "stopped" });

interface Common {
  /** The server refused WatchList once. */
  readonly pagedOnly: boolean;
  /** Failures in a row without a list or a watch event. */
  readonly failures: number;
  /** Watches in a row that broke soon after they opened: a list that succeeds is no recovery while its watch fails. */
  readonly shortWatches: number;
}

type Resumption =
  | { readonly name: "streaming" | "paging" }
  | { readonly name: "watching"; readonly resourceVersion: string };

export interface RawEvent {
  readonly type: string;
  readonly object: { readonly metadata: Metadata };
}
interface Metadata {
  readonly name?: string;
  readonly resourceVersion?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** `at`: monotonic milliseconds. */
export type ReflectorInput =
  | { readonly type: "event"; readonly event: RawEvent; readonly at: number }
  | {
      readonly type: "page";
      readonly resourceVersion: string;
      readonly continue?: string;
      readonly at: number;
    }
  | { readonly type: "ended"; readonly at: number }
  | { readonly type: "failed"; readonly error: unknown; readonly at: number }
  | { readonly type: "silent"; readonly at: number }
  | { readonly type: "elapsed"; readonly at: number }
  | { readonly type: "stop" };

/** What to do with the event or page of this input. `advance`: no object changed, only the position. */
export type ReflectorEffect =
  | { readonly do: "stage" }
  | { readonly do: "commit"; readonly resourceVersion: string }
  | { readonly do: "apply" }
  | { readonly do: "advance"; readonly resourceVersion: string };

export interface ReflectorStep {
  readonly state: ReflectorState;
  readonly effects: readonly ReflectorEffect[];
  /** Why a wait began. */
  readonly because?: unknown;
}

export const initialReflectorState: ReflectorState = {
  name: "streaming",
  received: false,
  pagedOnly: false,
  failures: 0,
  shortWatches: 0,
};

/** The event itself cannot be trusted, and so neither can what comes after it. */
export class WatchProtocolError extends Error {
  override readonly name = "WatchProtocolError";
}

const initialEventsEnd = "k8s.io/initial-events-end";
const changes = new Set(["ADDED", "MODIFIED", "DELETED"]);
/** A watch that ends cleanly within this did not serve: opening the next one at once would spin. */
const shortestWatchMs = 1_000;
/** A watch that breaks within this counts against the next ones. */
const stableAfterMs = 10_000;

export function reflectorStep(state: ReflectorState, input: ReflectorInput): ReflectorStep {
  if (input.type === "stop") return { state: { ...common(state), name: "stopped" }, effects: [] };
  switch (state.name) {
    case "streaming":
      return stepStreaming(state, input);
    case "paging":
      return stepPaging(state, input);
    case "watching":
      return stepWatching(state, input);
    case "waiting":
      return input.type === "elapsed" ? resume(state, input.at) : { state, effects: [] };
    case "stopped":
      return { state, effects: [] };
  }
}

type In<Name extends ReflectorState["name"]> = Extract<ReflectorState, { name: Name }>;
type Input = Exclude<ReflectorInput, { type: "stop" }>;

function stepStreaming(state: In<"streaming">, input: Input): ReflectorStep {
  switch (input.type) {
    case "event": {
      const problem = protocolProblem(input.event);
      if (problem !== undefined) return waitFor(relist(state), state, problem);
      const received: In<"streaming"> = state.received ? state : { ...state, received: true };
      if (input.event.type !== "BOOKMARK") return { state: received, effects: [{ do: "stage" }] };
      const { annotations, resourceVersion = "" } = input.event.object.metadata;
      if (annotations?.[initialEventsEnd] !== "true") return { state: received, effects: [] };
      return commit(state, resourceVersion, input.at, []);
    }
    case "ended":
    case "silent": {
      const because = new WatchProtocolError(
        `the initial events stopped (${input.type}) before their end was announced`,
      );
      return waitFor({ name: "paging" }, state, because);
    }
    case "failed": {
      if (state.received || !isApiError(input.error, "invalid"))
        return waitFor(relist(state), state, input.error);
      return { state: { ...common(state), name: "paging", pagedOnly: true }, effects: [] };
    }
    default:
      return { state, effects: [] };
  }
}

function stepPaging(state: In<"paging">, input: Input): ReflectorStep {
  if (input.type === "failed") return waitFor(relist(state), state, input.error);
  if (input.type !== "page") return { state, effects: [] };
  if (input.continue !== undefined && input.continue !== "") {
    return { state: { ...state, continue: input.continue }, effects: [{ do: "stage" }] };
  }
  return commit(state, input.resourceVersion, input.at, [{ do: "stage" }]);
}

function stepWatching(state: In<"watching">, input: Input): ReflectorStep {
  switch (input.type) {
    case "event": {
      const problem = protocolProblem(input.event);
      if (problem !== undefined) return waitFor(relist(state), broken(state, input.at), problem);
      const { resourceVersion = "" } = input.event.object.metadata;
      const next: ReflectorState = { ...state, resourceVersion, failures: 0 };
      const bookmark = input.event.type === "BOOKMARK";
      return { state: next, effects: [bookmark ? { do: "advance", resourceVersion } : { do: "apply" }] };
    }
    case "ended": {
      const { resourceVersion } = state;
      if (input.at - state.openedAt < shortestWatchMs) {
        const because = new WatchProtocolError("the watch ended as soon as it was opened");
        return waitFor({ name: "watching", resourceVersion }, broken(state, input.at), because);
      }
      return {
        state: { ...state, openedAt: input.at, failures: 0, shortWatches: 0 },
        effects: [],
      };
    }
    case "silent": {
      const because = new WatchProtocolError(
        "neither event nor bookmark came: the connection is taken for dead",
      );
      return waitFor(relist(state), broken(state, input.at), because);
    }
    case "failed":
      return waitFor(relist(state), broken(state, input.at), input.error);
    default:
      return { state, effects: [] };
  }
}

function commit(
  state: Common,
  resourceVersion: string,
  at: number,
  before: ReflectorEffect[],
): ReflectorStep {
  const watching: ReflectorState = {
    ...common(state),
    name: "watching",
    resourceVersion,
    openedAt: at,
    failures: 0,
  };
  return { state: watching, effects: [...before, { do: "commit", resourceVersion }] };
}

function resume(state: In<"waiting">, at: number): ReflectorStep {
  const { then } = state;
  switch (then.name) {
    case "streaming":
      return { state: { ...common(state), name: "streaming", received: false }, effects: [] };
    case "paging":
      return { state: { ...common(state), name: "paging" }, effects: [] };
    case "watching":
      return { state: { ...common(state), ...then, openedAt: at }, effects: [] };
  }
}

function waitFor(then: Resumption, state: Common, because: unknown): ReflectorStep {
  const atLeastMs = isApiError(because) ? (because.retryAfterMs ?? 0) : 0;
  const failures = state.failures + 1;
  return { state: { ...common(state), name: "waiting", then, failures, atLeastMs }, effects: [], because };
}

function relist(state: Common): Resumption {
  return { name: state.pagedOnly ? "paging" : "streaming" };
}

function broken(state: In<"watching">, at: number): Common {
  return { ...common(state), shortWatches: at - state.openedAt < stableAfterMs ? state.shortWatches + 1 : 0 };
}

function common({ pagedOnly, failures, shortWatches }: Common): Common {
  return { pagedOnly, failures, shortWatches };
}

function protocolProblem({ type, object }: RawEvent): WatchProtocolError | undefined {
  const { name, resourceVersion } = object?.metadata ?? {};
  if (type !== "BOOKMARK" && !changes.has(type))
    return new WatchProtocolError(`unknown watch event type ${type}`);
  if (!resourceVersion) return new WatchProtocolError(`a ${type} event has no resourceVersion`);
  if (type !== "BOOKMARK" && !name) return new WatchProtocolError(`a ${type} event has no name`);
  return undefined;
}

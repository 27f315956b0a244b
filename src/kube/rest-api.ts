/** The contract of the live client: what `rest-client.ts` offers on top of Reader and Writer, and what it asks for. */
import type { Clock, Random } from "#clock";
import type { DeleteOptions, Reader, Writer } from "./client.ts";
import type { UnsafeIntegerError } from "./exact-json.ts";
import type { DeepReadonly, KubeObject, ObjectKey, ResourceType } from "./object.ts";

/**
 * The leadership fence. Asked before each write goes out; `signal` aborts the writes in flight.
 * A client made without a gate writes freely: that is the one the lease itself is renewed with.
 */
export interface WriteGate {
  /** Throws an ApiError of class `fenced` when closed. */
  assertOpen(): void;
  readonly signal: AbortSignal;
}

/** One HTTP exchange that ended, with or without an answer. Retries are reported one by one, as client-go does. */
export interface FinishedRequest {
  /** `get`, `list`, `watch`, `create`, `patch`, `apply`, `delete`; the lower-case method for `request()`. */
  readonly verb: string;
  /** The HTTP method: the `method` label of `rest_client_requests_total`. */
  readonly method: string;
  /** The plural; for `request()` the first resource named in its path. */
  readonly resource: string;
  /** `200`, `404`, ...; `<error>` when no answer came, as in client-go. */
  readonly code: string;
  /** `host:port` of the API server. */
  readonly host: string;
  /** Until the answer was read; for a watch until it opened. */
  readonly seconds: number;
}

/** Must not throw: what it throws is swallowed, for a metric may never fail a call. */
export type RequestObserver = (request: FinishedRequest) => void;

export interface RestClientOptions {
  clock: Clock;
  random: Random;
  /** The API server derives the field manager of create and patch from the part before the slash. */
  userAgent?: string;
  gate?: WriteGate;
  observer?: RequestObserver;
  /** Upper bound of one call, retries and their waits included; of a watch: until it opened. Default 30 000. */
  deadlineMs?: number;
}

export interface ListPageOptions {
  namespace?: string;
  labelSelector?: string;
  limit?: number;
  continue?: string;
  resourceVersion?: string;
  resourceVersionMatch?: "Exact" | "NotOlderThan";
}

export interface ListPage<T extends KubeObject> {
  readonly items: readonly DeepReadonly<T>[];
  /** Of the collection: where a watch continues. */
  readonly resourceVersion: string;
  readonly continue?: string;
  /** Objects of this page that are not in `items`, because they hold an integer JavaScript would round. */
  readonly refused?: readonly RefusedObject[];
}

/** What is left of an object with an unsafe integer: identity only, so that no rounded number can be used by accident. */
export interface RefusedObject {
  readonly object: DeepReadonly<KubeObject>;
  readonly error: UnsafeIntegerError;
}

export interface WatchOptions {
  namespace?: string;
  labelSelector?: string;
  resourceVersion?: string;
  resourceVersionMatch?: "NotOlderThan";
  sendInitialEvents?: boolean;
  allowWatchBookmarks: boolean;
  /** After this the server ends the watch in good order, and so does the iteration. */
  timeoutSeconds: number;
}

export interface WatchEvent<T extends KubeObject = KubeObject> {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK";
  /** A BOOKMARK carries `metadata.resourceVersion` (and annotations) only. */
  readonly object: DeepReadonly<T>;
  /**
   * Set when the object holds an integer beyond 2^53-1. `object` is then cut down to apiVersion, kind and metadata: the
   * watch goes on, and the consumer decides what becomes of this one object.
   */
  readonly refused?: UnsafeIntegerError;
}

export interface RequestOptions {
  /** Sent as JSON. */
  body?: unknown;
  /** Default `application/json`. */
  contentType?: string;
  query?: Readonly<Record<string, string>>;
}

/**
 * The live client. Objects it returns are fresh and belong to the caller; nothing is cached or frozen. All methods reject
 * with ApiError (UnsafeIntegerError is one, of class `invalid`); a call that answers 429, or a read that answers 503,
 * with Retry-After is repeated while that fits into the deadline.
 */
export interface RestClient extends Reader, Writer {
  listPage<T extends KubeObject>(
    resource: ResourceType<T>,
    options?: ListPageOptions,
    signal?: AbortSignal,
  ): Promise<ListPage<T>>;
  /**
   * Opens at the first `next()`. Ends when the server closes in good order, rejects otherwise: refused or failed to open,
   * connection lost, a line cut off or malformed, or an ERROR event (class `expired` for 410). `break` closes the socket.
   * It never judges silence: a dead-peer watchdog is the consumer's.
   */
  watch<T extends KubeObject>(
    resource: ResourceType<T>,
    options: WatchOptions,
    signal?: AbortSignal,
  ): AsyncIterable<WatchEvent<T>>;
  /**
   * `delete`, with what the server said: the object, while it is terminating or as it last was, or a Status. The cached
   * client needs it to tell "gone" from "terminating".
   */
  deleteForAnswer(
    resource: ResourceType,
    key: ObjectKey,
    options?: DeleteOptions,
    signal?: AbortSignal,
  ): Promise<unknown>;
  /** For subresources (`/api/v1/namespaces/x/pods/y/binding`). Anything but GET counts as a write for the gate. */
  request<T>(method: string, path: string, options?: RequestOptions, signal?: AbortSignal): Promise<T>;
  /** Ends watches at once, lets calls in flight finish (each has its deadline), rejects new ones with class `aborted`. */
  close(): Promise<void>;
}

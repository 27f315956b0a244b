/** What the operator may ask of a sidecar (spec/sidecar.md sections 5 and 12.1). */

/** Which sidecar. The URL is always the production one; `podIP` only says where to dial (design 4.1). */
export interface SidecarTarget {
  readonly namespace: string;
  /** Name of the SeiNode. */
  readonly node: string;
  /** IP of the watched pod. Used for the TCP connection outside a proxy, so that stale DNS never reaches another pod. */
  readonly podIP?: string;
}

export interface SidecarTaskRequest {
  readonly id: string;
  readonly type: string;
  /** Wire keys. Left out of the request when absent. */
  readonly params?: Readonly<Record<string, unknown>>;
}

export interface SidecarTaskResult {
  readonly id: string;
  readonly type: string;
  readonly status: "running" | "completed" | "failed";
  /** Run counter, from 1. Absent on sidecars that do not report it. */
  readonly run?: number;
  readonly error?: string;
  /** RFC 3339, of the current run. */
  readonly submittedAt?: string;
  readonly result?: unknown;
}

export type SidecarErrorClass =
  /** No connection, reset, DNS failure: nobody answered. */
  | "unreachable"
  /** Connected or not, no answer within the per-call deadline. */
  | "timeout"
  /** 400: the request as it is will never be accepted. */
  | "rejected"
  /** 401 or 403, or no token to send. Not the sidecar's fault: a grant or token is missing. */
  | "unauthorized"
  /** 5xx and other unexpected answers, malformed bodies. */
  | "unavailable"
  /** This node's calls are backing off after a time-out; nothing was sent (D7). */
  | "backingOff"
  /** The leadership fence was closed; nothing was sent. */
  | "fenced"
  /** The caller's signal or the loss of leadership ended the call. A POST may or may not have arrived. */
  | "aborted";

export class SidecarError extends Error {
  override readonly name = "SidecarError";
  readonly class: SidecarErrorClass;
  /** When class is `backingOff`: how long until the next call may go out. */
  readonly retryAfterMs: number | undefined;

  /** `message` holds no address, port or time of day: it ends up in conditions that must not flap (D12). */
  constructor(
    message: string,
    details: { class: SidecarErrorClass; retryAfterMs?: number; cause?: unknown },
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.class = details.class;
    this.retryAfterMs = details.retryAfterMs;
  }
}

/** Every method rejects with a SidecarError, within 5 s (healthz: 2 s). */
export interface SidecarClient {
  /** POST /v0/tasks. Resolves once the sidecar accepted the task or already knew it as running or completed. */
  submit(task: SidecarTaskRequest, signal?: AbortSignal): Promise<void>;
  /** GET /v0/tasks/{id}. `undefined`: the sidecar does not know the id (404). */
  task(id: string, signal?: AbortSignal): Promise<SidecarTaskResult | undefined>;
  /**
   * GET /v0/healthz: true on 200, false on 503. Without a token, unless `authenticated`: the proxy of a bootstrap pod exempts
   * no path (spec/sidecar.md 4).
   */
  isReady(signal?: AbortSignal, options?: { readonly authenticated?: boolean }): Promise<boolean>;
  /** GET /v0/node-id: 40 lower-case hex digits. */
  nodeId(signal?: AbortSignal): Promise<string>;
}

export type SidecarFactory = (target: SidecarTarget) => SidecarClient;

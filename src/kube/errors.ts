/** API errors, classified once, here. The rest of the code asks for the class and never reads a message. */

export type ApiErrorClass =
  | "notFound"
  | "alreadyExists"
  /** 409 by resourceVersion, uid precondition or server-side-apply ownership. */
  | "conflict"
  /** 400, 422 and other requests the server will never accept as they are. */
  | "invalid"
  | "forbidden"
  | "unauthorized"
  /** 410: the resourceVersion or continue token is too old; only a fresh list helps. */
  | "expired"
  /** 429, 5xx, resets, time-outs: the same request may succeed later. The write may or may not have happened. */
  | "transient"
  /** The leadership fence was closed: nothing was sent, or what was in flight was aborted (see `notExecuted`). */
  | "fenced"
  /** A signal from this process ended the call: the caller's, or the end of the client. */
  | "aborted";

export interface StatusCause {
  field?: string;
  reason?: string;
  message?: string;
}

export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly class: ApiErrorClass;
  /** HTTP status; 0 when no answer came. */
  readonly status: number;
  /** `metav1.Status.reason`, for example `NotFound`. Empty when the server gave none. */
  readonly reason: string;
  /** From Retry-After, when the server sent it. */
  readonly retryAfterMs: number | undefined;
  readonly causes: readonly StatusCause[];
  /**
   * Certainly not carried out, although no answer of the server says so: it was never sent. False says nothing: the
   * class and status decide then.
   */
  readonly notExecuted: boolean;

  constructor(
    message: string,
    details: {
      class: ApiErrorClass;
      status?: number;
      reason?: string;
      retryAfterMs?: number | undefined;
      causes?: readonly StatusCause[];
      notExecuted?: boolean;
      cause?: unknown;
    },
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.class = details.class;
    this.status = details.status ?? 0;
    this.reason = details.reason ?? "";
    this.retryAfterMs = details.retryAfterMs;
    this.causes = details.causes ?? [];
    this.notExecuted = details.notExecuted ?? false;
  }
}

export function isApiError(error: unknown, ...classes: ApiErrorClass[]): error is ApiError {
  return error instanceof ApiError && (classes.length === 0 || classes.includes(error.class));
}

export const isNotFound = (error: unknown): boolean => isApiError(error, "notFound");
export const isConflict = (error: unknown): boolean => isApiError(error, "conflict");
export const isAlreadyExists = (error: unknown): boolean => isApiError(error, "alreadyExists");

/**
 * The fence closed or the pass was told to end: API and sidecar clients say so in their error's class. It says nothing about
 * the object that was worked on.
 */
export function isOwnStop(error: unknown): boolean {
  if (!(error instanceof Error) || !("class" in error)) return false;
  return error.class === "fenced" || error.class === "aborted";
}

/**
 * A failure that retrying cannot cure. The controller runtime logs and counts it and waits for the next event instead
 * of backing off (controller-runtime's TerminalError).
 */
export class TerminalError extends Error {
  override readonly name = "TerminalError";
}

/** The object, or `undefined` when there is none. Every other failure stays one. */
export async function unlessNotFound<T>(read: Promise<T>): Promise<T | undefined> {
  try {
    return await read;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

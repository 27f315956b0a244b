/**
 * Turns what went wrong with a call into an ApiError. The only place that looks at HTTP codes, metav1.Status and socket
 * error codes. Messages are stable (no ports, no addresses) and carry neither tokens nor Secret data: they end in
 * conditions and logs.
 */
import { ApiError, type ApiErrorClass, type StatusCause } from "./errors.ts";
import { isJsonObject } from "./json.ts";

/** What a message says about the call. */
export interface CallFacts {
  /** `get Pod ns/name`. */
  readonly what: string;
  readonly write: boolean;
  /** The server's words may quote the object's data: then they are not repeated. */
  readonly sensitive: boolean;
}

export interface Answer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly text: string;
}

const maxRetryAfterMs = 60_000;

const classOfReason: Readonly<Record<string, ApiErrorClass>> = {
  NotFound: "notFound",
  AlreadyExists: "alreadyExists",
  Conflict: "conflict",
  Invalid: "invalid",
  BadRequest: "invalid",
  MethodNotAllowed: "invalid",
  NotAcceptable: "invalid",
  UnsupportedMediaType: "invalid",
  RequestEntityTooLarge: "invalid",
  Forbidden: "forbidden",
  Unauthorized: "unauthorized",
  Expired: "expired",
  Gone: "expired",
  TooManyRequests: "transient",
  InternalError: "transient",
  ServerTimeout: "transient",
  Timeout: "transient",
  ServiceUnavailable: "transient",
  StorageReadError: "transient",
};

/** For answers without a Status, from a proxy for example. 409 alone cannot be AlreadyExists: that has a reason. */
function classOfCode(status: number): ApiErrorClass {
  if (status === 401) return "unauthorized";
  if (status === 403) return "forbidden";
  if (status === 404) return "notFound";
  if (status === 409) return "conflict";
  if (status === 410) return "expired";
  // 3xx: redirects are not followed, for a credential must not travel to another host.
  if (status >= 300 && status < 500 && status !== 408 && status !== 429) return "invalid";
  return "transient";
}

/** An answer other than 2xx. `now` is wall clock, for a Retry-After given as a date. */
export function errorFromAnswer(call: CallFacts, answer: Answer, now: number): ApiError {
  const fromHeader = parseRetryAfter(answer.retryAfter, now);
  const status = parseStatus(answer.text);
  if (status !== undefined) return errorFromStatus(call, status, answer.status, fromHeader);
  return new ApiError(`${call.what}: ${unstructured(answer)}`, {
    class: classOfCode(answer.status),
    status: answer.status,
    retryAfterMs: fromHeader,
  });
}

/** A metav1.Status object, from an answer or from the ERROR event of a watch. */
export function errorFromStatus(
  call: CallFacts,
  status: Record<string, unknown>,
  httpStatus?: number,
  retryAfterMs?: number,
): ApiError {
  const code = typeof status.code === "number" ? status.code : (httpStatus ?? 0);
  const reason = typeof status.reason === "string" ? status.reason : "";
  const details = isJsonObject(status.details) ? status.details : {};
  const message = typeof status.message === "string" ? status.message : "";
  const causes = causesOf(details.causes, call.sensitive);
  const fromBody = details.retryAfterSeconds;
  const words =
    message === "" ? `the server answered ${code}${reason === "" ? "" : ` ${reason}`}` : clean(message);
  return new ApiError(`${call.what}: ${call.sensitive ? withoutWords(code, reason) : words}`, {
    class: failsUidPrecondition(reason, causes) ? "conflict" : (classOfReason[reason] ?? classOfCode(code)),
    status: code,
    reason,
    retryAfterMs:
      retryAfterMs ?? (typeof fromBody === "number" && fromBody > 0 ? bounded(fromBody * 1000) : undefined),
    causes,
  });
}

/**
 * A uid in an apply or patch is meant as a precondition. The API server says 409 when there is no object, but 422
 * "field is immutable" when there is one of another uid: the same fact for us, and nothing that is wrong with our object.
 */
function failsUidPrecondition(reason: string, causes: readonly StatusCause[]): boolean {
  return reason === "Invalid" && causes.some(({ field }) => field === "metadata.uid");
}

/** No answer, or not all of it. Reads are simply transient; after a write the world may have changed. */
export function errorFromNoAnswer(call: CallFacts, cause: unknown): ApiError {
  const code = errorCode(cause);
  const notExecuted = isNeverSent(cause, code);
  const words = neverSent[code] ?? lostMidway[code] ?? tlsPhrase(code) ?? noAnswer(code);
  const doubt = call.write ? (notExecuted ? "; nothing was written" : uncertain) : "";
  return new ApiError(`${call.what}: ${words}${doubt}`, { class: "transient", notExecuted, cause });
}

/** Appended to messages of writes whose answer never came. */
export const uncertain = "; the write may or may not have happened";

const neverSent: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused",
  ENOTFOUND: "the API server's name does not resolve",
  EAI_AGAIN: "the API server's name does not resolve (temporary DNS failure)",
  EHOSTUNREACH: "no route to the API server",
  ENETUNREACH: "no route to the API server",
  UND_ERR_CONNECT_TIMEOUT: "the connection could not be opened in time",
  UND_ERR_PRX_CONN: "the proxy closed the connection",
};

const lostMidway: Readonly<Record<string, string>> = {
  ECONNRESET: "connection reset",
  EPIPE: "connection reset",
  ETIMEDOUT: "the connection timed out",
  UND_ERR_SOCKET: "connection closed by the API server",
  UND_ERR_ABORTED: "the connection was given up",
  EPROTO: "TLS failed",
};

/** Whether the connection broke, as a kept-alive one does when the server closed it at the same moment. */
export function isConnectionLost(error: unknown): boolean {
  return ["ECONNRESET", "EPIPE", "UND_ERR_SOCKET"].includes(errorCode(error));
}

function isNeverSent(error: unknown, code: string): boolean {
  // A route can get lost under an open connection, too; then the failing system call is not `connect`.
  const syscall = isJsonObject(error) ? error.syscall : undefined;
  if (syscall === "read" || syscall === "write") return false;
  return code in neverSent || isHandshakeError(code);
}

/**
 * The server's certificate, or ours, was refused before a request could be written. Not the alerts and broken records of
 * OpenSSL (ERR_SSL_, EPROTO): those come in the middle of a connection as well.
 */
function isHandshakeError(code: string): boolean {
  return /^(CERT_|ERR_TLS_|ERR_OSSL_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|UND_ERR_PRX_TLS)/.test(code);
}

function tlsPhrase(code: string): string | undefined {
  if (code.startsWith("ERR_OSSL_")) return `the certificates or keys for TLS cannot be used (${code})`;
  if (isHandshakeError(code)) return `TLS verification of the API server failed (${code})`;
  return code.startsWith("ERR_SSL_") ? `TLS failed (${code})` : undefined;
}

function noAnswer(code: string): string {
  return `no answer${code === "" ? "" : ` (${code})`}`;
}

function errorCode(error: unknown): string {
  if (!isJsonObject(error)) return "";
  const code = error.code;
  return typeof code === "string" ? code : "";
}

function parseStatus(text: string): Record<string, unknown> | undefined {
  if (!text.startsWith("{")) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) && value.kind === "Status" ? value : undefined;
  } catch {
    // Not the API server's own words, so there is nothing to learn from them: the HTTP code decides.
    return undefined;
  }
}

function unstructured(answer: Answer): string {
  if (answer.status === 404) return "the server does not know this path (is the CRD installed?)";
  if (answer.status >= 300 && answer.status < 400)
    return `the server answered ${answer.status}; redirects are not followed`;
  return `the server answered ${answer.status} without saying why`;
}

function withoutWords(code: number, reason: string): string {
  return `the server answered ${code}${reason === "" ? "" : ` ${reason}`}`;
}

function causesOf(value: unknown, sensitive: boolean): StatusCause[] {
  if (!Array.isArray(value)) return [];
  return value.filter(isJsonObject).map(({ field, reason, message }) => ({
    ...(typeof field === "string" && { field }),
    ...(typeof reason === "string" && { reason }),
    ...(typeof message === "string" && !sensitive && { message: clean(message) }),
  }));
}

/** Bearer tokens and JWTs never belong into a message, whoever put them there. */
export function clean(text: string): string {
  const safe = text
    .replaceAll(/\bBearer\s+[\w.~+/=-]{16,}/gi, "Bearer [redacted]")
    .replaceAll(/\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*/g, "[redacted]");
  return safe.length <= 2048 ? safe : `${safe.slice(0, 2048)}...`;
}

function parseRetryAfter(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d+$/.test(header.trim())) return bounded(Number(header) * 1000);
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : bounded(at - now);
}

/** A wait we could not explain to anybody, whoever asks for it (a proxy, a clock that is wrong), is cut. */
function bounded(waitMs: number): number {
  return Math.min(maxRetryAfterMs, Math.max(0, waitMs));
}

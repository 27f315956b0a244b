/** One HTTP exchange with a node's sidecar: where to dial, how long to wait, how much to read. Knows no endpoint. */
import { isIP } from "node:net";
import { Agent, type buildConnector, type Dispatcher, errors, Pool } from "undici";
import type { Clock } from "#clock";
import { SidecarError, type SidecarTarget } from "./contract.ts";
import { createProxyResolver, type Environment } from "./proxy-env.ts";

const PORT = 8443;
const MAX_BODY_BYTES = 1024 * 1024;
/** Below the idle limits on the other side (sidecar 60 s), so that we rarely write into a connection being closed. */
const KEEP_ALIVE_MS = 20_000;
const CONNECT_TIMEOUT_MS = 5_000;

export interface Exchange {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** What the call is, for messages: `GET node id`. Holds nothing that differs from one try to the next. */
  readonly what: string;
  readonly deadlineMs: number;
  /** End the call: the caller's signal, loss of leadership. */
  readonly signals: readonly AbortSignal[];
  /** Runs inside the deadline, right before the request is written; may add headers or reject. */
  readonly prepare?: () => Promise<Readonly<Record<string, string>>>;
}

export interface Answer {
  readonly status: number;
  readonly body: string;
}

export interface Transport {
  /** Rejects with a SidecarError of class `unreachable`, `timeout`, `aborted` or `unavailable` (body over the cap). */
  exchange(target: SidecarTarget, exchange: Exchange): Promise<Answer>;
  /** Closes every connection at once. */
  close(): Promise<void>;
}

export interface TransportOptions {
  readonly clock: Clock;
  readonly env: Environment;
  /** Replaces TCP connecting (tests, which have no port 8443 and no cluster DNS). */
  readonly connect?: buildConnector.connector;
}

/** `ns/node`, as messages name it. */
export function nameOf(target: SidecarTarget): string {
  return `${target.namespace}/${target.node}`;
}

export function createTransport(options: TransportOptions): Transport {
  const { clock } = options;
  const resolveProxy = createProxyResolver(options.env);
  // All deadlines are ours (Clock): undici's own would fire in real time under a test clock.
  const settings = {
    connect: options.connect ?? { timeout: CONNECT_TIMEOUT_MS },
    keepAliveTimeout: KEEP_ALIVE_MS,
    headersTimeout: 0,
    bodyTimeout: 0,
    allowH2: false,
  };
  const direct = new Agent(settings);
  const proxies = new Map<string, Pool>();

  return {
    exchange,
    async close() {
      await Promise.all([direct.destroy(), ...[...proxies.values()].map((proxy) => proxy.destroy())]);
    },
  };

  async function exchange(target: SidecarTarget, call: Exchange): Promise<Answer> {
    const abort = new AbortController();
    const timeout = noAnswer(target, "timeout", {
      cause: new Error(`${call.what}: no answer within ${call.deadlineMs / 1000} s`),
    });
    const onAbort = () => abort.abort(aborted(call, target));
    const cancelDeadline = clock.after(call.deadlineMs, () => abort.abort(timeout));
    for (const signal of call.signals) signal.addEventListener("abort", onAbort, { once: true });
    if (call.signals.some((signal) => signal.aborted)) onAbort();
    try {
      const added = call.prepare === undefined ? {} : await unlessAborted(call.prepare(), abort.signal);
      const { dispatcher, origin, path, headers } = route(target, call.path);
      const request = dispatcher.request({
        origin,
        path,
        method: call.method,
        headers: { ...call.headers, ...added, ...headers },
        body: call.body ?? null,
        signal: abort.signal,
      });
      // While undici still connects it takes no notice of the signal (it will not send the request then, but it tells us only
      // when the connection is made or given up). The deadline must hold all the same.
      const answer = await unlessAborted(request, abort.signal);
      const body = await readBody(answer.body, target, call);
      return { status: answer.statusCode, body };
    } catch (error) {
      if (abort.signal.aborted) throw abort.signal.reason;
      throw error instanceof SidecarError ? error : unreachable(error, target, call);
    } finally {
      cancelDeadline();
      for (const signal of call.signals) signal.removeEventListener("abort", onAbort);
    }
  }

  /** The URL is the production one in every case; what differs is where the connection goes. */
  function route(
    target: SidecarTarget,
    path: string,
  ): { dispatcher: Dispatcher; origin: string; path: string; headers: Record<string, string> } {
    const url = new URL(
      `http://${target.node}-0.${target.node}.${target.namespace}.svc.cluster.local:${PORT}${path}`,
    );
    const headers = { host: url.host };
    const proxy = resolveProxy(url);
    if (proxy !== undefined) {
      // Absolute form, no CONNECT tunnel: one pool of connections to the proxy serves all nodes.
      return {
        dispatcher: proxyPool(proxy),
        origin: proxy.origin,
        path: url.href,
        headers: { ...headers, ...proxyAuthorization(proxy) },
      };
    }
    const { podIP } = target;
    if (podIP === undefined || isIP(podIP) === 0)
      return { dispatcher: direct, origin: url.origin, path, headers };
    const host = isIP(podIP) === 6 ? `[${podIP}]` : podIP;
    return { dispatcher: direct, origin: `http://${host}:${PORT}`, path, headers };
  }

  function proxyPool(proxy: URL): Pool {
    const known = proxies.get(proxy.origin);
    if (known !== undefined) return known;
    const pool = new Pool(proxy.origin, settings);
    proxies.set(proxy.origin, pool);
    return pool;
  }
}

function proxyAuthorization(proxy: URL): Record<string, string> {
  if (proxy.username === "") return {};
  const credentials = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
  return { "proxy-authorization": `Basic ${Buffer.from(credentials).toString("base64")}` };
}

async function readBody(
  body: Dispatcher.ResponseData["body"],
  target: SidecarTarget,
  call: Exchange,
): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  // Leaving the loop by a throw destroys the stream and with it the connection.
  for await (const chunk of body) {
    const bytes: Buffer = Buffer.from(chunk);
    size += bytes.length;
    if (size > MAX_BODY_BYTES) {
      throw new SidecarError(
        `${call.what}: the sidecar of ${nameOf(target)} sent an answer of more than 1 MiB`,
        {
          class: "unavailable",
        },
      );
    }
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** Settles as `work` does, or rejects as soon as the signal aborts; then the outcome of `work` no longer matters to anyone. */
function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}

function aborted(call: Exchange, target: SidecarTarget): SidecarError {
  return new SidecarError(`${call.what}: the call to the sidecar of ${nameOf(target)} was given up by us`, {
    class: "aborted",
  });
}

/** The words are ours: the texts of the runtime carry addresses and ports, and conditions must not flap (D12). */
const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused",
  ECONNRESET: "connection reset",
  EPIPE: "connection reset",
  UND_ERR_SOCKET: "connection closed before the answer",
  ENOTFOUND: "host name not found",
  EAI_AGAIN: "DNS lookup failed",
  EHOSTUNREACH: "no route to the pod",
  ENETUNREACH: "no route to the pod",
  ECONNABORTED: "connection aborted",
};

function unreachable(error: unknown, target: SidecarTarget, call: Exchange): SidecarError {
  const code = codeOf(error);
  if (error instanceof errors.ConnectTimeoutError || code === "ETIMEDOUT") {
    return noAnswer(target, "timeout", { cause: error });
  }
  const reason = REASONS[code] ?? (code === "" ? "no valid HTTP answer" : code);
  return new SidecarError(`the sidecar of ${nameOf(target)} cannot be reached: ${reason}`, {
    class: "unreachable",
    cause: new Error(`${call.what} failed`, { cause: error }),
  });
}

/**
 * One text for every call and for the back-off that follows: a silent sidecar is one state of the world, and the condition
 * that reports it must not change with the call that happened to find out (D12).
 */
export function noAnswer(
  target: SidecarTarget,
  errorClass: "timeout" | "backingOff",
  details: { retryAfterMs?: number; cause?: unknown },
): SidecarError {
  return new SidecarError(`the sidecar of ${nameOf(target)} does not answer`, {
    class: errorClass,
    ...details,
  });
}

function codeOf(error: unknown): string {
  // Happy-eyeballs connects reject with an AggregateError: one refused address says why as well as any.
  const first = error instanceof AggregateError && error.errors.length > 0 ? error.errors[0] : error;
  return first instanceof Error && "code" in first && typeof first.code === "string" ? first.code : "";
}

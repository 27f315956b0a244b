/**
 * One HTTP exchange with the API server: sockets, TLS and credentials. Knows nothing of Kubernetes objects, of retries or
 * of what an answer means.
 *
 * Two agents live as long as the client certificate: one for calls, one for watches, so that neither can starve the
 * other of sockets. A token travels in a header and needs no new agent; a certificate is part of the TLS session, so
 * a new one means new agents, and the old ones close when their last exchange has ended.
 */
import { Agent, type Dispatcher, ProxyAgent } from "undici";
import type { Clock } from "#clock";
import { unlessAborted } from "./abort.ts";
import type { ClusterConfig } from "./cluster-config-types.ts";
import {
  type Credential,
  CredentialError,
  type CredentialSource,
  createCredentialSource,
  sameCertificate,
  sameCredential,
} from "./credentials/index.ts";

export interface Exchange {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly body?: string;
  readonly contentType?: string;
  /** A watch: goes through the other agent. */
  readonly stream: boolean;
}

export interface ExchangeAnswer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly body: Dispatcher.ResponseData["body"];
  /** What was sent, for `renewCredential` after a 401. */
  readonly credential: Credential;
}

interface Agents {
  readonly credential: Credential;
  readonly calls: Dispatcher;
  readonly streams: Dispatcher;
}

/** 64 workers with a call each, and room for the lease, events and the other kinds. Beyond that calls queue. */
const maxCallConnections = 128;
/**
 * Below the elector's 4 s for a call, so that a host that swallows packets leaves time for another attempt before the
 * renew deadline.
 */
const connectTimeoutMs = 3_000;
/** Below the 90 s after which the API server closes idle connections, so that it is we who close. */
const idleTimeoutMs = 60_000;
/** The first probe after this much silence; with Node's ten probes a second apart a dead peer is noticed in 40 s. */
const tcpKeepAliveDelayMs = 30_000;

export class Transport {
  readonly host: string;
  readonly #config: ClusterConfig;
  readonly #origin: string;
  readonly #prefix: string;
  readonly #userAgent: string;
  readonly #credentials: CredentialSource;
  #agents: Agents | undefined;
  /** Replaced agents that still serve something. */
  readonly #retiring = new Set<Dispatcher>();

  constructor(config: ClusterConfig, options: { clock: Clock; userAgent: string }) {
    const url = new URL(config.server);
    this.host = url.host;
    this.#origin = url.origin;
    this.#prefix = url.pathname.replace(/\/+$/, "");
    this.#config = config;
    this.#userAgent = options.userAgent;
    this.#credentials = createCredentialSource(config.auth, options.clock);
  }

  /**
   * Sends once. Resolves with whatever was answered, of any status; the caller must consume or abort the body. Rejects
   * with the socket's error, with CredentialError, or with the signal's reason. `beforeSend` is called right before the
   * request is handed to a socket (a credential may have taken its time), and prevents that by throwing.
   */
  async send(exchange: Exchange, signal: AbortSignal, beforeSend: () => void): Promise<ExchangeAnswer> {
    // A credential is shared between calls: one that ends leaves its renewal running for the others.
    const credential = await unlessAborted(this.#credentials.current(), signal);
    beforeSend();
    const agents = this.#agentsFor(credential);
    const request = (exchange.stream ? agents.streams : agents.calls).request({
      origin: this.#origin,
      path: this.#prefix + exchange.path,
      method: exchange.method,
      headers: this.#headers(exchange, credential),
      body: exchange.body ?? null,
      signal,
      // Deadlines are the caller's, on its own clock.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    const answer = await settledByAbort(request, signal);
    const retryAfter = answer.headers["retry-after"];
    return {
      status: answer.statusCode,
      retryAfter: Array.isArray(retryAfter) ? retryAfter[0] : retryAfter,
      body: answer.body,
      credential,
    };
  }

  /** After a 401: whether there is another credential than the refused one to try with. */
  async renewCredential(refused: Credential, signal: AbortSignal): Promise<boolean> {
    this.#credentials.drop(refused);
    return !sameCredential(refused, await unlessAborted(this.#credentials.current(), signal));
  }

  /** Streams end at once; calls in flight are waited for. */
  async close(): Promise<void> {
    this.#credentials.close();
    const agents = this.#agents;
    const closing = [...this.#retiring].map((agent) => agent.destroy());
    if (agents !== undefined) closing.push(agents.streams.destroy(), agents.calls.close());
    await Promise.all(closing);
  }

  #agentsFor(credential: Credential): Agents {
    const held = this.#agents;
    if (held !== undefined && sameCertificate(held.credential, credential)) return held;
    if (held !== undefined) for (const agent of [held.calls, held.streams]) this.#retire(agent);
    this.#agents = {
      credential,
      calls: createAgent(this.#config, credential, maxCallConnections),
      streams: createAgent(this.#config, credential, null),
    };
    return this.#agents;
  }

  #retire(agent: Dispatcher): void {
    this.#retiring.add(agent);
    const gone = () => void this.#retiring.delete(agent);
    // Closing cannot fail in a way that matters to anybody: what was in flight reports to its own caller.
    agent.close().then(gone, gone);
  }

  #headers(exchange: Exchange, credential: Credential): Record<string, string | string[]> {
    const { token } = credential;
    if (token !== undefined && !/^[\x21-\x7e]+$/.test(token)) {
      throw new CredentialError("the bearer token holds characters that cannot be sent");
    }
    return {
      accept: "application/json",
      "user-agent": this.#userAgent,
      ...(exchange.body !== undefined && { "content-type": exchange.contentType ?? "application/json" }),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...mutable(this.#config.auth.impersonate ?? {}),
    };
  }
}

function createAgent(config: ClusterConfig, credential: Credential, connections: number | null): Dispatcher {
  const { tls } = config;
  const connect = {
    keepAlive: true,
    keepAliveInitialDelay: tcpKeepAliveDelayMs,
    minVersion: "TLSv1.2" as const,
    rejectUnauthorized: !tls.insecureSkipVerify,
    ...(tls.ca !== undefined && { ca: tls.ca }),
    ...(tls.serverName !== undefined && { servername: tls.serverName }),
    ...credential.certificate,
  };
  const shared = {
    connections,
    connectTimeout: connectTimeoutMs,
    allowH2: false,
    keepAliveTimeout: idleTimeoutMs,
    keepAliveMaxTimeout: idleTimeoutMs,
  };
  if (config.proxyUrl === undefined) return new Agent({ ...shared, connect });
  return new ProxyAgent({ ...shared, uri: config.proxyUrl, requestTls: connect });
}

/**
 * The answer, or a rejection as soon as the signal aborts. undici alone looks at the signal only while the request is on a
 * socket: while one is being connected, or none is free, an abort or deadline would wait for the connect time-out. It
 * does remember the abort, so that what was given up is not sent later; an answer that was on its way is thrown away.
 */
async function settledByAbort(
  request: Promise<Dispatcher.ResponseData>,
  signal: AbortSignal,
): Promise<Dispatcher.ResponseData> {
  try {
    return await unlessAborted(request, signal);
  } catch (error) {
    // Settled or not: whoever gave up has had its error, and nobody else will read this body.
    request.then(({ body }) => body.on("error", () => {}).destroy()).catch(() => {});
    throw error;
  }
}

function mutable(
  headers: Readonly<Record<string, string | readonly string[]>>,
): Record<string, string | string[]> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, typeof value === "string" ? value : [...value]]),
  );
}

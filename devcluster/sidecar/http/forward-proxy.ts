/**
 * The one real socket of the simulated network: an HTTP forward proxy through which `*.svc.cluster.local` is reached.
 * Absolute-form requests, CONNECT, and origin-form with a Host header all lead to the pod that serves that name now.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Clock } from "#clock";
import type { ProxyAuthorizer } from "./authorization.ts";
import type { Fault } from "./faults.ts";
import type { SimAnswer, SimRequest } from "./message.ts";
import { answerPod, type PodServer } from "./pod-server.ts";
import type { RequestLog, RequestRecord } from "./request-log.ts";

export interface ForwardProxyOptions {
  clock: Clock;
  /** Who serves this host name now; undefined: no such name, or nobody there. */
  resolve: (host: string) => PodServer | undefined;
  authorizer: ProxyAuthorizer | undefined;
  log: RequestLog;
}

interface Target {
  readonly host: string;
  readonly port: number;
}

const bodyLimit = 4 * 1024 * 1024;

export class ForwardProxy {
  readonly #options: ForwardProxyOptions;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Sockets that sent CONNECT, and where they want to be. */
  readonly #tunnels = new WeakMap<Socket, Target>();
  readonly #stopping = new AbortController();

  constructor(options: ForwardProxyOptions) {
    this.#options = options;
    // The limits of the real sidecar's server.
    this.#server = createServer({
      headersTimeout: 5_000,
      requestTimeout: 10_000,
      keepAliveTimeout: 60_000,
      maxHeaderSize: 32 * 1024,
    });
    this.#server.on("request", (request, response) => void this.#serve(request, response));
    this.#server.on("connect", (request, socket: Socket) => this.#openTunnel(request, socket));
    this.#server.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
      // A client may reset at any time; that is its right and no event of ours.
      socket.on("error", () => socket.destroy());
    });
  }

  /** Listens on a free loopback port and returns the URL for HTTP_PROXY. */
  async start(): Promise<string> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(0, "127.0.0.1", resolve);
    });
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new Error("simulator stopped"));
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #openTunnel(request: IncomingMessage, socket: Socket): void {
    const target = parseAuthority(request.url ?? "");
    if (target === undefined) {
      socket.end("HTTP/1.1 400 Bad Request\r\n\r\n");
      return;
    }
    this.#tunnels.set(socket, target);
    socket.write("HTTP/1.1 200 Connection Established\r\n\r\n");
    this.#server.emit("connection", socket);
  }

  /** Never rejects: whatever goes wrong ends the connection, as it would with a real server. */
  async #serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const body = await readBody(message);
      const parsed = this.#parse(message, body);
      if (parsed === undefined) {
        response.writeHead(400).end();
        return;
      }
      await this.#dispatch(parsed.target, parsed.request, response);
    } catch {
      response.destroy();
    }
  }

  #parse(message: IncomingMessage, body: string): { target: Target; request: SimRequest } | undefined {
    const url = message.url ?? "/";
    const absolute = url.startsWith("http://") ? new URL(url) : undefined;
    const target =
      absolute !== undefined
        ? parseAuthority(absolute.host)
        : (this.#tunnels.get(message.socket) ?? parseAuthority(message.headers.host ?? ""));
    if (target === undefined) return undefined;
    const local = absolute ?? new URL(url, "http://local");
    const request = {
      method: message.method ?? "GET",
      path: local.pathname,
      query: local.searchParams,
      headers: message.headersDistinct,
      body,
    };
    return { target, request };
  }

  async #dispatch(target: Target, request: SimRequest, response: ServerResponse): Promise<void> {
    const { clock, resolve, authorizer, log } = this.#options;
    const pod = resolve(target.host);
    const record = (outcome: RequestRecord["outcome"]) =>
      log.add({
        at: clock.now(),
        namespace: pod?.namespace ?? "",
        node: pod?.node ?? "",
        port: target.port,
        method: request.method,
        path: request.path,
        outcome,
      });
    const fault = pod?.faults.take({ method: request.method, path: request.path, port: target.port });
    if (pod === undefined || fault?.kind === "refuse") {
      record("refused");
      response.destroy();
      return;
    }
    if (fault?.kind === "hang") {
      record("hung"); // the socket stays open until the client gives up or the proxy stops
      return;
    }
    if (fault?.kind === "status") {
      record(fault.status);
      send(response, {
        status: fault.status,
        headers: { "content-type": "text/plain" },
        body: fault.body ?? "",
      });
      return;
    }
    const answer = await answerPod(pod, target.port, request, authorizer);
    if (fault?.kind === "slow") await clock.sleep(fault.ms, this.#stopping.signal);
    if (answer === "refused") {
      record("refused");
      response.destroy();
      return;
    }
    record(deliver(response, answer, fault));
  }
}

/** Sends the answer, or what a fault leaves of it. */
function deliver(
  response: ServerResponse,
  answer: SimAnswer,
  fault: Fault | undefined,
): RequestRecord["outcome"] {
  switch (fault?.kind) {
    case "loseAnswer":
      response.destroy();
      return "lost";
    case "truncate":
      response.writeHead(answer.status, {
        ...answer.headers,
        "content-length": Buffer.byteLength(answer.body) + 16,
      });
      // Destroyed only after the half was flushed, so that the client really sees a body that stops.
      response.write(answer.body.slice(0, answer.body.length / 2), () => response.destroy());
      return "truncated";
    case "malformed":
      send(response, { ...answer, body: fault.body ?? "{not json" });
      return answer.status;
    default:
      send(response, answer);
      return answer.status;
  }
}

function send(response: ServerResponse, answer: SimAnswer): void {
  response.writeHead(answer.status, { ...answer.headers, "content-length": Buffer.byteLength(answer.body) });
  response.end(answer.body);
}

async function readBody(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > bodyLimit) throw new Error("request body too large");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** `host:port` or `host`; IPv6 literals do not occur among service names. */
function parseAuthority(text: string): Target | undefined {
  const match = /^([^:/\s]+)(?::(\d+))?$/.exec(text);
  if (match?.[1] === undefined) return undefined;
  return { host: match[1].toLowerCase(), port: match[2] === undefined ? 80 : Number(match[2]) };
}

/**
 * An API server that says exactly what a test wrote down, including what a real one does rarely: resets, stalls, cut-off
 * bodies, a 410 in mid-stream.
 *
 *     const server = await startScriptedServer();
 *     server.script("GET /api/v1/namespaces/x/pods/a", status(429, "TooManyRequests", "slow down", { "retry-after": "1" }), json(200, pod));
 *     const stream = server.stream("WATCH /api/v1/pods");
 *     ...
 *     await stream.opened; stream.event("ADDED", pod); stream.reset();
 *     await server.close();
 *
 * A route is `METHOD /path` without the query; a GET with watch=true is `WATCH`. Answers of `script` are used once each, in
 * order; then `always` answers; a request that nobody expected gets a 501 and is listed in `unexpected`.
 */
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import { createServer as createTlsServer, type ServerOptions } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { TLSSocket } from "node:tls";

export interface RecordedRequest {
  readonly route: string;
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
  /** Numbers the connections: equal for requests that shared one. */
  readonly connection: number;
  /** Common name of the client certificate, when one was given. */
  readonly clientName: string | undefined;
}

export type ScriptedAnswer = (response: ServerResponse, request: RecordedRequest) => void;

export interface ScriptedStream {
  /** Resolves when a client asked for it and the headers are on their way. */
  readonly opened: Promise<RecordedRequest>;
  /** Resolves when the connection is gone, from whichever side. */
  readonly closed: Promise<void>;
  event(type: string, object: unknown): void;
  /** Bytes as they are. */
  raw(text: string | Uint8Array): void;
  /** The end as a server means it. */
  end(): void;
  /** The end as the network means it. */
  reset(): void;
}

export interface ScriptedServer {
  readonly url: string;
  readonly port: number;
  readonly requests: readonly RecordedRequest[];
  readonly unexpected: readonly string[];
  script(route: string, ...answers: ScriptedAnswer[]): void;
  always(route: string, answer: ScriptedAnswer): void;
  /** Scripts a streaming answer for the next request of the route. */
  stream(route: string): ScriptedStream;
  /** Resolves with the `count`th request of the route, as soon as it was read. */
  received(route: string, count?: number): Promise<RecordedRequest>;
  /** Cuts idle and busy connections, as a restart does. */
  dropConnections(): void;
  close(): Promise<void>;
}

export async function startScriptedServer(tls?: ServerOptions): Promise<ScriptedServer> {
  const scripted = new Map<string, ScriptedAnswer[]>();
  const standing = new Map<string, ScriptedAnswer>();
  const requests: RecordedRequest[] = [];
  const unexpected: string[] = [];
  const connections = new Map<Socket, number>();
  let waiting: { route: string; count: number; resolve: (request: RecordedRequest) => void }[] = [];
  let opened = 0;

  const listener: RequestListener = (message, response) => {
    const chunks: Buffer[] = [];
    message.on("data", (chunk: Buffer) => chunks.push(chunk));
    message.on("end", () => {
      const request = record(
        message,
        Buffer.concat(chunks).toString("utf8"),
        connections.get(message.socket) ?? 0,
      );
      requests.push(request);
      const answer = scripted.get(request.route)?.shift() ?? standing.get(request.route);
      if (answer === undefined) unexpected.push(request.route);
      (answer ?? status(501, "", `not scripted: ${request.route}`))(response, request);
      wake();
    });
  };

  const nth = (route: string, count: number) =>
    requests.filter((request) => request.route === route)[count - 1];
  const wake = () => {
    waiting = waiting.filter(({ route, count, resolve }) => {
      const request = nth(route, count);
      if (request !== undefined) resolve(request);
      return request === undefined;
    });
  };

  const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  server.on(tls === undefined ? "connection" : "secureConnection", (socket: Socket) => {
    connections.set(socket, ++opened);
    socket.on("error", () => {});
    socket.on("close", () => connections.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;

  const script = (route: string, ...answers: ScriptedAnswer[]) => {
    scripted.set(route, [...(scripted.get(route) ?? []), ...answers]);
  };
  return {
    url: `${tls === undefined ? "http" : "https"}://127.0.0.1:${port}`,
    port,
    requests,
    unexpected,
    script,
    always: (route, answer) => void standing.set(route, answer),
    stream(route) {
      const { answer, stream } = createStream();
      script(route, answer);
      return stream;
    },
    received(route, count = 1) {
      const request = nth(route, count);
      if (request !== undefined) return Promise.resolve(request);
      return new Promise((resolve) => waiting.push({ route, count, resolve }));
    },
    dropConnections: () => server.closeAllConnections(),
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function record(message: IncomingMessage, body: string, connection: number): RecordedRequest {
  const url = new URL(message.url ?? "/", "http://scripted");
  const watch = message.method === "GET" && url.searchParams.get("watch") === "true";
  const method = message.method ?? "";
  const { socket } = message;
  return {
    route: `${watch ? "WATCH" : method} ${url.pathname}`,
    method,
    path: url.pathname,
    query: url.searchParams,
    headers: message.headers,
    body,
    connection,
    clientName: socket instanceof TLSSocket ? commonName(socket) : undefined,
  };
}

function commonName(socket: TLSSocket): string | undefined {
  const name = socket.getPeerCertificate().subject?.CN;
  return Array.isArray(name) ? name[0] : name;
}

export function json(code: number, body: unknown, headers: Record<string, string> = {}): ScriptedAnswer {
  return text(code, JSON.stringify(body), { "content-type": "application/json", ...headers });
}

export function text(code: number, body: string, headers: Record<string, string> = {}): ScriptedAnswer {
  return (response) => void response.writeHead(code, headers).end(body);
}

/** A metav1.Status failure. */
export function status(
  code: number,
  reason: string,
  message: string,
  headers: Record<string, string> = {},
  details?: object,
): ScriptedAnswer {
  return json(code, { ...statusObject(code, reason, message), ...(details && { details }) }, headers);
}

/** For the ERROR event of a watch. */
export function statusObject(code: number, reason: string, message: string) {
  return { kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure", message, reason, code };
}

/** `kind` of the items, as in `Pod`; the items come without their type, as the API server sends them. */
export function list(
  kind: string,
  items: readonly object[],
  resourceVersion: string,
  token?: string,
): ScriptedAnswer {
  const metadata = { resourceVersion, ...(token !== undefined && { continue: token }) };
  return json(200, { kind: `${kind}List`, apiVersion: "v1", metadata, items });
}

/** Takes the request and never answers. */
export function stall(): ScriptedAnswer {
  return () => {};
}

/** Cuts the connection without a byte of answer. */
export function reset(): ScriptedAnswer {
  return (response) => cut(response);
}

/** Announces the whole body, sends its first `bytes` bytes, and cuts the connection. */
export function truncated(body: string, bytes: number): ScriptedAnswer {
  return (response) => {
    response.writeHead(200, {
      "content-type": "application/json",
      "content-length": String(Buffer.byteLength(body)),
    });
    response.write(Buffer.from(body).subarray(0, bytes), () => cut(response));
  };
}

function cut(response: ServerResponse): void {
  const { socket } = response;
  if (socket === null) return;
  // A TLS socket has no reset of its own; closing it without a goodbye is as rude.
  if (socket instanceof TLSSocket) socket.destroy();
  else socket.resetAndDestroy();
}

function createStream(): { answer: ScriptedAnswer; stream: ScriptedStream } {
  const opened = Promise.withResolvers<RecordedRequest>();
  const closed = Promise.withResolvers<void>();
  let open: ServerResponse | undefined;
  const live = () => {
    if (open === undefined) throw new Error("the stream was not opened yet: await stream.opened");
    return open;
  };
  return {
    answer(response, request) {
      open = response;
      response.on("close", () => closed.resolve());
      response.writeHead(200, { "content-type": "application/json" });
      response.flushHeaders();
      opened.resolve(request);
    },
    stream: {
      opened: opened.promise,
      closed: closed.promise,
      event: (type, object) => void live().write(`${JSON.stringify({ type, object })}\n`),
      raw: (bytes) => void live().write(bytes),
      end: () => void live().end(),
      reset: () => cut(live()),
    },
  };
}

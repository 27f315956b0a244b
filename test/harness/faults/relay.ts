/**
 * An HTTP server between the manager and one of those it talks to. A test decides for each request what happens to it: it is
 * passed on, answered here, delayed, or its connection is cut before or after it took effect.
 */
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";
import { request as httpsRequest } from "node:https";
import type { AddressInfo } from "node:net";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";

export interface RelayRequest {
  readonly method: string;
  /** Path and query; of a forward proxy the whole URL. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Aborted when the asker is gone. */
  readonly signal: AbortSignal;
}

export interface RelayAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Of a watch: one line after the other, with its line feed. Throwing in the middle cuts the connection. */
  readonly body: string | AsyncIterable<string>;
}

/** The asker's connection is cut instead of an answer. */
export const RESET = Symbol("reset");

/** Sends the request, or another in its place, to where it was meant for. */
export type Forward = (instead?: { readonly url?: string; readonly body?: string }) => Promise<RelayAnswer>;

/** What happens to one request. The default is `(_, forward) => forward()`. */
export type Disturb<Request = RelayRequest> = (
  request: Request,
  forward: Forward,
) => Promise<RelayAnswer | typeof RESET>;

export interface RelayTarget {
  /** `http://host:port` or `https://host:port` */
  readonly origin: string;
  /** PEM, for https. */
  readonly ca?: string;
}

export interface Relay {
  readonly url: string;
  /** Cuts every connection. */
  stop(): Promise<void>;
}

export async function startRelay(target: RelayTarget, disturb: Disturb): Promise<Relay> {
  const server = createServer((incoming, outgoing) => {
    serve(target, disturb, incoming, outgoing).catch(() => incoming.socket.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function serve(
  target: RelayTarget,
  disturb: Disturb,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const gone = new AbortController();
  outgoing.on("close", () => gone.abort(new Error("the asker is gone")));
  const request: RelayRequest = {
    method: incoming.method ?? "GET",
    url: incoming.url ?? "/",
    headers: flat(incoming.headers),
    body: await text(incoming),
    signal: gone.signal,
  };
  const answer = await disturb(request, (instead) => forward(target, { ...request, ...instead }));
  if (answer === RESET) {
    incoming.socket.destroy();
    return;
  }
  const { "content-length": _, ...headers } = answer.headers;
  outgoing.writeHead(answer.status, headers);
  if (typeof answer.body === "string") {
    outgoing.end(answer.body);
    return;
  }
  outgoing.flushHeaders();
  for await (const line of answer.body) outgoing.write(line);
  outgoing.end();
}

function forward({ origin, ca }: RelayTarget, request: RelayRequest): Promise<RelayAnswer> {
  const { hostname, port, protocol } = new URL(origin);
  const send = protocol === "https:" ? httpsRequest : httpRequest;
  const { promise, resolve, reject } = Promise.withResolvers<RelayAnswer>();
  // A connection of its own, closed with the answer: none is shared, so that one that dies takes no other with it.
  const headers = { ...request.headers, connection: "close" };
  const upstream = send(
    {
      hostname,
      port,
      path: request.url,
      method: request.method,
      headers,
      agent: false,
      // What was sent takes effect, whether who sent it is still there or not. Only a watch would never end.
      ...(isWatch(request.url) && { signal: request.signal }),
      ...(ca !== undefined && { ca }),
    },
    (answer) => {
      const { connection: _, "transfer-encoding": __, ...kept } = flat(answer.headers);
      const done = (body: RelayAnswer["body"]) =>
        resolve({ status: answer.statusCode ?? 0, headers: kept, body });
      if (isWatch(request.url) && answer.statusCode === 200) done(lines(answer));
      else text(answer).then(done, reject);
    },
  );
  upstream.on("error", reject);
  upstream.end(request.body);
  return promise;
}

async function* lines(answer: IncomingMessage): AsyncIterable<string> {
  let failure: Error | undefined;
  // Heard also when whoever read the lines has stopped: a connection that breaks then is no news, but must not end the test.
  answer.on("error", (error) => {
    failure = error;
  });
  try {
    for await (const line of createInterface({ input: answer, crlfDelay: Number.POSITIVE_INFINITY }))
      yield `${line}\n`;
  } finally {
    answer.destroy();
  }
  if (failure !== undefined) throw failure;
}

function isWatch(url: string): boolean {
  return /[?&]watch=(true|1)\b/.test(url);
}

function flat(headers: IncomingMessage["headers"]): Record<string, string> {
  const entries = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, Array.isArray(value) ? value.join(", ") : value] as const],
  );
  return Object.fromEntries(entries);
}

/** The manager's own HTTP servers: probes in plain text, and metrics, on request over TLS and to the authorized only. */
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Logger } from "./reconcile.ts";

export interface BindTo {
  /** Undefined: all addresses. */
  readonly host: string | undefined;
  /** 0: any free one. */
  readonly port: number;
}

export interface HttpEndpoint {
  readonly name: string;
  /** Rejects when the address cannot be bound, naming it. Resolves to the port. */
  listen(): Promise<number>;
  /** Ends idle connections at once and the others after their answer. */
  close(): Promise<void>;
}

export interface ProbeOptions {
  readonly bind: BindTo;
  /** Undefined: ready. Otherwise what is missing, in a few words. */
  readonly notReady: () => string | undefined;
  readonly log: Logger;
}

/** `/healthz` answers as long as the event loop turns; `/readyz` says 503 until `notReady` has nothing to say. */
export function createProbeEndpoint({ bind, notReady, log }: ProbeOptions): HttpEndpoint {
  return createEndpoint("health probes", bind, log, (listener) => createServer(LIMITS, listener), {
    "/healthz": async () => ok("ok"),
    "/readyz": async () => {
      const missing = notReady();
      return missing === undefined ? ok("ok") : { status: 503, body: `not ready: ${missing}\n`, type: TEXT };
    },
  });
}

/** Whether the request with this Authorization header may read the path. Rejects when that cannot be found out. */
export type Authorize = (
  authorization: string | undefined,
  path: string,
) => Promise<"allowed" | "unauthenticated" | "forbidden">;

export interface MetricsOptions {
  readonly bind: BindTo;
  readonly render: () => Promise<string>;
  readonly contentType: string;
  readonly log: Logger;
  /** Absent: plain HTTP, for everybody who can reach the port. */
  readonly secure?: {
    readonly authorize: Authorize;
    /** Read at start and again for every new connection that finds the files changed. */
    readonly certificate: () => Promise<{ cert: string; key: string }>;
  };
}

export async function createMetricsEndpoint(options: MetricsOptions): Promise<HttpEndpoint> {
  const { bind, log, secure } = options;
  const render = async (): Promise<Reply> => ({
    status: 200,
    body: await options.render(),
    type: options.contentType,
  });
  if (secure === undefined) {
    return createEndpoint("metrics", bind, log, (listener) => createServer(LIMITS, listener), {
      "/metrics": render,
    });
  }
  let current = await secure.certificate();
  const guarded = async (request: IncomingMessage): Promise<Reply> => {
    const verdict = await secure.authorize(request.headers.authorization, "/metrics");
    if (verdict === "allowed") return render();
    return verdict === "forbidden"
      ? { status: 403, body: "forbidden\n", type: TEXT }
      : { status: 401, body: "unauthorized\n", type: TEXT };
  };
  const create = (listener: RequestListener): Server => {
    const server = createTlsServer({ ...LIMITS, ...current, minVersion: "TLSv1.2" }, listener);
    // Certificates rotate. A look per connection costs two small reads; the one that finds it new still gets the old.
    server.on("connection", () => {
      secure
        .certificate()
        .then(
          (latest) => {
            if (latest.cert === current.cert && latest.key === current.key) return;
            // Set only when it is usable: a half-written pair must not end the service.
            server.setSecureContext(latest);
            current = latest;
          },
          (error: unknown) =>
            log.error({ error }, "the metrics certificate could not be read, the old one stays"),
        )
        .catch((error: unknown) =>
          log.error({ error }, "the metrics certificate is unusable, the old one stays"),
        );
    });
    return server;
  };
  return createEndpoint("metrics", bind, log, create, { "/metrics": guarded });
}

interface Reply {
  readonly status: number;
  readonly body: string;
  readonly type: string;
}

type Routes = Readonly<Record<string, (request: IncomingMessage) => Promise<Reply>>>;

const TEXT = "text/plain; charset=utf-8";
/** A client that is slow or silent must not hold a socket for long. */
const LIMITS = {
  requestTimeout: 10_000,
  headersTimeout: 10_000,
  keepAliveTimeout: 5_000,
  maxHeaderSize: 16_384,
};

function ok(body: string): Reply {
  return { status: 200, body, type: TEXT };
}

function createEndpoint(
  name: string,
  bind: BindTo,
  log: Logger,
  create: (listener: RequestListener) => Server,
  routes: Routes,
): HttpEndpoint {
  const server = create((request, response) => {
    answer(routes, request, response).catch((error: unknown) => {
      log.error({ endpoint: name, error }, "request could not be answered");
      if (!response.headersSent) response.writeHead(500, { "content-type": TEXT });
      response.end("internal error\n");
    });
  });
  server.on("error", (error) => log.error({ endpoint: name, error }, "server error"));
  return {
    name,
    listen() {
      return new Promise((resolve, reject) => {
        const failed = (cause: Error): void =>
          reject(
            new Error(`${name}: cannot listen on ${bind.host ?? ""}:${bind.port}: ${cause.message}`, {
              cause,
            }),
          );
        server.once("error", failed);
        server.listen({ port: bind.port, ...(bind.host === undefined ? {} : { host: bind.host }) }, () => {
          server.off("error", failed);
          const { port } = server.address() as AddressInfo; // Never a path: we listened on a port.
          log.info({ endpoint: name, port }, "serving");
          resolve(port);
        });
      });
    },
    close() {
      return new Promise((resolve) => {
        if (!server.listening) {
          resolve();
          return;
        }
        server.close(() => resolve());
        server.closeIdleConnections();
      });
    },
  };
}

async function answer(routes: Routes, request: IncomingMessage, response: ServerResponse): Promise<void> {
  // Nothing that is served here takes a body.
  request.resume();
  const path = (request.url ?? "").split("?", 1)[0] ?? "";
  const route = Object.hasOwn(routes, path) ? routes[path] : undefined;
  let reply: Reply;
  if (route === undefined) reply = { status: 404, body: "not found\n", type: TEXT };
  else if (request.method !== "GET" && request.method !== "HEAD") {
    reply = { status: 405, body: "method not allowed\n", type: TEXT };
  } else reply = await route(request);
  response.writeHead(reply.status, {
    "content-type": reply.type,
    "content-length": Buffer.byteLength(reply.body),
    "x-content-type-options": "nosniff",
    ...(reply.status === 401 ? { "www-authenticate": "Bearer" } : {}),
  });
  response.end(request.method === "HEAD" ? undefined : reply.body);
}

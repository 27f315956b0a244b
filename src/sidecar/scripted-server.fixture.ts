/** For tests: an HTTP server on loopback that answers as told and records what it was asked. */
import { once } from "node:events";
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { buildConnector } from "undici";

export interface SeenRequest {
  readonly method: string;
  /** As in the request line: absolute when sent to a proxy. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export type Handler = (request: SeenRequest, response: ServerResponse, raw: IncomingMessage) => void;

export class ScriptedServer {
  readonly requests: SeenRequest[] = [];
  /** Host names the client wanted to connect to, in order; only connections made through `connect`. */
  readonly dialed: string[] = [];
  /** Answers every request from now on. */
  handler: Handler = (_request, response) => response.end();
  connections = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #arrivals: (() => void)[] = [];

  constructor() {
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const { method = "", url = "", headers } = request;
        const seen = { method, url, headers, body: Buffer.concat(chunks).toString() };
        this.requests.push(seen);
        this.handler(seen, response, request);
        for (const arrived of this.#arrivals.splice(0)) arrived();
      });
    });
    this.#server.on("connection", (socket) => {
      this.connections += 1;
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
    });
  }

  async start(): Promise<void> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Resolves when the next request has been handed to the handler. */
  arrival(): Promise<void> {
    return new Promise((resolve) => this.#arrivals.push(resolve));
  }

  answer(status: number, body: unknown = ""): void {
    this.handler = (_request, response) => {
      response.statusCode = status;
      response.end(typeof body === "string" ? body : JSON.stringify(body));
    };
  }

  /** Brings every connection here, whatever host it is for. */
  readonly connect: buildConnector.connector = (options, callback) => {
    this.dialed.push(options.hostname);
    buildConnector({})({ ...options, hostname: "127.0.0.1", port: String(this.port) }, callback);
  };
}

/**
 * Random faults on both of the manager's ways. What becomes of a request is a function of the seed, of what the request is about
 * and of how often that was asked before, so that a seed means the same storm however the requests interleave.
 */
import { createHash } from "node:crypto";
import { systemClock } from "#clock";
import type { Simulator } from "#devcluster";
import {
  type ApiRequest,
  type Faults,
  type Forward,
  RESET,
  type RelayAnswer,
  type SidecarRequest,
} from "../harness/faults/index.ts";

/** Of a hundred requests. */
const DISTURBED_PERCENT = 25;

type Outcome = Promise<RelayAnswer | typeof RESET>;

export class Storm {
  /** How many requests met a fault, by its name. */
  readonly counts = new Map<string, number>();
  readonly #seed: number;
  readonly #simulator: Simulator;
  readonly #asked = new Map<string, number>();

  constructor(seed: number, simulator: Simulator) {
    this.#seed = seed;
    this.#simulator = simulator;
  }

  /** Breaks loose; `faults.heal()` ends it. */
  begin(faults: Faults): void {
    faults.api = (request, forward) => this.#api(request, forward);
    faults.sidecar = (request, forward) => this.#sidecar(request, forward);
  }

  /** In [0, 1), for what a test itself does at random. */
  draw(about: string): number {
    return createHash("sha256").update(`${this.#seed} ${about}`).digest().readUInt32BE() / 2 ** 32;
  }

  #api(request: ApiRequest, forward: Forward): Outcome {
    const { verb, resource, name } = request;
    // Without its lease a manager ends itself, as it must: that is another suite's.
    if (resource === "" || /^(leases|.*reviews)$/.test(resource)) return forward();
    const fault = this.#choose(`${verb} ${resource} ${name}`, apiFaults);
    return fault === undefined ? forward() : fault(request, forward);
  }

  #sidecar(request: SidecarRequest, forward: Forward): Outcome {
    const { method, node, path } = request;
    // Task ids differ from run to run, the types do not.
    const type = method === "POST" ? (JSON.parse(request.body) as { type?: string }).type : undefined;
    const about = `${method} ${node} ${type ?? path.replace(/tasks\/.*/, "tasks/id")}`;
    const fault = this.#choose(about, sidecarFaults);
    if (fault !== undefined) return fault(request, forward);
    const blow = type === undefined ? undefined : this.#choose(`blow after ${about}`, blows);
    return blow === undefined ? forward() : this.#strike(request, forward, blow);
  }

  async #strike(request: SidecarRequest, forward: Forward, blow: Blow): Outcome {
    const answer = await forward();
    const { sidecar } = this.#simulator.node(request.namespace, request.node);
    try {
      sidecar[blow]();
    } catch {
      // It is down already: one blow more makes no difference.
    }
    return answer;
  }

  #choose<T>(about: string, faults: Readonly<Record<string, T>>): T | undefined {
    const times = (this.#asked.get(about) ?? 0) + 1;
    this.#asked.set(about, times);
    const percent = this.draw(`${about} ${times}`) * 100;
    if (percent >= DISTURBED_PERCENT) return undefined;
    const names = Object.keys(faults);
    const name = names[Math.floor((percent / DISTURBED_PERCENT) * names.length)] ?? "";
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
    return faults[name];
  }
}

type Blow = "crash" | "restart" | "forget";
const blows: Readonly<Record<string, Blow>> = {
  "sidecar crashes": "crash",
  "sidecar is stopped": "restart",
  "sidecar forgets": "forget",
};

const status = (code: number, reason: string, headers: object = {}) =>
  async function answer(): Outcome {
    const body = JSON.stringify({ kind: "Status", apiVersion: "v1", status: "Failure", reason, code });
    return { status: code, headers: { "content-type": "application/json", ...headers }, body };
  };

const reset = async (): Outcome => RESET;
const lose = async (_: unknown, forward: Forward): Outcome => {
  await forward();
  return RESET;
};
const late = async (_: unknown, forward: Forward): Outcome => {
  await systemClock.sleep(700);
  return forward();
};

const apiFaults: Readonly<Record<string, (request: ApiRequest, forward: Forward) => Outcome>> = {
  "API 500": status(500, "InternalError"),
  "API 503": status(503, "ServiceUnavailable"),
  "API 429": status(429, "TooManyRequests", { "retry-after": "1" }),
  "API 409": (request, forward) =>
    /^(patch|delete)$/.test(request.verb) ? status(409, "Conflict")() : forward(),
  "API 410": (request, forward) => (request.verb === "watch" ? status(410, "Expired")() : forward()),
  "API connection cut before": reset,
  "API connection cut after, or a watch in mid-line": cutShort,
  "API late": late,
};

const sidecarFaults: Readonly<Record<string, (request: SidecarRequest, forward: Forward) => Outcome>> = {
  "sidecar refuses": reset,
  "sidecar answer lost": lose,
  "sidecar 500": status(500, "boom"),
  "sidecar 503": status(503, "boom"),
  "sidecar malformed": async ({ method }) => ({
    status: method === "POST" ? 201 : 200,
    headers: {},
    body: '{"id":"',
  }),
  "sidecar late": late,
  "sidecar hangs": async ({ signal }) => {
    await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
    return RESET;
  },
};

async function cutShort(_: ApiRequest, forward: Forward): Outcome {
  const answer = await forward();
  if (typeof answer.body === "string") return RESET;
  const lines = answer.body;
  let left = 4;
  async function* body() {
    for await (const line of lines) {
      if (left === 0) {
        yield line.slice(0, line.length / 2);
        throw new Error("cut by the storm");
      }
      left -= 1;
      yield line;
    }
  }
  return { ...answer, body: body() };
}

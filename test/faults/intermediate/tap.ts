/** One run of a workload as its writes: sees each on its way, names it, and at the armed point does what the point says. */
import {
  type ApiRequest,
  type Forward,
  isApiWrite,
  RESET,
  type RelayAnswer,
  type SidecarRequest,
} from "../../harness/faults/index.ts";
import { nameApiWrite, nameSidecarWrite } from "./write-name.ts";

/**
 * What becomes of the answer to a write that took effect, and of the process that waits for it. There is no "killed before":
 * with nothing but reads in between, it is the kill after the write before.
 */
export const WAYS = ["killed after", "lost the answer of"] as const;
export type Way = (typeof WAYS)[number];

export interface Write {
  /** Its name, numbered from the second time on. */
  readonly name: string;
  /** Of API writes: where it is found in the audit log. */
  readonly auditId: string | undefined;
}

export interface Point {
  readonly way: Way;
  /** A `Write.name`. */
  readonly write: string;
}

export function formatPoint({ way, write }: Point): string {
  return `${way} ${write}`;
}

export class Tap {
  /** Those since `begin` that succeeded, in the order of their answers. */
  writes: readonly Write[] = [];
  /** Those before. */
  prepared: readonly Write[] = [];
  readonly #kill: () => Promise<void>;
  readonly #counts = new Map<string, number>();
  readonly #killed = Promise.withResolvers<void>();
  readonly #inFlight = new Set<Promise<unknown>>();
  #point: Point | undefined;
  /** As the answers to writes showed them, by resource and name. */
  readonly #statuses = new Map<string, unknown>();
  #hit = false;
  #hasKilled = false;

  /** `kill` ends the manager at once and resolves when it is dead. */
  constructor(kill: () => Promise<void>) {
    this.#kill = kill;
  }

  /** From here on writes count. */
  async begin(point?: Point): Promise<void> {
    await this.idle();
    this.prepared = this.writes;
    this.writes = [];
    this.#counts.clear();
    this.#point = point;
  }

  /** Whether the point came. */
  get hit(): boolean {
    return this.#hit;
  }

  get hasKilled(): boolean {
    return this.#hasKilled;
  }

  /** Resolves when the manager was killed at the point. */
  get killed(): Promise<void> {
    return this.#killed.promise;
  }

  async api(request: ApiRequest, forward: Forward): Promise<RelayAnswer | typeof RESET> {
    if (!isApiWrite(request)) return forward();
    const about = `${request.resource.replace(/\/status$/, "")}/${request.name}`;
    return this.#track(nameApiWrite(request, this.#statuses.get(about)), forward, (answer) => {
      if (!about.startsWith("seinode") || typeof answer.body !== "string") return;
      this.#statuses.set(about, (JSON.parse(answer.body) as { status?: unknown }).status);
    });
  }

  async sidecar(request: SidecarRequest, forward: Forward): Promise<RelayAnswer | typeof RESET> {
    const name = nameSidecarWrite(request);
    return name === undefined ? forward() : this.#track(name, forward);
  }

  /** Resolves when nothing is on its way: what a watch showed may be a write whose answer has not passed yet. */
  async idle(): Promise<void> {
    while (this.#inFlight.size > 0) await Promise.allSettled(this.#inFlight);
  }

  async #track(
    name: string,
    forward: Forward,
    learn: (answer: RelayAnswer) => void = () => {},
  ): Promise<RelayAnswer | typeof RESET> {
    const passing = this.#pass(name, forward, learn);
    this.#inFlight.add(passing);
    try {
      return await passing;
    } finally {
      this.#inFlight.delete(passing);
    }
  }

  async #pass(
    name: string,
    forward: Forward,
    learn: (answer: RelayAnswer) => void,
  ): Promise<RelayAnswer | typeof RESET> {
    // Counted by successes: a refused write is not one, and the next try is still the same point.
    const count = (this.#counts.get(name) ?? 0) + 1;
    const numbered = count === 1 ? name : `${name} #${count}`;
    const here = !this.#hit && this.#point?.write === numbered;
    const answer = await forward();
    if (answer.status >= 300) return answer;
    this.#counts.set(name, count);
    this.writes = [...this.writes, { name: numbered, auditId: answer.headers["audit-id"] }];
    learn(answer);
    if (!here) return answer;
    this.#hit = true;
    if (this.#point?.way === "killed after") {
      this.#hasKilled = true;
      await this.#kill();
      this.#killed.resolve();
    }
    return RESET;
  }
}

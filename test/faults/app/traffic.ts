/** The requests from the manager to one node's sidecar, and what becomes of them once the plan has come to a task. */
import { systemClock } from "#clock";
import type { Forward, RESET, RelayAnswer, SidecarRequest } from "../../harness/faults/index.ts";

export type Answer = (request: SidecarRequest, forward: Forward) => Promise<RelayAnswer | typeof RESET>;

/** From which request about the task on the sidecar is as the point wants it. */
export type Stage = "POST" | "GET";

export interface TrafficOptions {
  readonly task: string;
  readonly stage: Stage;
  /** Every request of the node from the stage on, until `cure`. */
  readonly answer?: Answer;
  /** Only so many requests; the cure comes by itself. */
  readonly times?: number;
  /** Default 3. */
  readonly enough?: number;
  /** Called once, before the first request of the stage goes out. */
  readonly onBegin?: () => void;
}

export class Traffic {
  /** All that arrived here. */
  requests = 0;
  /** Those that met the disturbance. */
  disturbed = 0;
  readonly #options: TrafficOptions;
  readonly #ids = new Set<string>();
  readonly #enough: number;
  readonly #began = Promise.withResolvers<void>();
  readonly #reached = Promise.withResolvers<void>();
  #beganAt: number | undefined;
  #curedAt: number | undefined;

  constructor(options: TrafficOptions) {
    this.#options = options;
    this.#enough = options.enough ?? 3;
  }

  /** Resolves when the plan has come to the stage. */
  begins(timeoutMs: number): Promise<void> {
    return within(this.#began.promise, timeoutMs, `the plan comes to ${this.#options.task}`);
  }

  /** Resolves when the disturbance has lasted so long, and met enough requests, that a loop would show. */
  async lasts(seconds: number, timeoutMs: number): Promise<void> {
    await within(this.#reached.promise, timeoutMs, `${this.#enough} requests are disturbed`);
    await systemClock.sleep(Math.max(0, seconds - this.seconds) * 1000);
  }

  /** How long the disturbance has been, or was, there. */
  get seconds(): number {
    return ((this.#curedAt ?? systemClock.monotonic()) - (this.#beganAt ?? systemClock.monotonic())) / 1000;
  }

  cure(): void {
    this.#curedAt ??= systemClock.monotonic();
  }

  readonly pass: Answer = async (request, forward) => {
    this.requests += 1;
    if (this.#beganAt === undefined && this.#isStage(request)) {
      this.#beganAt = systemClock.monotonic();
      this.#options.onBegin?.();
      this.#began.resolve();
    }
    const { answer, times = Number.POSITIVE_INFINITY } = this.#options;
    if (
      answer === undefined ||
      this.#beganAt === undefined ||
      this.#curedAt !== undefined ||
      this.disturbed >= times
    ) {
      return forward();
    }
    this.disturbed += 1;
    if (this.disturbed >= this.#enough) this.#reached.resolve();
    return answer(request, forward);
  };

  #isStage(request: SidecarRequest): boolean {
    if (request.method === "POST" && request.path === "/v0/tasks") {
      const { id, type } = JSON.parse(request.body) as { id?: string; type?: string };
      if (type !== this.#options.task) return false;
      this.#ids.add(id ?? "");
      return this.#options.stage === "POST";
    }
    return this.#options.stage === "GET" && this.#ids.has(request.path.replace("/v0/tasks/", ""));
  }
}

function within(done: Promise<void>, timeoutMs: number, what: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const cancel = systemClock.after(timeoutMs, () =>
      reject(new Error(`not within ${timeoutMs / 1000} s: ${what}`)),
    );
    done.then(() => {
      cancel();
      resolve();
    }, reject);
  });
}

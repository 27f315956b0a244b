/** The sidecar of the pass tests (pass-world.ts). Real code never imports it. */
import type { ManualClock } from "#clock";
import { type SidecarClient, SidecarError, type SidecarTaskRequest, type SidecarTaskResult } from "#sidecar";

/** A sidecar that does as the test says. Its tasks end in the moment they are POSTed, unless the test says otherwise. */
export class ScriptedSidecar {
  /** The answer of healthz. A completed mark-ready sets it, unless `staysNotReady`. */
  ready = true;
  staysNotReady = false;
  /** Each call rejects with it. */
  broken: SidecarError | undefined;
  /** Every GET of a task rejects with it. */
  brokenTasks: SidecarError | undefined;
  /** 404 for every task, also right after its POST was accepted. */
  forgetsTasks = false;
  /** Types answered with 400. */
  readonly rejects = new Set<string>();
  /** Types that end as failed. */
  readonly fails = new Set<string>();
  readonly posts: {
    readonly type: string;
    readonly id: string;
    readonly atMs: number;
    readonly params?: unknown;
  }[] = [];
  /** Its tasks of these types stay running until they are taken out. */
  readonly hangs = new Set<string>();
  /** The answer to the next POST of this type is lost on its way back. */
  losesAnswerTo: string | undefined;
  probes = 0;
  readonly #clock: ManualClock;
  readonly #tasks = new Map<string, SidecarTaskResult>();

  constructor(clock: ManualClock) {
    this.#clock = clock;
  }

  /** The types POSTed so far, in order. */
  get posted(): string[] {
    return this.posts.map((post) => post.type);
  }

  readonly client: SidecarClient = {
    isReady: async () => {
      this.probes += 1;
      this.#answer();
      return this.ready;
    },
    nodeId: async () => "a".repeat(40),
    submit: async (task) => {
      this.#answer();
      this.#accept(task);
    },
    task: async (id) => {
      this.#answer();
      if (this.brokenTasks !== undefined) throw this.brokenTasks;
      const task = this.forgetsTasks ? undefined : this.#tasks.get(id);
      return task !== undefined && this.hangs.has(task.type) ? { ...task, status: "running" } : task;
    },
  };

  #answer(): void {
    if (this.broken !== undefined) throw this.broken;
  }

  #accept({ id, type, params }: SidecarTaskRequest): void {
    const atMs = this.#clock.monotonic();
    this.posts.push({ type, id, atMs, ...(params !== undefined && { params }) });
    if (this.rejects.has(type)) throw new SidecarError(`${type} was refused: bad`, { class: "rejected" });
    const run = (this.#tasks.get(id)?.run ?? 0) + 1;
    const failed = this.fails.has(type);
    const base = { id, type, run };
    this.#tasks.set(
      id,
      failed ? { ...base, status: "failed", error: "does not work" } : { ...base, status: "completed" },
    );
    if (type === "mark-ready" && !failed && !this.staysNotReady) this.ready = true;
    if (type !== this.losesAnswerTo) return;
    this.losesAnswerTo = undefined;
    throw new SidecarError(`the answer to ${type} was lost`, { class: "timeout" });
  }
}

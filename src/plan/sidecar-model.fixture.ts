/** For tests: a sidecar's task engine (spec/sidecar.md 7.2, 7.7, 7.8) that counts, with faults on the way to it. */
import { type Clock, formatTime } from "#clock";
import { type SidecarClient, SidecarError, type SidecarTaskRequest, type SidecarTaskResult } from "#sidecar";

interface Row {
  type: string;
  status: "running" | "completed" | "failed";
  run: number;
  error?: string;
  submittedAt: string;
}

/** What happens to the next POST. */
export type PostFault = "refused" | "lostAnswer" | "crashBefore" | "crashAfter";

/** Stands for SIGKILL: the process is gone in mid-call. */
export class ProcessKilled extends Error {}

export class SidecarModel {
  readonly posts: SidecarTaskRequest[] = [];
  gets = 0;
  /** Runs that were started, by POST. A run resumed after a crash of the sidecar is the same run. */
  started = 0;
  /** Runs that came to an end of their own. */
  finished = 0;
  /** False: results carry neither run number; they are told apart by submittedAt. */
  reportsRun = true;
  /** The database fails: every GET answers 404, and the rows are still there. */
  hidden = false;
  /** Attached to each task that ended. */
  result: unknown;
  /** Each call rejects with it. */
  broken: Error | undefined;
  /** Each POST is answered 400 with this text. */
  refusal: string | undefined;
  postFault: PostFault | undefined;
  getFault: Error | undefined;
  /** When set, a started run ends at once with this. */
  instantly: ((run: number) => { error?: string }) | undefined;
  readonly #clock: Clock;
  readonly #rows = new Map<string, Row>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get running(): string[] {
    return [...this.#rows].filter(([, row]) => row.status === "running").map(([id]) => id);
  }

  finish(id: string, error?: string): void {
    const row = this.#rows.get(id);
    if (row?.status !== "running") throw new Error(`${id} is not running`);
    this.finished += 1;
    row.status = error === undefined ? "completed" : "failed";
    if (error !== undefined) row.error = error;
  }

  /** SIGTERM of v0.0.56: what runs is stored as failed. */
  stopGracefully(): void {
    for (const id of this.running) {
      Object.assign(this.#rows.get(id) ?? {}, {
        status: "failed",
        error: "snapshot-restore: context canceled",
      });
    }
  }

  /** The volume is gone. */
  forgetAll(): void {
    this.#rows.clear();
  }

  readonly client: SidecarClient = {
    submit: async (task) => {
      if (this.broken !== undefined) throw this.broken;
      if (this.refusal !== undefined) throw new SidecarError(this.refusal, { class: "rejected" });
      const fault = this.postFault;
      this.postFault = undefined;
      if (fault === "refused") throw new SidecarError("refused", { class: "unreachable" });
      if (fault === "crashBefore") throw new ProcessKilled();
      this.posts.push(task);
      this.#accept(task);
      if (fault === "lostAnswer") throw new SidecarError("no answer", { class: "timeout" });
      if (fault === "crashAfter") throw new ProcessKilled();
    },
    task: async (id) => {
      if (this.broken !== undefined) throw this.broken;
      this.gets += 1;
      const fault = this.getFault;
      this.getFault = undefined;
      if (fault !== undefined) throw fault;
      const row = this.#rows.get(id);
      if (row === undefined || this.hidden) return undefined;
      const { run, ...rest } = row;
      return {
        id,
        ...rest,
        ...(this.reportsRun ? { run } : {}),
        ...(this.result === undefined || row.status === "running" ? {} : { result: this.result }),
      } satisfies SidecarTaskResult;
    },
    isReady: async () => true,
    nodeId: async () => "0".repeat(40),
  };

  #accept(task: SidecarTaskRequest): void {
    const known = this.#rows.get(task.id);
    if (known !== undefined && known.status !== "failed") return;
    const run = (known?.run ?? 0) + 1;
    this.#rows.set(task.id, {
      type: task.type,
      status: "running",
      run,
      submittedAt: formatTime(this.#clock.now()),
    });
    this.started += 1;
    if (this.instantly !== undefined) this.finish(task.id, this.instantly(run).error);
  }
}

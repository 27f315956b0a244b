/**
 * The task engine of one sidecar process (spec/sidecar.md section 7). Rows live on the volume and survive; the ready
 * flag and running handlers live here and end with the process.
 *
 *   submit: unknown -> running (run 1) | failed -> running (run + 1) | running, completed -> unchanged
 *   running -> completed | failed
 *   process dies -> rows stay running; the next process executes them again with the same run
 */
import type { Random } from "#clock";
import type { SidecarEnvironment, TaskHandler } from "./handlers/context.ts";
import { handlersOf } from "./handlers/index.ts";
import type { TaskJournal } from "./journal.ts";
import type { ScriptBook, TaskScript } from "./scripts.ts";
import type { TaskRow } from "./volume.ts";

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export interface TaskEngineOptions {
  environment: SidecarEnvironment;
  random: Random;
  scripts: ScriptBook;
  journal: TaskJournal;
  onReadyChange: () => void;
  /** v0.0.56 dies of a panicking handler. */
  onPanic: () => void;
}

export type SubmitAnswer = { id: string } | { error: string };

interface Execution {
  readonly controller: AbortController;
  readonly script: TaskScript;
  polls: number;
  reveal: () => void;
}

export class TaskEngine {
  readonly #options: TaskEngineOptions;
  readonly #handlers: ReadonlyMap<string, TaskHandler>;
  readonly #executions = new Map<string, Execution>();
  #ready = false;
  #alive = true;

  constructor(options: TaskEngineOptions) {
    this.#options = options;
    this.#handlers = handlersOf(options.environment.version);
  }

  get ready(): boolean {
    return this.#ready;
  }

  /** Opens the database and executes what a dead process left running. */
  start(): void {
    const stranded = [...this.#rows.values()].filter((row) => row.status === "running");
    const hold = stranded.findLast((row) => row.type === "mark-not-ready");
    if (hold !== undefined) this.#execute(hold);
    for (const row of stranded) {
      if (row === hold) continue;
      if (hold !== undefined && row.type === "mark-ready" && row.submittedAt <= hold.submittedAt) {
        this.#finish(row, { error: "superseded by hold" });
      } else {
        this.#execute(row);
      }
    }
  }

  submit(body: { id?: unknown; type?: unknown; params?: unknown }): SubmitAnswer {
    const { environment, journal, random } = this.#options;
    const id = body.id === undefined || body.id === "" ? random.uuid() : String(body.id).toLowerCase();
    const type = typeof body.type === "string" ? body.type : "";
    const params = isParams(body.params) ? body.params : undefined;
    const record = (outcome: "started" | "rerun" | "known" | "rejected") =>
      journal.recordPost({ at: environment.clock.now(), id, type, params, outcome });
    const problem = this.#validate(id, type);
    if (problem !== undefined) {
      record("rejected");
      return { error: problem };
    }
    const known = this.#rows.get(id);
    if (known !== undefined && known.status !== "failed") {
      record("known");
      return { id };
    }
    record(known === undefined ? "started" : "rerun");
    const row: TaskRow = {
      id,
      type,
      ...(params === undefined ? {} : { params }),
      status: "running",
      run: (known?.run ?? 0) + 1,
      submittedAt: this.#timestamp(),
    };
    this.#rows.delete(id); // so that a re-run counts as the newest submission
    this.#rows.set(id, row);
    this.#execute(row);
    return { id };
  }

  /** Counts as a poll of the running execution, which a script may have waited for. */
  get(id: string): TaskRow | undefined {
    if (this.#broken) return undefined;
    const execution = this.#executions.get(id);
    if (execution !== undefined) {
      execution.polls += 1;
      if (execution.polls >= (execution.script.untilPoll ?? Number.POSITIVE_INFINITY)) execution.reveal();
    }
    return this.#rows.get(id);
  }

  /** Newest submission first, at most 100. */
  list(): TaskRow[] {
    return this.#broken ? [] : [...this.#rows.values()].reverse().slice(0, 100);
  }

  delete(id: string): "deleted" | "not found" | "store error" {
    const isNew = this.#options.environment.version === "new";
    if (this.#broken) return isNew ? "store error" : "not found";
    if (!this.#rows.delete(id)) return "not found";
    if (isNew) this.#cancel(id); // v0.0.56 lets the work go on, and its end writes the row again
    return "deleted";
  }

  get databaseAnswers(): boolean {
    return !this.#broken;
  }

  /** SIGTERM. v0.0.56 stores what it cancels as failed; the new sidecar leaves it to be resumed. */
  shutDown(): void {
    if (this.#options.environment.version === "v0.0.56") {
      for (const [id, execution] of this.#executions) {
        const row = this.#rows.get(id);
        if (row !== undefined && execution !== undefined) this.#finish(row, { error: "context canceled" });
      }
    }
    this.die();
  }

  /** SIGKILL: nothing is stored any more. */
  die(): void {
    this.#alive = false;
    this.#ready = false;
    for (const id of [...this.#executions.keys()]) this.#cancel(id);
  }

  get #rows(): Map<string, TaskRow> {
    return this.#options.environment.volume.rows;
  }

  get #broken(): boolean {
    return this.#options.environment.volume.databaseBroken;
  }

  #validate(id: string, type: string): string | undefined {
    if (!uuidPattern.test(id)) return `task ID must be a valid UUID: "${id}"`;
    if (type === "") return "type is required";
    if (!this.#handlers.has(type)) return `unknown task type: ${type}`;
    return this.#broken ? "persist task: disk I/O error" : undefined;
  }

  #execute(row: TaskRow): void {
    const handler = this.#handlers.get(row.type);
    if (handler === undefined) {
      this.#finish(row, { error: `no handler registered for task type ${row.type}` });
      return;
    }
    this.#options.journal.recordExecution(row.id);
    const script = this.#options.scripts.take(row.type);
    const controller = new AbortController();
    const execution: Execution = { controller, script, polls: 0, reveal: () => undefined };
    this.#executions.set(row.id, execution);
    this.#run(row, handler, execution).catch((error: unknown) => {
      // #run stores every outcome itself; reaching this line is a bug of the simulator and must be loud.
      process.emitWarning(`sidecar engine: ${String(error)}`);
    });
  }

  async #run(row: TaskRow, handler: TaskHandler, execution: Execution): Promise<void> {
    const { script, controller } = execution;
    let outcome: { result?: unknown; error?: string };
    try {
      const result = await this.#work(row, handler, execution);
      outcome = { result: script.result ?? result };
    } catch (error) {
      // What signs transactions tells of one that failed, too (spec/sidecar.md 8.7).
      outcome = { error: error instanceof Error ? error.message : String(error), result: script.result };
    }
    // A cancelled execution stores nothing: the row was deleted, or belongs to the next process.
    if (!this.#alive || controller.signal.aborted) return;
    if (this.#executions.get(row.id) === execution) this.#executions.delete(row.id);
    this.#finish(row, outcome);
  }

  async #work(row: TaskRow, handler: TaskHandler, execution: Execution): Promise<unknown> {
    const { environment, onPanic } = this.#options;
    const { script } = execution;
    const { signal } = execution.controller;
    if (script.delayMs !== undefined) await environment.clock.sleep(script.delayMs, signal);
    if (script.hang === true) await aborted(signal);
    if (script.untilPoll !== undefined) {
      await Promise.race([aborted(signal), new Promise<void>((resolve) => (execution.reveal = resolve))]);
    }
    if (script.panic !== undefined) {
      if (environment.version === "v0.0.56") {
        onPanic();
        await aborted(signal);
      }
      throw new Error(`task handler panicked: ${script.panic}`);
    }
    if (script.fail !== undefined) throw new Error(script.fail);
    if (script.succeed === true) return undefined;
    return await handler({
      ...environment,
      id: row.id,
      params: row.params ?? {},
      signal,
      setReady: (ready) => this.#setReady(ready),
      forgetTasks: (type) => this.#forget(type),
    });
  }

  #finish(row: TaskRow, outcome: { result?: unknown; error?: string }): void {
    if (this.#broken) return;
    row.completedAt = this.#timestamp();
    row.status = outcome.error === undefined ? "completed" : "failed";
    if (outcome.error !== undefined) row.error = outcome.error;
    if (outcome.result !== undefined && this.#options.environment.version === "new")
      row.result = outcome.result;
    // A re-run replaced the row: the older execution must not overwrite it.
    const stored = this.#rows.get(row.id);
    if (stored === undefined || stored === row) this.#rows.set(row.id, row);
  }

  #cancel(id: string): void {
    this.#executions.get(id)?.controller.abort(new Error("context canceled"));
    this.#executions.delete(id);
  }

  #setReady(ready: boolean): void {
    if (!this.#alive || this.#ready === ready) return;
    this.#ready = ready;
    this.#options.onReadyChange();
  }

  #forget(type: string): void {
    for (const [id, row] of this.#rows) if (row.type === type) this.#rows.delete(id);
  }

  #timestamp(): string {
    return new Date(this.#options.environment.clock.now()).toISOString();
  }
}

function isParams(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) return reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

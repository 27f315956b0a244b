/** What one execution of a task does instead of, or on top of, its normal work. */
export interface TaskScript {
  /** Time added before the outcome. */
  delayMs?: number;
  /** The outcome is failure with this text; the task's normal work is not done. */
  fail?: string;
  /** The outcome is success without doing the normal work. */
  succeed?: true;
  /** Never ends (until cancelled). */
  hang?: true;
  /** Reported as running until the n-th GET of this run, which shows the outcome. `{ fail: "x", untilPoll: 2 }`: fails on the second poll. */
  untilPoll?: number;
  /** The handler panics: v0.0.56 dies of it, the new sidecar fails the task. */
  panic?: string;
  /** Attached to the task result (new sidecar only, as in reality). */
  result?: unknown;
  /** For how many executions this script holds before the next one takes over. Default: for ever. */
  times?: number;
}

/** Scripts per task type. An execution takes the first script with executions left; after the last, work is normal. */
export class ScriptBook {
  readonly #parent: ScriptBook | undefined;
  readonly #scripts = new Map<string, { script: TaskScript; left: number }[]>();

  /** `parent` is consulted when this book has nothing for a type: scripts for one node win over scripts for all. */
  constructor(parent?: ScriptBook) {
    this.#parent = parent;
  }

  /** Replaces what was scripted for this type. Without scripts: normal behaviour. */
  set(type: string, ...scripts: readonly TaskScript[]): void {
    this.#scripts.set(
      type,
      scripts.map((script) => ({ script, left: script.times ?? Number.POSITIVE_INFINITY })),
    );
  }

  clear(): void {
    this.#scripts.clear();
  }

  /** The script for the execution that starts now. */
  take(type: string): TaskScript {
    const entry = this.#scripts.get(type)?.find((candidate) => candidate.left > 0);
    if (entry === undefined) return this.#parent?.take(type) ?? {};
    entry.left -= 1;
    return entry.script;
  }
}

/** The contract between the plan engine and the tasks it runs. The engine knows no kind and no task type. */
import type { PlannedTask, TaskPlan } from "#api";
import type { DeepReadonly } from "#kube";

/** The part of a task's status that its own implementation may record between passes. */
export type TaskRecord = Pick<PlannedTask, "submittedAt" | "failedRun">;

export type TaskOutcome =
  /** `result`: what a sidecar attached to its verdict. The engine drops it; a registry that wants it wraps its tasks. */
  | { readonly state: "complete"; readonly record?: TaskRecord; readonly result?: unknown }
  /**
   * Not done. `pollAfterMs`: look again then; absent: a watched object will wake us, the engine only adds its safety poll.
   * `waitingFor` says in a few words what for; it goes into conditions, so it must be stable while nothing changes.
   */
  | {
      readonly state: "running";
      readonly pollAfterMs?: number;
      readonly waitingFor?: string;
      readonly record?: TaskRecord;
    }
  /** This attempt failed. Counts against maxRetries. */
  | {
      readonly state: "failed";
      readonly error: string;
      readonly record?: TaskRecord;
      readonly result?: unknown;
    }
  /** Will never succeed as it is: the plan fails now, whatever retries are left. */
  | { readonly state: "terminal"; readonly error: string };

export interface TaskRun {
  readonly task: DeepReadonly<PlannedTask>;
  readonly plan: DeepReadonly<TaskPlan>;
  readonly signal: AbortSignal;
}

/**
 * Does the task's work, or the next step of it, or looks whether it is done. Called again until it returns `complete`,
 * `terminal` or its last `failed`; it may be called again after a crash in the middle of any call, so each side effect
 * must be idempotent or guarded by what it can observe. A rejection is transient: no retry is counted.
 */
export type Task = (run: TaskRun) => Promise<TaskOutcome>;

/** `undefined` for a type this build does not know: the engine fails the plan, naming the type. */
export type TaskRegistry = (type: string) => Task | undefined;

export interface PlanProgress {
  /** A new object; equal to the one given when nothing changed. */
  readonly plan: TaskPlan;
  readonly requeueAfterMs?: number;
  /** What the current task waits for, as it said. */
  readonly waitingFor?: string;
  /** The transient error of the current task, if it had one. */
  readonly error?: Error;
}

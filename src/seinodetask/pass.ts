/** One pass over one SeiNodeTask: what was read, and the status being worked out. Lives as long as the pass. */
import type { SeiNodeTask, SeiNodeTaskFailure, SeiNodeTaskPhase, SeiNodeTaskStatus } from "#api";
import { formatTime } from "#clock";
import {
  type Condition,
  type ConditionUpdate,
  type DeepReadonly,
  type Logger,
  type ReconcileContext,
  setCondition,
} from "#kube";
import type { SeiNodeTaskRuntime } from "./deps.ts";

export type TaskStatus = SeiNodeTaskStatus & { conditions: Condition[] };

/** How it ended. */
export type Verdict =
  | { readonly state: "complete" }
  | { readonly state: "failed"; readonly reason: SeiNodeTaskFailure; readonly message: string };

export interface Pass {
  /** The version held: the status flush carries its resourceVersion. */
  readonly task: DeepReadonly<SeiNodeTask>;
  /** The draft: changed in place, flushed once at the end. */
  readonly status: TaskStatus;
  readonly time: string;
  readonly signal: AbortSignal;
  readonly log: Logger;
  verdict?: Verdict;
  /** What a task that has not ended waits for. Stable text: it is the condition Reconciling. */
  waiting?: { readonly reason: string; readonly message: string };
  /** Why the owner of the node would undo the work; `null`: it would not. Absent: not looked at. */
  ownerConflict?: string | null;
  /** Until when the execution may take, in epoch milliseconds. Absent: as long as it takes. */
  deadline?: number;
  /** The execution was recorded in this pass, so nobody can have begun it yet. */
  recorded?: true;
}

export function openPass(
  runtime: Pick<SeiNodeTaskRuntime, "clock">,
  task: DeepReadonly<SeiNodeTask>,
  context: ReconcileContext,
): Pass {
  const draft = structuredClone(task.status ?? {}) as SeiNodeTaskStatus;
  return {
    task,
    status: Object.assign(draft, { conditions: draft.conditions ?? [] }),
    time: formatTime(runtime.clock.now()),
    signal: context.signal,
    log: context.log,
  };
}

export function setPassCondition(pass: Pass, update: ConditionUpdate): void {
  setCondition(pass.status.conditions, update, {
    generation: pass.task.metadata.generation ?? 0,
    time: pass.time,
  });
}

export function setPhase(pass: Pass, phase: SeiNodeTaskPhase): void {
  if (pass.status.phase === phase) return;
  pass.status.phase = phase;
  pass.status.phaseTransitionTime = pass.time;
}

/**
 * Ends the task. `err` is what `status.task.err` says, if there is an execution: scenario runners print it.
 */
export function failTask(pass: Pass, reason: SeiNodeTaskFailure, message: string, err = message): void {
  const { status } = pass;
  if (status.task !== undefined) Object.assign(status.task, { status: "Failed", err });
  pass.verdict = { state: "failed", reason, message };
  setPhase(pass, "Failed");
}

export function completeTask(pass: Pass): void {
  if (pass.status.task !== undefined) pass.status.task.status = "Complete";
  pass.verdict = { state: "complete" };
  setPhase(pass, "Complete");
}

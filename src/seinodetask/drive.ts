/**
 * Runs the recorded execution, as a plan of one task: submits once, looks at the pace of the plan engine, and writes into
 * the draft what came of it (spec/seinodetask.md 3, steps 6 to 8).
 */
import { type SeiNode, SeiNodeTaskFailures, SeiNodeTaskReasons, type TaskPlan } from "#api";
import { formatGoDuration } from "#clock";
import type { DeepReadonly, ReconcileResult } from "#kube";
import type { PlanProgress, TaskOutcome } from "#plan";
import { SidecarError } from "#sidecar";
import { deadlineOf, timeLimitMs } from "./deadline.ts";
import type { SeiNodeTaskRuntime } from "./deps.ts";
import { OutdatedView } from "./errors.ts";
import type { TaskKind, TaskParams } from "./kinds/index.ts";
import { completeTask, failTask, type Pass } from "./pass.ts";
import { paramsToRun } from "./record.ts";

/** Nobody answered. Any other class is an answer, and its text is worth reading. */
const SILENT: ReadonlySet<string> = new Set(["unreachable", "timeout", "backingOff"]);

export async function driveExecution(
  runtime: SeiNodeTaskRuntime,
  pass: Pass,
  kind: TaskKind,
  target: DeepReadonly<SeiNode>,
): Promise<ReconcileResult> {
  const { status, task } = pass;
  const execution = status.task;
  if (execution === undefined) throw new Error("drive: no execution is recorded");
  // An older controller left it out. Not `startedAt`: that includes the wait for the target.
  execution.executionStartedAt ??= pass.time;
  const limitMs = timeLimitMs(task.spec, kind);
  const deadline = deadlineOf(status, limitMs);
  if (deadline !== undefined) pass.deadline = deadline;
  const params = paramsToRun(pass, kind, target);
  if (params === "impossible") return {};
  if (params !== undefined) execution.params ??= params;

  let outcome: TaskOutcome | undefined;
  const work = kind.task({ runtime, pass, target });
  const progress = await runtime.engine.execute(
    planOf(pass, kind, params),
    () => async (run) => {
      outcome = await work(run);
      return outcome;
    },
    { signal: pass.signal, log: pass.log },
  );
  const submittedAt = progress.plan.tasks[0]?.submittedAt;
  if (submittedAt !== undefined) execution.submittedAt = submittedAt;
  if (outcome !== undefined) noteOutputs(pass, kind, outcome);
  if (progress.plan.phase === "Complete") {
    completeTask(pass);
    return {};
  }
  if (progress.plan.phase === "Failed") {
    noteFailure(pass, progress, outcome);
    return {};
  }
  const message = pass.ownerConflict ?? waitingMessage(progress);
  if (deadline !== undefined && runtime.clock.now() > deadline) {
    const limit = formatGoDuration(limitMs ?? 0);
    const text = `task did not complete within ${limit}; last seen: ${message}`;
    failTask(pass, SeiNodeTaskFailures.timeout, text, "timeout");
    return {};
  }
  // What was read is old: there is nothing to tell from it.
  if (!(progress.error instanceof OutdatedView)) pass.waiting = { reason: reasonOf(pass), message };
  const dues = [progress.requeueAfterMs, deadline && deadline - runtime.clock.now() + 1];
  const next = dues.filter((due) => due !== undefined);
  return next.length === 0 ? {} : { requeueAfterMs: Math.max(1, Math.min(...next)) };
}

/** The uid is the plan's id: unlike the task's id it is not derived, and nothing else in this process has it. */
function planOf({ task, status }: Pass, kind: TaskKind, params: TaskParams | undefined): TaskPlan {
  const { id = "", submittedAt } = status.task ?? {};
  return {
    id: task.metadata.uid,
    phase: "Active",
    tasks: [
      {
        type: kind.taskType,
        id,
        status: "Pending",
        ...(params !== undefined && { params }),
        ...(submittedAt !== undefined && { submittedAt }),
      },
    ],
  };
}

/** A transaction that failed has a hash, too, and that is where its story is. */
function noteOutputs({ status }: Pass, kind: TaskKind, outcome: TaskOutcome): void {
  const result = "result" in outcome ? outcome.result : undefined;
  const outputs = result === undefined ? undefined : kind.outputs?.(result);
  if (outputs !== undefined) status.outputs = outputs;
}

function noteFailure(pass: Pass, progress: PlanProgress, outcome: TaskOutcome | undefined): void {
  const error = progress.plan.failedTaskDetail?.error ?? "unknown error";
  // Refused or impossible: it never ran. Failed: it did, so somebody accepted it, whatever we heard of that.
  const terminal = outcome?.state === "terminal";
  if (!terminal && pass.status.task !== undefined) pass.status.task.submittedAt ??= pass.time;
  failTask(pass, terminal ? SeiNodeTaskFailures.taskTerminalError : SeiNodeTaskFailures.taskFailed, error);
}

/** The same trouble gives the same text: it goes into a condition. */
function waitingMessage({ error, waitingFor }: PlanProgress): string {
  if (error instanceof SidecarError && SILENT.has(error.class)) return "the sidecar does not answer";
  return error?.message ?? `waiting for ${waitingFor ?? "the work to end"}`;
}

function reasonOf({ status, ownerConflict }: Pass): string {
  if (status.task?.submittedAt !== undefined) return SeiNodeTaskReasons.executing;
  return ownerConflict ? SeiNodeTaskReasons.heldByOwner : SeiNodeTaskReasons.submitting;
}

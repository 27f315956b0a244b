/** The end of a pass: conditions, the one status write, and what follows from it (metrics, events). */
import { SeiNodeTaskConditions, SeiNodeTaskEvents, SeiNodeTaskReasons, type SeiNodeTaskStatus } from "#api";
import { type DeepReadonly, findCondition, isApiError, isConflict, isOwnStop } from "#kube";
import { forgetExecution, type SeiNodeTaskRuntime } from "./deps.ts";
import { type Pass, setPassCondition } from "./pass.ts";

const { failed, ownerWillRevert, ready, reconciling, stalled } = SeiNodeTaskConditions;

/**
 * Flushes the draft, also when the pass failed: what is known is never lost. Rejects with `error` if there was one, a
 * conflict of the flush notwithstanding; otherwise with what the flush rejected with.
 */
export async function finishPass(runtime: SeiNodeTaskRuntime, pass: Pass, error: unknown): Promise<void> {
  const { task, status } = pass;
  const before: DeepReadonly<SeiNodeTaskStatus> = task.status ?? {};
  setHealth(pass, error);
  try {
    await runtime.statusWriter.flush(task, status, pass.signal);
  } catch (flushError) {
    if (error === undefined) throw flushError;
    pass.log.info(
      { error: flushError, conflict: isConflict(flushError) },
      "status of a failed pass was not written",
    );
    throw error;
  }
  report(runtime, pass, before);
  if (error !== undefined) throw error;
}

const notLookedAt = {
  type: reconciling,
  status: "True",
  reason: SeiNodeTaskReasons.submitting,
  message: "waiting for its target to be read",
} as const;

/** Ready and Failed are written at the end only, and never as False: `kubectl wait` depends on it (design 4.3). */
function setHealth(pass: Pass, error: unknown): void {
  const { verdict } = pass;
  setOwnerCondition(pass);
  const running = {
    type: stalled,
    status: "False",
    reason: SeiNodeTaskReasons.notStalled,
    message: "",
  } as const;
  if (verdict === undefined) {
    setPassCondition(pass, running);
    const waiting = error === undefined ? pass.waiting : describeFailure(error);
    const known = findCondition(pass.status.conditions, reconciling);
    // Without conditions it would read as done.
    if (waiting === undefined && known === undefined) setPassCondition(pass, notLookedAt);
    if (waiting !== undefined) setPassCondition(pass, { type: reconciling, status: "True", ...waiting });
    return;
  }
  if (verdict.state === "complete") {
    const reason = SeiNodeTaskReasons.taskComplete;
    setPassCondition(pass, running);
    setPassCondition(pass, { type: reconciling, status: "False", reason, message: "" });
    setPassCondition(pass, { type: ready, status: "True", reason, message: "" });
    return;
  }
  const { reason, message } = verdict;
  const remedy = "a task is run once: correct the cause and create another one";
  setPassCondition(pass, { type: stalled, status: "True", reason, message: `${message}; ${remedy}` });
  setPassCondition(pass, { type: reconciling, status: "False", reason, message });
  setPassCondition(pass, { type: failed, status: "True", reason, message });
}

/** Only there once there was a conflict. */
function setOwnerCondition(pass: Pass): void {
  const { ownerConflict, status, verdict } = pass;
  const known = findCondition(status.conditions, ownerWillRevert);
  if (ownerConflict) {
    const reason = SeiNodeTaskReasons.templateImageDiffers;
    setPassCondition(pass, { type: ownerWillRevert, status: "True", reason, message: ownerConflict });
  } else if (known !== undefined && (ownerConflict === null || verdict?.state === "complete")) {
    const reason = SeiNodeTaskReasons.templateImageMatches;
    setPassCondition(pass, { type: ownerWillRevert, status: "False", reason, message: "" });
  }
}

/** Told is what somebody has to cure. A conflict, an API server that is away or our own stop says nothing about the task. */
function describeFailure(error: unknown): { reason: string; message: string } | undefined {
  if (isOwnStop(error)) return undefined;
  if (isApiError(error) && !isApiError(error, "invalid", "forbidden")) return undefined;
  const message = error instanceof Error ? error.message : String(error);
  return { reason: SeiNodeTaskReasons.reconcileFailed, message };
}

/** After the flush: nobody hears of a transition that was not written. */
function report(runtime: SeiNodeTaskRuntime, pass: Pass, before: DeepReadonly<SeiNodeTaskStatus>): void {
  const { task, status, verdict } = pass;
  const { namespace = "", name, uid } = task.metadata;
  const { metrics, recorder } = runtime;
  // Not sooner: another manager may have recorded the same execution, and begun it, while ours was refused.
  if (pass.recorded) runtime.sidecarTasks.noteFreshPlan(uid);
  if (pass.ownerConflict && findCondition(before.conditions, ownerWillRevert)?.status !== "True") {
    recorder.event(task, "Warning", SeiNodeTaskEvents.ownerWillRevert, pass.ownerConflict);
  }
  if (status.phase !== undefined) metrics.phase(namespace, name, status.phase);
  if (status.phase !== undefined && status.phase !== before.phase) {
    metrics.phaseTransition(namespace, before.phase ?? "", status.phase);
    pass.log.info({ from: before.phase ?? "", to: status.phase, taskId: status.task?.id }, "phase changed");
  }
  if (verdict === undefined) return;
  forgetExecution(runtime, uid);
  if (verdict.state === "failed") recorder.event(task, "Warning", verdict.reason, verdict.message);
}

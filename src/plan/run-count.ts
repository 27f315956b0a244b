/** Which failures of a sidecar task the plan has already counted (design 4.1). Pure. */
import type { PlannedTask } from "#api";
import type { DeepReadonly } from "#kube";
import type { SidecarTaskResult } from "#sidecar";

/** The sidecar was stopped in mid-task and stored that as a failure (sidecar.md 7.8). */
export function isInterruption(result: SidecarTaskResult): boolean {
  return result.status === "failed" && /(^|: )context canceled$/.test(result.error?.trim() ?? "");
}

const SMALLEST_TIME = 1e9;

/**
 * Identifies the run a result is about; a later run has a greater number. Sidecars that report no run number are told apart by
 * the time of submission, which no real run counter reaches.
 */
export function runOf(result: SidecarTaskResult, byTime = result.run === undefined): number | undefined {
  if (!byTime) return result.run;
  const submitted = Date.parse(result.submittedAt ?? "");
  return Number.isNaN(submitted) ? undefined : submitted;
}

/** Whether this failure has yet to be counted. `submitted`: a POST of the current attempt is known to have been accepted. */
export function isUncounted(
  task: DeepReadonly<PlannedTask>,
  result: SidecarTaskResult,
  submitted: boolean,
): boolean {
  const counted = countedRun(task);
  // What was counted by time is compared by time, even if the sidecar was upgraded and reports run numbers by now.
  const run = counted >= SMALLEST_TIME ? runOf(result, true) : runOf(result);
  if (run !== undefined) return run > counted;
  // Nothing to compare. Accepted: it is ours. Not known as accepted: ours only if no failure was counted before.
  return submitted || counted === 0;
}

/** A plan of the Go operator counted retries without recording runs: each of them was one run at least. */
export function countedRun(task: DeepReadonly<PlannedTask>): number {
  return task.failedRun ?? task.retryCount ?? 0;
}

/** Executes the active plan of the draft and takes over what came of it. */
import { SeiNodeEvents, type TaskPlan } from "#api";
import type { ReconcileResult } from "#kube";
import type { TaskRegistry } from "#plan";
import { SidecarError } from "#sidecar";
import { recordConfigWrites } from "./applied-config.ts";
import { isApplyConfigPlan } from "./apply-config-plan.ts";
import type { SeiNodeRuntime } from "./deps.ts";
import { UnsupportedSpec } from "./errors.ts";
import type { Pass } from "./pass.ts";
import { seidRun } from "./pod-state.ts";
import { ForeignObject } from "./tasks/foreign-object.ts";
import { taskRegistry } from "./tasks/index.ts";

/** Nobody answered. Any other class is an answer, and its text is worth reading. */
const SILENT: ReadonlySet<string> = new Set(["unreachable", "timeout", "backingOff"]);

export async function executePlan(runtime: SeiNodeRuntime, pass: Pass): Promise<ReconcileResult> {
  const { status } = pass;
  const registry = taskRegistry(runtime, pass);
  refuseUnknownTasks(status.plan, registry);
  const progress = await runtime.engine.execute(status.plan, registry, {
    signal: pass.signal,
    log: pass.log,
  });
  if (status.plan !== undefined) {
    recordConfigWrites(status, status.plan, progress.plan, pass.pod && seidRun(pass.pod));
  }
  status.plan = progress.plan;
  if (progress.plan.phase !== "Active") {
    const phase = progress.plan.phase === "Complete" ? progress.plan.targetPhase : progress.plan.failedPhase;
    if (phase !== undefined) {
      // Restamped also when the phase stays: the reference does, and dashboards show it as the last settled time.
      status.phase = phase;
      status.phaseTransitionTime = pass.time;
    }
    // Whatever the sidecar last said was before the plan did its work.
    runtime.probes.forget(pass.key);
    if (isApplyConfigPlan(progress.plan)) tellConfigApplied(runtime, pass, progress.plan);
    return { requeueAfterMs: 1 };
  }
  if (progress.waitingFor !== undefined) pass.waitingFor = progress.waitingFor;
  if (progress.error !== undefined) noteTaskError(pass, progress.error);
  return progress.requeueAfterMs === undefined ? {} : { requeueAfterMs: progress.requeueAfterMs };
}

function tellConfigApplied(
  runtime: SeiNodeRuntime,
  pass: Pass,
  { failedTaskDetail: failed }: TaskPlan,
): void {
  const tell = (type: "Normal" | "Warning", reason: string, message: string) =>
    pass.afterFlush.push(() => runtime.recorder.event(pass.node, type, reason, message));
  if (failed === undefined) {
    tell("Normal", SeiNodeEvents.configApplied, "the configuration was written and seid restarted");
  } else {
    tell("Warning", SeiNodeEvents.configApplyFailed, `task ${failed.type} failed: ${failed.error}`);
  }
}

/**
 * A plan of another version may hold tasks this one cannot do. It is left as it is: failing it would fail the node for good,
 * for the version that can do them too.
 */
function refuseUnknownTasks(plan: TaskPlan | undefined, registry: TaskRegistry): void {
  const unknown = plan?.tasks.find((task) => task.status !== "Complete" && registry(task.type) === undefined);
  if (unknown === undefined) return;
  throw new UnsupportedSpec(
    `the plan holds task ${unknown.type}, which this version of the controller cannot do; use a version that can`,
  );
}

/**
 * What the error is about is told at once only where it says what to do. A sidecar that does not answer yet is normal
 * right after its container started, and the text must not differ from that of waiting for the container.
 */
function noteTaskError(pass: Pass, error: Error): void {
  pass.log.info({ error }, "task could not run, will be tried again");
  if (error instanceof ForeignObject) {
    pass.foreign = error.message;
    return;
  }
  const expected = error instanceof SidecarError && SILENT.has(error.class);
  pass.taskError = expected ? "the sidecar does not answer" : error.message;
  pass.waitingFor = expected ? "the sidecar to run" : error.message;
}

/** Executes the active plan of the draft and takes over what came of it. */
import type { ReconcileResult } from "#kube";
import { SidecarError } from "#sidecar";
import type { SeiNodeRuntime } from "./deps.ts";
import type { Pass } from "./pass.ts";
import { taskRegistry } from "./tasks/index.ts";

export async function executePlan(runtime: SeiNodeRuntime, pass: Pass): Promise<ReconcileResult> {
  const { status } = pass;
  const progress = await runtime.engine.execute(status.plan, taskRegistry(runtime, pass), {
    signal: pass.signal,
    log: pass.log,
  });
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
    return { requeueAfterMs: 1 };
  }
  if (progress.waitingFor !== undefined) pass.waitingFor = progress.waitingFor;
  if (progress.error !== undefined) noteTaskError(pass, progress.error);
  return progress.requeueAfterMs === undefined ? {} : { requeueAfterMs: progress.requeueAfterMs };
}

/**
 * What the error is about is told at once only where it says what to do. A sidecar that does not answer yet is normal
 * right after its container started, and the text must not differ from that of waiting for the container.
 */
function noteTaskError(pass: Pass, error: Error): void {
  pass.log.info({ error }, "task could not run, will be tried again");
  const expected = error instanceof SidecarError && error.class !== "unauthorized";
  pass.taskError = expected ? "the sidecar does not answer" : error.message;
  pass.waitingFor = expected ? "the sidecar to run" : error.message;
}

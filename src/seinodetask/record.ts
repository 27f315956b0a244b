/** Records the execution before anything is done (spec/seinodetask.md 3, step 5): id, arguments, and when its clock starts. */
import { type SeiNode, SeiNodeTaskFailures } from "#api";
import type { DeepReadonly } from "#kube";
import { seiNodeTaskId } from "#plan";
import { InvalidParamsError } from "#sidecar";
import { ParamsError } from "./errors.ts";
import type { TaskKind, TaskParams } from "./kinds/index.ts";
import { failTask, type Pass, setPhase } from "./pass.ts";

/** The arguments are fixed here: later edits of the payload, or of the target's peers, change nothing (section 14.7). */
export function recordExecution(pass: Pass, kind: TaskKind, target: DeepReadonly<SeiNode>): void {
  const { task, status, time } = pass;
  status.task = {
    id: seiNodeTaskId(task.metadata.uid, task.spec.kind),
    status: "Pending",
    executionStartedAt: time,
  };
  const params = buildParams(pass, kind, target);
  if (params === "impossible") return;
  if (params !== undefined) status.task.params = params;
  setPhase(pass, "Running");
  pass.recorded = true;
}

/**
 * The arguments to run with. Those recorded, or, where there are none (an older CRD drops them, the Go operator never wrote
 * them), those of the spec as it is now. `impossible`: the task was failed.
 */
export function paramsToRun(
  pass: Pass,
  kind: TaskKind,
  target: DeepReadonly<SeiNode>,
): TaskParams | undefined | "impossible" {
  const { task } = pass.status;
  if (task?.params === undefined) {
    // What was accepted once is only looked at. It must not fail because the payload has become impossible meanwhile.
    return task?.submittedAt === undefined
      ? buildParams(pass, kind, target)
      : attemptParams(pass, kind, target);
  }
  try {
    kind.check(task.params);
    return task.params as TaskParams;
  } catch (error) {
    if (!(error instanceof InvalidParamsError)) throw error;
    failTask(
      pass,
      SeiNodeTaskFailures.deserializeFailed,
      `status.task.params cannot be used: ${error.message}`,
    );
    return "impossible";
  }
}

function buildParams(
  pass: Pass,
  kind: TaskKind,
  target: DeepReadonly<SeiNode>,
): TaskParams | undefined | "impossible" {
  try {
    return kind.params(pass.task.spec, target);
  } catch (error) {
    if (!(error instanceof ParamsError) && !(error instanceof InvalidParamsError)) throw error;
    failTask(pass, SeiNodeTaskFailures.paramsBuildFailed, error.message);
    return "impossible";
  }
}

function attemptParams(pass: Pass, kind: TaskKind, target: DeepReadonly<SeiNode>): TaskParams | undefined {
  try {
    return kind.params(pass.task.spec, target);
  } catch (error) {
    if (error instanceof ParamsError || error instanceof InvalidParamsError) return undefined;
    throw error;
  }
}

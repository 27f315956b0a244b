/**
 * Brings one SeiNodeTask to its end: wait for the target, record the execution, run it (spec/seinodetask.md 3). The order
 * of the steps is load-bearing; each says why it stands where it does.
 */
import {
  ControllerNames,
  type SeiNodeTask,
  SeiNodeTaskFailures,
  SeiNodeTaskReasons,
  seiNodeTasks,
} from "#api";
import {
  formatKey,
  isConflict,
  type ObjectKey,
  type Reconcile,
  type ReconcileContext,
  type ReconcileResult,
  unlessNotFound,
} from "#kube";
import {
  createRuntime,
  forgetExecution,
  forgetTask,
  rememberTask,
  type SeiNodeTaskDeps,
  type SeiNodeTaskRuntime,
} from "./deps.ts";
import { driveExecution } from "./drive.ts";
import { kindOf } from "./kinds/index.ts";
import { failTask, openPass, type Pass, setPhase } from "./pass.ts";
import { recordExecution } from "./record.ts";
import { retireTask, timeLeftMs } from "./retention.ts";
import { finishPass } from "./status.ts";
import { resolveTarget } from "./target.ts";
import { isTerminal } from "./terminal.ts";

export function createSeiNodeTaskReconciler(deps: SeiNodeTaskDeps): Reconcile {
  const runtime = createRuntime(deps);
  return async (key, context) => {
    try {
      return await reconcile(runtime, key, context);
    } catch (error) {
      if (!isConflict(error) && !context.signal.aborted) {
        deps.errors.reconcileError(ControllerNames.seiNodeTask, key.namespace ?? "");
      }
      throw error;
    }
  };
}

async function reconcile(
  runtime: SeiNodeTaskRuntime,
  key: ObjectKey,
  context: ReconcileContext,
): Promise<ReconcileResult> {
  const { client, metrics } = runtime;
  const task = await unlessNotFound(client.get<SeiNodeTask>(seiNodeTasks, key, context.signal));
  if (task === undefined) {
    forgetTask(runtime, key);
    return {};
  }
  rememberTask(runtime, formatKey(key), task.metadata.uid);
  const phase = task.status?.phase;
  if (phase !== undefined) metrics.phase(key.namespace ?? "", key.name, phase);
  // Never written again, whatever becomes of its spec, its node or the sidecar.
  if (isTerminal(phase)) {
    // Not only after our own last write: its answer may have been lost, or another manager may have written it.
    forgetExecution(runtime, task.metadata.uid);
    return retireTask(runtime, task, context.signal);
  }
  // Somebody wants it gone and only a finalizer keeps it: nothing new is begun for it.
  if (task.metadata.deletionTimestamp !== undefined) return {};

  const pass = openPass(runtime, task, context);
  let result: ReconcileResult = {};
  let error: unknown;
  try {
    result = await advance(runtime, pass);
  } catch (cause) {
    error = cause;
  }
  await finishPass(runtime, pass, error);
  if (pass.verdict === undefined) return result;
  const ttl = timeLeftMs({ ...task, status: pass.status }, runtime.clock.now());
  return ttl === undefined ? {} : { requeueAfterMs: Math.max(1, ttl) };
}

async function advance(runtime: SeiNodeTaskRuntime, pass: Pass): Promise<ReconcileResult> {
  const { task, status } = pass;
  if (task.metadata.generation !== undefined) status.observedGeneration = task.metadata.generation;
  status.startedAt ??= pass.time;
  // The CRD does not demand a spec.
  if (task.spec === undefined) {
    failTask(
      pass,
      SeiNodeTaskFailures.paramsBuildFailed,
      "spec is missing: a task needs kind, target and payload",
    );
    return {};
  }
  // Before the target is waited for: there is nothing to wait for.
  const kind = kindOf(task.spec.kind);
  if (kind === undefined) {
    const message = `kind ${task.spec.kind} is not wired: this version of the controller cannot do it`;
    failTask(pass, SeiNodeTaskFailures.unsupportedKind, message);
    return {};
  }
  // In every pass, not only before the start: a node that is being rebuilt is left alone until it is back.
  const target = await resolveTarget(runtime, pass);
  if (target.state === "failed") {
    failTask(pass, SeiNodeTaskFailures.targetResolveFailed, target.message);
    return {};
  }
  if (target.state === "waiting") {
    if (status.phase === undefined) setPhase(pass, "Pending");
    pass.waiting = { reason: SeiNodeTaskReasons.phaseNotMet, message: target.message };
    return { requeueAfterMs: target.requeueAfterMs };
  }
  // The execution is visible before it acts: a crash from here on finds the id it has to ask for.
  if (status.task === undefined) {
    recordExecution(pass, kind, target.node);
    pass.waiting = { reason: SeiNodeTaskReasons.submitting, message: "waiting to be submitted" };
    return { requeueAfterMs: 1 };
  }
  return driveExecution(runtime, pass, kind, target.node);
}

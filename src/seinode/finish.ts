/** The end of a pass: conditions, the one status write, and what follows from it (metrics, events, when to look again). */
import { ControllerNames, SeiNodeConditions, SeiNodeEvents, SeiNodeHealth, type SeiNodeStatus } from "#api";
import { type DeepReadonly, findCondition, isConflict, type ReconcileResult } from "#kube";
import { isApplyConfigPlan } from "./apply-config-plan.ts";
import type { SeiNodeRuntime } from "./deps.ts";
import {
  findProblem,
  type HealthInput,
  readyCondition,
  reconcilingCondition,
  stalledCondition,
} from "./health.ts";
import { type Blocked, type Pass, setPassCondition } from "./pass.ts";
import { tellPendingChanges } from "./pending-condition.ts";
import { sidecarIncarnation } from "./pod-state.ts";
import { isUpdatePlan } from "./update-plan.ts";

type FailureText = { readonly reason: string; readonly message: string } | undefined;

/**
 * Flushes the draft, also when the pass failed: what is known is never lost. Rejects with `error` if there was one, a
 * conflict of the flush notwithstanding; otherwise with what the flush rejected with.
 */
export async function finishPass(
  runtime: SeiNodeRuntime,
  pass: Pass,
  result: ReconcileResult,
  error: unknown,
  failure: FailureText,
): Promise<ReconcileResult> {
  const { node, status } = pass;
  const before: DeepReadonly<SeiNodeStatus> = node.status ?? {};
  // A passing trouble (an API server that is away, a conflict) says nothing about the node: what was told stays.
  const informed = error === undefined || failure !== undefined;
  const stallDueMs = informed ? setHealth(runtime, pass, failure) : undefined;
  if (informed && node.metadata.generation !== undefined)
    status.observedGeneration = node.metadata.generation;
  try {
    await runtime.statusWriter.flush(node, status, pass.signal);
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
  return soonest(result.requeueAfterMs, stallDueMs, idleDueMs(runtime, pass));
}

/** Returns when a problem that is there now will count as stalled. */
function setHealth(runtime: SeiNodeRuntime, pass: Pass, failure: FailureText): number | undefined {
  const { status, wanted } = pass;
  tellPendingChanges(runtime, pass);
  const input: HealthInput = {
    status,
    paused: pass.node.spec?.paused === true,
    pod: pass.pod,
    podProblem: runtime.crashLoops.observe(pass.key, pass.pod),
    scaledDown: pass.statefulSet?.spec?.replicas === 0 && pass.podsLeft === 0,
    // An empty sidecar image was never observed, and is no drift either.
    imagesCurrent:
      status.currentImage === wanted?.seid &&
      (status.currentSidecarImage || wanted?.sidecar) === wanted?.sidecar,
    waitingFor: pass.waitingFor,
    taskError: pass.taskError,
    blocked: pass.blocked ?? foreignObject(pass),
    failure,
  };
  const problem = findProblem(input);
  const lasted = runtime.stalls.observe(pass.key, problem && `${problem.reason}: ${problem.message}`);
  const previous = findCondition(status.conditions, SeiNodeConditions.stalled);
  setPassCondition(pass, stalledCondition(problem, lasted, previous));
  setPassCondition(pass, reconcilingCondition(input));
  setPassCondition(pass, readyCondition(input));
  if (problem === undefined || lasted === undefined || lasted.lastedMs >= problem.afterMs) return undefined;
  return problem.afterMs - lasted.lastedMs;
}

function foreignObject({ foreign }: Pass): Blocked | undefined {
  return foreign === undefined ? undefined : { reason: SeiNodeHealth.foreignObject, message: foreign };
}

/** After the flush: nobody hears of a transition that was not written. */
function report(runtime: SeiNodeRuntime, pass: Pass, before: DeepReadonly<SeiNodeStatus>): void {
  const { node, status } = pass;
  const { namespace = "", name } = node.metadata;
  const { metrics, recorder } = runtime;
  metrics.planActive(ControllerNames.seiNode, namespace, name, status.plan?.phase === "Active");
  for (const tell of pass.afterFlush) tell();
  tellSidecarTransition(runtime, pass, before);
  tellTakenName(runtime, pass, before);
  if (status.phase === undefined || status.phase === before.phase) return;

  const from = before.phase ?? "";
  metrics.phase(namespace, name, status.phase);
  metrics.phaseTransition(namespace, from, status.phase);
  if (from !== "" && before.phaseTransitionTime !== undefined) {
    const seconds = Math.max(0, (runtime.clock.now() - Date.parse(before.phaseTransitionTime)) / 1000);
    metrics.phaseDuration(namespace, node.spec.chainId, from, seconds);
  }
  const message = from === "" ? `phase is ${status.phase}` : `phase changed from ${from} to ${status.phase}`;
  recorder.event(node, "Normal", SeiNodeEvents.phaseTransition, message);
  if (status.phase !== "Failed") return;
  const detail = status.plan?.failedTaskDetail;
  const cause = detail === undefined ? "its plan failed" : `task ${detail.type} failed: ${detail.error}`;
  recorder.event(
    node,
    "Warning",
    SeiNodeEvents.nodeFailed,
    `${cause}; correct the cause and set the annotation sei.io/retry to a new value, or delete and recreate the SeiNode`,
  );
}

const TAKEN: ReadonlySet<string> = new Set([SeiNodeHealth.foreignStatefulSet, SeiNodeHealth.foreignObject]);

function tellTakenName({ recorder }: SeiNodeRuntime, pass: Pass, before: DeepReadonly<SeiNodeStatus>): void {
  const was = findCondition(before.conditions, SeiNodeConditions.ready);
  const is = findCondition(pass.status.conditions, SeiNodeConditions.ready);
  if (is === undefined || !TAKEN.has(is.reason) || is.message === was?.message) return;
  recorder.event(pass.node, "Warning", SeiNodeEvents.nameTaken, is.message);
}

function tellSidecarTransition(
  runtime: SeiNodeRuntime,
  pass: Pass,
  before: DeepReadonly<SeiNodeStatus>,
): void {
  // An update loses and restores the ready mark on purpose, and tells so itself.
  if (before.plan !== undefined && isUpdatePlan(before.plan)) return;
  const type = SeiNodeConditions.sidecarReady;
  const was = findCondition(before.conditions, type)?.status;
  const is = findCondition(pass.status.conditions, type)?.status;
  if (is === "False" && was !== "False") {
    const message = "the sidecar restarted and has lost its ready mark";
    runtime.recorder.event(pass.node, "Warning", SeiNodeEvents.sidecarReadinessLost, message);
  } else if (is === "True" && was === "False") {
    runtime.recorder.event(
      pass.node,
      "Normal",
      SeiNodeEvents.sidecarReadinessRestored,
      "the sidecar is ready again",
    );
  }
}

/** A Running node is looked at when its next probe or the retry of its failed plan is due. */
function idleDueMs(runtime: SeiNodeRuntime, pass: Pass): number | undefined {
  const { status, node } = pass;
  if (status.phase !== "Running" || node.spec?.paused === true || pass.blocked !== undefined)
    return undefined;
  const probe = Math.max(runtime.probes.dueInMs(pass.key), reapprovalDueMs(runtime, pass));
  // A configuration that failed is applied again only when somebody asks for it.
  if (status.plan?.phase !== "Failed" || isApplyConfigPlan(status.plan)) return probe;
  return Math.min(probe, runtime.retries.dueInMs(pass.key, status.plan.id ?? ""));
}

/** A probe that can only find again what may not be acted on yet is put off. */
function reapprovalDueMs(runtime: SeiNodeRuntime, pass: Pass): number {
  return pass.pod === undefined ? 0 : runtime.reapprovals.dueInMs(pass.key, sidecarIncarnation(pass.pod));
}

function soonest(...delays: readonly (number | undefined)[]): ReconcileResult {
  const due = delays.filter((delay) => delay !== undefined);
  // Never at once: a pass that finds nothing to do must not spin.
  return due.length === 0 ? {} : { requeueAfterMs: Math.max(1, Math.min(...due)) };
}

/** Puts the planner's decision into the status draft: starts, drops and clears plans, with the conditions that go with it. */
import { ControllerNames, SeiNodeConditions, SeiNodeEvents, SeiNodeReasons, type TaskPlan } from "#api";
import { findCondition } from "#kube";
import { buildPlan } from "#plan";
import type { AnnotationRequests } from "./annotation-requests.ts";
import { isApplyConfigPlan, mayHaveRestartedSeid } from "./apply-config-plan.ts";
import { configApplyParams } from "./config-intent.ts";
import type { SeiNodeRuntime } from "./deps.ts";
import type { Images } from "./images.ts";
import { type Pass, setPassCondition } from "./pass.ts";
import { type Decision, decidePlan, planType } from "./planner.ts";
import { isPodReady, isSidecarRunning, sidecarIncarnation } from "./pod-state.ts";
import { isUpdatePlan } from "./update-plan.ts";

/** What the pass is to do with the plan now in the draft. */
export type PlanStep = "execute" | "persist" | "idle";

/** May reject with InvalidSpec, UnsupportedSpec or ModeError: then the draft's plan is as it was. */
export function planNext(runtime: SeiNodeRuntime, pass: Pass, wanted: Images): PlanStep {
  const ended = pass.status.plan;
  const decision = decidePlan({
    node: pass.node,
    status: pass.status,
    wanted,
    pod: pass.pod,
    statefulSet: pass.statefulSet,
    sidecarDead: isSidecarDead(runtime, pass),
    reapprovalDue: isReapprovalDue(runtime, pass),
    retryDue: isRetryDue(runtime, pass),
    applyDue: isApplyDue(runtime, pass),
  });
  if (ended !== undefined && ended.phase !== "Active") settle(runtime, pass, ended, decision);
  if (decision.action === "run") return "execute";
  if (decision.action !== "start") return "idle";
  startPlan(runtime, pass, decision);
  return "persist";
}

function startPlan(
  runtime: SeiNodeRuntime,
  pass: Pass,
  decision: Extract<Decision, { action: "start" }>,
): void {
  const { status } = pass;
  if (decision.supersedes !== undefined && status.plan?.id !== undefined) {
    runtime.engine.forget(status.plan.id);
    runtime.sidecarTasks.forget(status.plan.id);
    const message = `${decision.supersedes}; plan ${status.plan.id} is dropped for a new one`;
    const reason = isApplyConfigPlan(status.plan)
      ? SeiNodeEvents.configApplySuperseded
      : SeiNodeEvents.nodeUpdateSuperseded;
    reopenApplyRequest(runtime, pass, status.plan);
    pass.afterFlush.push(() => runtime.recorder.event(pass.node, "Normal", reason, message));
  }
  const init = decision.kind === "init";
  status.plan = buildPlan({
    id: runtime.random.uuid(),
    tasks: decision.tasks,
    targetPhase: "Running",
    ...(init && { failedPhase: "Failed" }),
  });
  if (status.plan.id !== undefined) runtime.sidecarTasks.noteFreshPlan(status.plan.id);
  recordRequest(pass, runtime.retryRequests);
  // An init plan writes the configuration as well: what was asked for before it was built is done with it.
  if (init || decision.kind === "apply-config") recordRequest(pass, runtime.applyRequests);
  if (decision.kind === "mark-ready" && pass.pod !== undefined) {
    runtime.reapprovals.note(pass.key, sidecarIncarnation(pass.pod));
  }
  if (decision.kind === "update") {
    setPassCondition(pass, {
      type: SeiNodeConditions.nodeUpdateInProgress,
      status: "True",
      reason: SeiNodeReasons.updateStarted,
      message: decision.message,
    });
  }
  if (init || decision.kind === "apply-config") logRejectedOverrides(pass);
  if (init && status.phase !== "Initializing") {
    status.phase = "Initializing";
    status.phaseTransitionTime = pass.time;
  }
  pass.log.info({ plan: status.plan.id, planKind: decision.kind }, "plan built");
}

function logRejectedOverrides(pass: Pass): void {
  for (const { key, userValue, forcedValue } of configApplyParams(pass.node).rejected) {
    const facts = { logger: "planner", key, user_value: userValue, forced_value: forcedValue };
    pass.log.info(facts, "override rejected: the operator forces this key");
  }
}

/** A plan that ended is told in NodeUpdateInProgress and in the metrics, and leaves the draft unless it is kept to be seen. */
function settle(runtime: SeiNodeRuntime, pass: Pass, ended: TaskPlan, decision: Decision): void {
  const kept = decision.action === "none";
  tellUpdateEnded(pass, ended);
  if (ended.id !== undefined) runtime.sidecarTasks.forget(ended.id);
  if (kept) return;
  if (ended.phase === "Complete") runtime.retries.forget(pass.key);
  observeDuration(runtime, pass, ended);
  delete pass.status.plan;
}

function tellUpdateEnded(pass: Pass, ended: TaskPlan): void {
  const type = SeiNodeConditions.nodeUpdateInProgress;
  if (!isUpdatePlan(ended) || findCondition(pass.status.conditions, type)?.status !== "True") return;
  const detail = ended.failedTaskDetail;
  const why = detail === undefined ? "unknown" : `task ${detail.type}: ${detail.error}`;
  setPassCondition(
    pass,
    ended.phase === "Complete"
      ? {
          type,
          status: "False",
          reason: SeiNodeReasons.updateComplete,
          message: `plan ${ended.id} is complete`,
        }
      : {
          type,
          status: "False",
          reason: SeiNodeReasons.updateFailed,
          message: `plan ${ended.id} failed: ${why}`,
        },
  );
}

/** From the first task's submission to now (spec/seinode.md 9.3). */
function observeDuration(runtime: SeiNodeRuntime, pass: Pass, ended: TaskPlan): void {
  const submittedAt = ended.tasks[0]?.submittedAt;
  if (submittedAt === undefined || ended.phase === "Active") return;
  const seconds = Math.max(0, (runtime.clock.now() - Date.parse(submittedAt)) / 1000);
  const outcome = ended.phase === "Complete" ? "complete" : "failed";
  const { namespace = "" } = pass.node.metadata;
  pass.afterFlush.push(() =>
    runtime.metrics.planDuration(ControllerNames.seiNode, namespace, planType(ended), outcome, seconds),
  );
}

function isSidecarDead(runtime: SeiNodeRuntime, pass: Pass): boolean {
  const { pod } = pass;
  const condition = sidecarCondition(pass);
  const unknownSince = condition?.status === "Unknown" ? Date.parse(condition.lastTransitionTime) : undefined;
  return runtime.probes.isDead(
    pass.key,
    {
      exists: pod !== undefined,
      sidecarRuns: pod !== undefined && isSidecarRunning(pod),
      ready: pod !== undefined && isPodReady(pod),
    },
    unknownSince,
  );
}

function sidecarCondition(pass: Pass) {
  return findCondition(pass.status.conditions, SeiNodeConditions.sidecarReady);
}

/** A sidecar that stays not ready after its mark-ready completed is asked again at growing distances only. */
function isReapprovalDue(runtime: SeiNodeRuntime, pass: Pass): boolean {
  if (sidecarCondition(pass)?.reason !== SeiNodeReasons.sidecarNotReady || pass.pod === undefined)
    return false;
  return runtime.reapprovals.dueInMs(pass.key, sidecarIncarnation(pass.pod)) === 0;
}

/** D8: a failed plan is rebuilt after a change of the spec, on `sei.io/retry`, or when its back-off is over. */
function isRetryDue(runtime: SeiNodeRuntime, pass: Pass): boolean {
  const { plan, phase, observedGeneration } = pass.status;
  if (plan?.phase !== "Failed" || phase === "Failed") return true;
  // Absent on a CRD that does not know the field: then only the back-off counts.
  if (observedGeneration !== undefined && observedGeneration !== pass.node.metadata.generation) return true;
  // D23: it restarts seid, so one request is one try (see isApplyDue).
  if (isApplyConfigPlan(plan)) return false;
  if (runtime.retryRequests.pending(pass.key, pass.node, pass.status) !== undefined) return true;
  return runtime.retries.dueInMs(pass.key, plan.id ?? "") === 0;
}

/** D23: `sei.io/apply-config`, or `sei.io/retry` where applying has failed. Not with a sidecar that is away or whose gate is closed. */
function isApplyDue(runtime: SeiNodeRuntime, pass: Pass): boolean {
  const { key, node, status } = pass;
  if (sidecarCondition(pass)?.status !== "True") return false;
  if (runtime.applyRequests.pending(key, node, status) !== undefined) return true;
  const failed = status.plan?.phase === "Failed" && isApplyConfigPlan(status.plan);
  return failed && runtime.retryRequests.pending(key, node, status) !== undefined;
}

function recordRequest(pass: Pass, requests: AnnotationRequests): void {
  const value = requests.pending(pass.key, pass.node, pass.status);
  if (value === undefined) return;
  pass.status[requests.record] = value;
  pass.afterFlush.push(() => requests.handle(pass.key, pass.node, value));
}

/** What was asked for is done after what is more urgent, unless it may have restarted seid already. */
function reopenApplyRequest(runtime: SeiNodeRuntime, pass: Pass, dropped: TaskPlan): void {
  if (!isApplyConfigPlan(dropped) || mayHaveRestartedSeid(dropped)) return;
  delete pass.status.observedApplyConfig;
  pass.afterFlush.push(() => runtime.applyRequests.forget(pass.key));
}

/** Starts, drives and ends the group's plan in the status draft (spec/seinodedeployment.md 6). */
import {
  SeiNodeDeploymentConditions,
  SeiNodeDeploymentEvents,
  SeiNodeDeploymentHealth,
  SeiNodeDeploymentReasons,
  type TaskPlan,
} from "#api";
import { findCondition, type ReconcileResult } from "#kube";
import { buildPlan, type TaskSpec } from "#plan";
import { SidecarError } from "#sidecar";
import type { GroupRuntime } from "./deps.ts";
import { type Pass, setPassCondition, tellAfterFlush } from "./pass.ts";
import { ceremonyTasks, inPlaceTasks, needsCeremony, PlanBuildError } from "./planner.ts";
import { admitWave, endRollout, rolloutNames } from "./rollout.ts";
import { taskRegistry } from "./tasks/index.ts";

const PLAN = SeiNodeDeploymentConditions.planInProgress;

/** A plan is visible before it acts: whoever starts one comes back to execute it once it is written. */
const COME_BACK: ReconcileResult = { requeueAfterMs: 1 };

export function startRolloutPlan(runtime: GroupRuntime, pass: Pass): ReconcileResult {
  // Its first wave is written together with it.
  admitWave(pass);
  startPlan(runtime, pass, inPlaceTasks(pass.group, rolloutNames(pass)));
  return COME_BACK;
}

/** Nothing of it is remembered; the next one has other ids. */
export function dropPlan(runtime: GroupRuntime, pass: Pass): void {
  const { plan } = pass.status;
  if (plan?.id !== undefined) {
    runtime.engine.forget(plan.id);
    runtime.sidecarTasks.forget(plan.id);
  }
  delete pass.status.plan;
}

/** The plan and its condition move together. What another writer left behind is put right, or nothing would ever go on. */
export function rightPlanCondition(runtime: GroupRuntime, pass: Pass): void {
  const { status } = pass;
  if (status.plan !== undefined && status.plan.phase !== "Active") dropPlan(runtime, pass);
  const told = findCondition(status.conditions, PLAN);
  const { plan } = status;
  if ((plan !== undefined) === (told?.status === "True")) return;
  setPassCondition(
    pass,
    plan === undefined
      ? {
          type: PLAN,
          status: "False",
          reason: SeiNodeDeploymentReasons.notStarted,
          message: "the plan is gone",
        }
      : {
          type: PLAN,
          status: "True",
          reason: SeiNodeDeploymentReasons.planStarted,
          message: `plan ${plan.id}`,
        },
  );
}

/** Undefined: no ceremony is due. */
export function startCeremonyPlan(runtime: GroupRuntime, pass: Pass): ReconcileResult | undefined {
  const { group, status, children } = pass;
  if (!needsCeremony(group, status, children.all)) return undefined;
  const waitMs = runtime.retries.leftMs(pass.key);
  if (waitMs > 0) return { requeueAfterMs: waitMs };
  let tasks: readonly TaskSpec[];
  try {
    tasks = ceremonyTasks(group, status, children.all);
  } catch (error) {
    if (!(error instanceof PlanBuildError)) throw error;
    refusePlan(runtime, pass, error.message);
    return {};
  }
  startPlan(runtime, pass, tasks);
  return COME_BACK;
}

/** Told once: a text that stands in the condition already was told. */
function refusePlan(runtime: GroupRuntime, pass: Pass, message: string): void {
  pass.blocked = { reason: SeiNodeDeploymentHealth.planBuildFailed, message };
  const told = findCondition(pass.group.status?.conditions, SeiNodeDeploymentConditions.stalled);
  if (told?.reason === SeiNodeDeploymentHealth.planBuildFailed && told.message === message) return;
  tellAfterFlush(runtime, pass, "Warning", SeiNodeDeploymentEvents.planBuildFailed, message);
}

function startPlan(runtime: GroupRuntime, pass: Pass, tasks: readonly TaskSpec[]): void {
  dropPlan(runtime, pass);
  const plan = buildPlan({ id: runtime.random.uuid(), tasks });
  pass.status.plan = plan;
  if (plan.id !== undefined) runtime.sidecarTasks.noteFreshPlan(plan.id);
  const message = `plan ${plan.id} with ${tasks.map(({ type }) => type).join(", ")}`;
  setPassCondition(pass, {
    type: PLAN,
    status: "True",
    reason: SeiNodeDeploymentReasons.planStarted,
    message,
  });
  tellAfterFlush(runtime, pass, "Normal", SeiNodeDeploymentEvents.planStarted, message);
  pass.log.info({ plan: plan.id, tasks: tasks.length }, "plan built");
}

/** One call of the engine. The plan leaves the status as soon as it ended. */
export async function drivePlan(runtime: GroupRuntime, pass: Pass): Promise<ReconcileResult> {
  const registry = taskRegistry(runtime, pass);
  const progress = await runtime.engine.execute(pass.status.plan, registry, {
    signal: pass.signal,
    log: pass.log,
  });
  pass.status.plan = progress.plan;
  if (progress.waitingFor !== undefined) pass.waitingFor = progress.waitingFor;
  if (progress.error !== undefined) {
    pass.log.info({ error: progress.error }, "task could not run, will be tried again");
    const silent = progress.error instanceof SidecarError;
    pass.taskError = silent ? "a sidecar does not answer" : progress.error.message;
    pass.waitingFor = pass.taskError;
  }
  if (progress.plan.phase === "Complete") return completePlan(runtime, pass, progress.plan);
  if (progress.plan.phase === "Failed") return failPlan(runtime, pass, progress.plan);
  return progress.requeueAfterMs === undefined ? {} : { requeueAfterMs: progress.requeueAfterMs };
}

function completePlan(runtime: GroupRuntime, pass: Pass, plan: TaskPlan): ReconcileResult {
  const { status, group } = pass;
  const message = `plan ${plan.id} is complete`;
  endPlan(runtime, pass, "complete");
  if (status.rollout !== undefined) {
    endRollout(runtime, pass, "complete", "");
  } else if (group.spec.genesis !== undefined) {
    setPassCondition(pass, {
      type: SeiNodeDeploymentConditions.genesisCeremonyComplete,
      status: "True",
      reason: SeiNodeDeploymentReasons.ceremonyComplete,
      message: `chain ${group.spec.genesis.chainId} was founded by plan ${plan.id}`,
    });
  }
  runtime.retries.forget(pass.key);
  setPassCondition(pass, {
    type: PLAN,
    status: "False",
    reason: SeiNodeDeploymentReasons.planComplete,
    message,
  });
  tellAfterFlush(runtime, pass, "Normal", SeiNodeDeploymentEvents.planComplete, message);
  return COME_BACK;
}

function failPlan(runtime: GroupRuntime, pass: Pass, plan: TaskPlan): ReconcileResult {
  const detail = plan.failedTaskDetail;
  const why = detail === undefined ? "unknown" : `task ${detail.type}: ${detail.error}`;
  endPlan(runtime, pass, "failed");
  if (pass.status.rollout !== undefined) endRollout(runtime, pass, "failed", why);
  const message = `plan ${plan.id} failed: ${why}`;
  setPassCondition(pass, {
    type: PLAN,
    status: "False",
    reason: SeiNodeDeploymentReasons.planFailed,
    message,
  });
  tellAfterFlush(runtime, pass, "Warning", SeiNodeDeploymentEvents.planFailed, message);
  return { requeueAfterMs: runtime.retries.dueInMs(pass.key, plan.id ?? "") };
}

/** Comes before the rollout and the condition of the plan are ended: they tell since when. */
function endPlan(runtime: GroupRuntime, pass: Pass, outcome: "complete" | "failed"): void {
  const { namespace = "" } = pass.group.metadata;
  const { rollout, conditions } = pass.status;
  // The first task does not tell: it is submitted when all parts are there, and ends with the last wave.
  const since = rollout?.startedAt ?? findCondition(conditions, PLAN)?.lastTransitionTime;
  if (since !== undefined) {
    const seconds = Math.max(0, (runtime.clock.now() - Date.parse(since)) / 1000);
    const kind = rollout === undefined ? "genesis" : "rollout";
    pass.afterFlush.push(() => runtime.metrics.planDuration(namespace, kind, outcome, seconds));
  }
  dropPlan(runtime, pass);
}

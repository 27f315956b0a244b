/**
 * Ready, Reconciling and Stalled: the one sentence that says where a node stands, for people and for tools that follow
 * kstatus (design 4.3). Pure. Texts are stable while nothing changes: no counters, no addresses, no elapsed times.
 */
import { SeiNodeConditions, SeiNodeHealth, type SeiNodeStatus, TaskTypes } from "#api";
import { formatTime } from "#clock";
import { type Condition, type ConditionUpdate, type DeepReadonly, findCondition, type Pod } from "#kube";
import { sidecarTaskType } from "#sidecar";
import { isApplyConfigPlan } from "./apply-config-plan.ts";
import { isBootstrapping } from "./bootstrap-plan.ts";
import type { Blocked } from "./pass.ts";
import { isPodReady, isSeidRunning, isSidecarRunning, type PodProblem } from "./pod-state.ts";
import { isUpdatePlan } from "./update-plan.ts";

export interface HealthInput {
  readonly status: DeepReadonly<SeiNodeStatus>;
  readonly paused: boolean;
  readonly pod: DeepReadonly<Pod> | undefined;
  /** What is wrong with the pod, a crash loop between two crashes included. */
  readonly podProblem: PodProblem | undefined;
  /** The StatefulSet is at 0 and no pod of it is left, not even a terminating one. */
  readonly scaledDown: boolean;
  /** Whether both recorded images are the wanted ones. */
  readonly imagesCurrent: boolean;
  /** What the current task waits for. */
  readonly waitingFor: string | undefined;
  /** The transient error of the current task. */
  readonly taskError: string | undefined;
  /** Why nothing can be done although nothing failed: terminal until somebody changes something. */
  readonly blocked: Blocked | undefined;
  /** A failure of this pass that retrying alone will not cure. */
  readonly failure: { readonly reason: string; readonly message: string } | undefined;
}

/** Something that keeps the node from getting on. It becomes Stalled after `afterMs` without a break. */
export interface Problem {
  readonly reason: string;
  readonly message: string;
  readonly remedy: string;
  readonly afterMs: number;
}

const AT_ONCE = 0;
const CONTAINER_PATIENCE_MS = 2 * 60_000;
const REACH_PATIENCE_MS = 5 * 60_000;

export function findProblem(input: HealthInput): Problem | undefined {
  const { status, pod, blocked, failure, podProblem: trouble } = input;
  if (failure !== undefined) {
    return {
      ...failure,
      remedy: "correct what it names; the controller tries again by itself",
      afterMs: AT_ONCE,
    };
  }
  // Pausing does not cure a Failed node, nor does it do anything else to it.
  if (blocked !== undefined) {
    const { reason, message, passing } = blocked;
    return { reason, message, remedy: "", afterMs: passing === true ? REACH_PATIENCE_MS : AT_ONCE };
  }
  if (status.phase === "Failed") {
    return {
      reason: SeiNodeHealth.initializationFailed,
      message: failedTask(status),
      remedy: "correct the cause, then set the annotation sei.io/retry to a new value; the volume is kept",
      afterMs: AT_ONCE,
    };
  }
  if (input.paused) return undefined;
  if (status.plan?.phase === "Failed") {
    return {
      reason: SeiNodeHealth.planFailed,
      message: failedTask(status),
      remedy: isApplyConfigPlan(status.plan)
        ? "correct spec, then set the annotation sei.io/apply-config to a new value"
        : "correct spec, or set the annotation sei.io/retry to a new value; it is also tried again by itself",
      afterMs: AT_ONCE,
    };
  }
  const missing = missingInput(status);
  if (missing !== undefined) return missing;
  if (trouble?.kind === "pullError") {
    return {
      reason: SeiNodeHealth.imagePullFailed,
      message: trouble.message,
      remedy: isBootstrapping(status.plan)
        ? "correct snapshot.bootstrapImage or the registry's credentials"
        : "correct spec.image or the registry's credentials",
      afterMs: CONTAINER_PATIENCE_MS,
    };
  }
  if (trouble?.kind === "cannotStart") {
    return {
      reason: SeiNodeHealth.containerCannotStart,
      message: trouble.message,
      remedy: "look at the pod's events for the Secret, ConfigMap or key that is missing",
      afterMs: CONTAINER_PATIENCE_MS,
    };
  }
  if (trouble?.kind === "crashLoop") {
    return {
      reason: SeiNodeHealth.crashLoop,
      message: trouble.message,
      remedy:
        "look at its log; if seid stopped for a chain upgrade, set spec.image to the version of the upgrade",
      afterMs: CONTAINER_PATIENCE_MS,
    };
  }
  if (trouble?.kind === "unschedulable") {
    return {
      reason: SeiNodeHealth.unschedulable,
      message: trouble.message,
      remedy: "look at the pod's events for the missing capacity, taint or volume",
      afterMs: REACH_PATIENCE_MS,
    };
  }
  if (input.taskError !== undefined) {
    return {
      reason: SeiNodeHealth.taskCannotRun,
      message: input.taskError,
      remedy:
        "look at the containers sei-sidecar and kube-rbac-proxy of the pod, and at the controller's log",
      afterMs: REACH_PATIENCE_MS,
    };
  }
  if (waitsForPod(status, pod)) {
    const maker = isBootstrapping(status.plan) ? "bootstrap Job" : "StatefulSet";
    return {
      reason: SeiNodeHealth.podNotStarted,
      message: pod === undefined ? `the ${maker} has no pod` : "the sidecar of the pod does not start",
      remedy: `look at the events of the ${maker} and of its pod`,
      afterMs: REACH_PATIENCE_MS,
    };
  }
  if (findCondition(status.conditions, SeiNodeConditions.sidecarReady)?.status === "Unknown") {
    return {
      reason: SeiNodeHealth.sidecarUnreachable,
      message: "the sidecar does not answer",
      remedy: "look at the containers sei-sidecar and kube-rbac-proxy of the pod, and at network policies",
      afterMs: REACH_PATIENCE_MS,
    };
  }
  return undefined;
}

/** Where a task that looks at what a person has to bring says what it found. */
const INPUT_CONDITIONS: Readonly<Record<string, string>> = {
  [TaskTypes.ensureDataPvc]: SeiNodeConditions.importPvcReady,
  [TaskTypes.validateSigningKey]: SeiNodeConditions.signingKeyReady,
  [TaskTypes.validateNodeKey]: SeiNodeConditions.nodeKeyReady,
  [TaskTypes.validateOperatorKeyring]: SeiNodeConditions.operatorKeyringReady,
};

/** The plan has come to a task that waits for such an input. Nobody but a person can end that. */
function missingInput(status: DeepReadonly<SeiNodeStatus>): Problem | undefined {
  if (status.plan?.phase !== "Active") return undefined;
  const task = status.plan.tasks.find((candidate) => candidate.status !== "Complete");
  const type = INPUT_CONDITIONS[task?.type ?? ""];
  const found = type === undefined ? undefined : findCondition(status.conditions, type);
  if (found?.status !== "False") return undefined;
  // Its message names the object and what to do about it.
  return { reason: found.reason, message: found.message, remedy: "", afterMs: REACH_PATIENCE_MS };
}

/** The plan has come to a task for a sidecar, and the kubelet says that there is none. */
function waitsForPod(status: DeepReadonly<SeiNodeStatus>, pod: DeepReadonly<Pod> | undefined): boolean {
  if (status.plan?.phase !== "Active" || (pod !== undefined && isSidecarRunning(pod))) return false;
  const task = status.plan.tasks.find((candidate) => candidate.status !== "Complete");
  return task !== undefined && sidecarTaskType(task.type) !== undefined;
}

/** `lasted` is how long `problem` has been there; `previous` keeps Stalled True over a restart of ours. */
export function stalledCondition(
  problem: Problem | undefined,
  lasted: { lastedMs: number; sinceEpochMs: number } | undefined,
  previous: DeepReadonly<Condition> | undefined,
): ConditionUpdate {
  const type = SeiNodeConditions.stalled;
  if (problem === undefined || lasted === undefined)
    return { type, status: "False", reason: SeiNodeHealth.notStalled, message: "" };
  if (
    previous?.status === "True" &&
    previous.reason === problem.reason &&
    previous.message.startsWith(problem.message)
  ) {
    return { type, status: "True", reason: previous.reason, message: previous.message };
  }
  if (lasted.lastedMs < problem.afterMs)
    return { type, status: "False", reason: SeiNodeHealth.notStalled, message: "" };
  const remedy = problem.remedy === "" ? "" : `; ${problem.remedy}`;
  return {
    type,
    status: "True",
    reason: problem.reason,
    message: `${problem.message} (since ${formatTime(lasted.sinceEpochMs)})${remedy}`,
  };
}

export function reconcilingCondition(input: HealthInput): ConditionUpdate {
  const type = SeiNodeConditions.reconciling;
  const { status, paused, blocked, failure } = input;
  const active = status.plan?.phase === "Active";
  const beginning =
    status.phase === undefined || status.phase === "Pending" || status.phase === "Initializing";
  if (!paused && blocked?.passing === true) {
    return { type, status: "True", reason: blocked.reason, message: blocked.message };
  }
  if (paused || blocked !== undefined || failure !== undefined || !(active || beginning)) {
    return { type, status: "False", reason: SeiNodeHealth.settled, message: "" };
  }
  return { type, status: "True", reason: planReason(status), message: progress(input) };
}

export function readyCondition(input: HealthInput): ConditionUpdate {
  const type = SeiNodeConditions.ready;
  const unready = whyNotReady(input);
  if (unready === undefined) {
    return {
      type,
      status: "True",
      reason: SeiNodeHealth.ready,
      message: `seid runs ${input.status.currentImage ?? ""} and is ready`,
    };
  }
  return { type, status: "False", ...unready };
}

function whyNotReady(input: HealthInput): { reason: string; message: string } | undefined {
  const { status, pod, failure, blocked } = input;
  if (failure !== undefined) return failure;
  if (blocked !== undefined) return { reason: blocked.reason, message: blocked.message };
  if (status.phase === "Failed")
    return { reason: SeiNodeHealth.initializationFailed, message: failedTask(status) };
  if (input.paused) {
    const scale = input.scaledDown ? "the pod is scaled to 0" : "the pod is being scaled to 0";
    const message = isBootstrapping(status.plan) ? "the plan stands still; a bootstrap Job goes on" : scale;
    return { reason: SeiNodeHealth.paused, message: `spec.paused is true; ${message}` };
  }
  if (status.plan?.phase === "Failed")
    return { reason: SeiNodeHealth.planFailed, message: failedTask(status) };
  if (status.phase !== "Running" || status.plan?.phase === "Active") {
    return { reason: planReason(status), message: progress(input) };
  }
  if (status.plan?.phase === "Complete") {
    return {
      reason: SeiNodeHealth.settling,
      message: "the plan is complete; the node is looked at once more",
    };
  }
  if (pod === undefined)
    return { reason: SeiNodeHealth.podMissing, message: "the StatefulSet has no running pod" };
  const trouble = input.podProblem;
  if (trouble !== undefined) return { reason: SeiNodeHealth.podNotReady, message: trouble.message };
  if (!input.imagesCurrent) {
    return {
      reason: SeiNodeHealth.imageNotObserved,
      message: "the pod has not yet shown that it runs the wanted images",
    };
  }
  const sidecar = findCondition(status.conditions, SeiNodeConditions.sidecarReady);
  if (sidecar?.status !== "True") {
    return sidecar?.status === "False"
      ? { reason: SeiNodeHealth.sidecarNotReady, message: "the sidecar restarted; it is marked ready again" }
      : { reason: SeiNodeHealth.sidecarUnreachable, message: "the sidecar does not answer" };
  }
  if (!isPodReady(pod)) return podNotReady(pod);
  return undefined;
}

/** seid halts on purpose at an upgrade height: running, sidecar fine, never ready again on this image. */
function podNotReady(pod: DeepReadonly<Pod>): { reason: string; message: string } {
  if (!isSeidRunning(pod))
    return { reason: SeiNodeHealth.podNotReady, message: "the seid container is not running" };
  return {
    reason: SeiNodeHealth.podNotReady,
    message:
      "seid runs but does not report ready: it is starting, catching up, or waits for a chain upgrade at its halt " +
      "height; in the last case set spec.image to the version of the upgrade, the pod is then replaced at once",
  };
}

function planReason(status: DeepReadonly<SeiNodeStatus>): string {
  const { plan } = status;
  if (plan?.phase !== "Active" || plan.failedPhase !== undefined) return SeiNodeHealth.initializing;
  if (isUpdatePlan(plan)) return SeiNodeHealth.updating;
  if (isApplyConfigPlan(plan)) return SeiNodeHealth.applyingConfig;
  return plan.tasks[0]?.type === TaskTypes.markReady
    ? SeiNodeHealth.markingReady
    : SeiNodeHealth.initializing;
}

function progress(input: HealthInput): string {
  const { plan } = input.status;
  if (plan?.phase !== "Active") return "the plan is being made";
  const index = plan.tasks.findIndex((task) => task.status !== "Complete");
  const task = plan.tasks[index];
  if (task === undefined) return "the plan is finishing";
  const at = `task ${task.type} (${index + 1} of ${plan.tasks.length})`;
  return input.waitingFor === undefined ? at : `${at} waits for ${input.waitingFor}`;
}

function failedTask(status: DeepReadonly<SeiNodeStatus>): string {
  const detail = status.plan?.failedTaskDetail;
  return detail === undefined ? "the plan failed" : `task ${detail.type} failed: ${detail.error}`;
}

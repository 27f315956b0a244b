/**
 * Decides what a SeiNode's plan should be (pure). Reads the world as it was observed, returns one decision; building
 * ids, persisting and executing are the reconciler's.
 *
 *   no plan ----------> init | update | mark-ready | apply-config (D23) | none
 *   Active -----------> run | superseded by a new update plan (D2, D5); apply-config also by mark-ready
 *   Complete ---------> cleared, then as "no plan"
 *   Failed (Running) -> kept and shown until its back-off is over or the spec changed (D8), then as "no plan"; apply-config
 *                       until the spec changed or another plan is due
 */
import { type SeiNode, type SeiNodeStatus, type TaskPlan, TaskTypes } from "#api";
import type { DeepReadonly, Pod, StatefulSet } from "#kube";
import type { TaskSpec } from "#plan";
import { applyConfigTasks, isApplyConfigPlan } from "./apply-config-plan.ts";
import { InvalidSpec } from "./errors.ts";
import { type Images, imageDrift } from "./images.ts";
import { initTasks } from "./init-plan.ts";
import { isUpdatePlan, markReadyTasks, targetOf, updateTasks, waitsForOldSidecar } from "./update-plan.ts";
import { validateSpec } from "./validate.ts";

export interface PlannerInput {
  readonly node: DeepReadonly<SeiNode>;
  /** As it will be flushed: probe and peers of this pass included. */
  readonly status: DeepReadonly<SeiNodeStatus>;
  readonly wanted: Images;
  /** The owned pod that is not terminating. */
  readonly pod: DeepReadonly<Pod> | undefined;
  /** As brought in shape in this pass. */
  readonly statefulSet: DeepReadonly<StatefulSet> | undefined;
  /** The sidecar of that pod is known to be dead and not merely out of reach (D5). */
  readonly sidecarDead: boolean;
  /** The sidecar answered 503, and it is time to mark it ready again. */
  readonly reapprovalDue: boolean;
  /** A failed plan has been shown long enough, or something changed that may cure it (D8). */
  readonly retryDue: boolean;
  /** Somebody asked for the configuration to be applied, and the sidecar can do it (D23). */
  readonly applyDue: boolean;
}

export type PlanKind = "init" | "update" | "mark-ready" | "apply-config";

export type Decision =
  | { readonly action: "none" }
  | { readonly action: "run" }
  /** The plan ended and nothing follows. */
  | { readonly action: "clear" }
  | {
      readonly action: "start";
      readonly kind: PlanKind;
      readonly tasks: readonly TaskSpec[];
      /** Why: the message of the drift. Empty for init plans. */
      readonly message: string;
      /** Set when an active plan is dropped for this one. */
      readonly supersedes?: string;
    };

export function decidePlan(input: PlannerInput): Decision {
  const plan = input.status.plan;
  if (plan?.phase === "Active") return supersede(input, plan) ?? { action: "run" };
  const kept = plan?.phase === "Failed" && !input.retryDue;
  // A configuration that could not be applied is no reason to hold up anything else.
  if (kept && !isApplyConfigPlan(plan)) return { action: "none" };
  const next = startNext(input);
  return next ?? { action: plan === undefined || kept ? "none" : "clear" };
}

/** Throws InvalidSpec, naming every contradiction the CRD does not catch (spec/seinode.md 4.2). */
export function requireValid(node: DeepReadonly<SeiNode>): void {
  const problems = validateSpec(node.spec);
  if (problems.length > 0) throw new InvalidSpec(problems.join("; "));
}

function startNext(input: PlannerInput): Decision | undefined {
  const { node, status, wanted, pod } = input;
  requireValid(node);
  if (status.phase !== "Running") {
    return { action: "start", kind: "init", tasks: initTasks(node, status), message: "" };
  }
  const drift = imageDrift(status, wanted, pod, input.statefulSet);
  if (drift !== undefined) return startUpdate(input, drift);
  if (status.plan?.phase === "Failed" && isUnfinishedUpdate(status.plan, wanted)) {
    // The images are there, the config tasks that come after them in D5 order are not: seid must not start without.
    return startUpdate(input, "the last update did not finish");
  }
  if (input.reapprovalDue) return startMarkReady();
  if (input.applyDue)
    return { action: "start", kind: "apply-config", tasks: applyConfigTasks(node), message: "" };
  return undefined;
}

function startUpdate(input: PlannerInput, message: string, supersedes?: string): Decision {
  const tasks = updateTasks(input.node, input.wanted, { sidecarDead: input.sidecarDead });
  return { action: "start", kind: "update", tasks, message, ...(supersedes !== undefined && { supersedes }) };
}

function startMarkReady(supersedes?: string): Decision {
  const message = "the sidecar answers not ready";
  const tasks = markReadyTasks();
  return {
    action: "start",
    kind: "mark-ready",
    tasks,
    message,
    ...(supersedes !== undefined && { supersedes }),
  };
}

/** An init plan is never superseded: what it renders follows the spec, and D24 replaces a pod that cannot start. */
function supersede(input: PlannerInput, plan: DeepReadonly<TaskPlan>): Decision | undefined {
  const { status, wanted, pod } = input;
  if (status.phase !== "Running") return undefined;

  if (!isUpdatePlan(plan)) {
    const drift = imageDrift(status, wanted, pod, input.statefulSet);
    if (drift !== undefined) return startUpdate(input, drift, "an image changed");
    // seid waits at its gate for this, and restart-seid would wait for seid.
    const gateClosed = isApplyConfigPlan(plan) && input.reapprovalDue;
    return gateClosed ? startMarkReady("the sidecar has lost its ready mark") : undefined;
  }
  const target = targetOf(plan) ?? observedBy(plan, status);
  if (target !== undefined && (target.seid !== wanted.seid || target.sidecar !== wanted.sidecar)) {
    // Always a full update plan, even back to the image that was current: the pod may already be on its way to the other.
    const message =
      imageDrift(status, wanted, pod, input.statefulSet) ??
      `image drift detected: spec=${wanted.seid} current=${status.currentImage ?? ""} while rolling to ${target.seid}`;
    return startUpdate(input, message, `the wanted image changed from ${target.seid} to ${wanted.seid}`);
  }
  if (input.sidecarDead && waitsForOldSidecar(plan)) {
    const message =
      imageDrift(status, wanted, pod, input.statefulSet) ?? `image drift detected: spec=${wanted.seid}`;
    return startUpdate(input, message, "the sidecar of the old pod is gone, so the pod is replaced first");
  }
  return undefined;
}

/** It has replaced the pod, or was built because one before it had: the plan that first did is gone by the second failure. */
function isUnfinishedUpdate(plan: DeepReadonly<TaskPlan>, wanted: Images): boolean {
  const target = targetOf(plan);
  if (target?.seid === wanted.seid && target.sidecar === wanted.sidecar) return true;
  return plan.tasks.some((task) => task.type === TaskTypes.replacePod && task.status === "Complete");
}

/** A plan of the reference operator tells its target once it has observed it. */
function observedBy(plan: DeepReadonly<TaskPlan>, status: DeepReadonly<SeiNodeStatus>): Images | undefined {
  const observed = plan.tasks.some(
    (task) => task.type === TaskTypes.observeImage && task.status === "Complete",
  );
  const { currentImage, currentSidecarImage } = status;
  return observed && currentImage && currentSidecarImage
    ? { seid: currentImage, sidecar: currentSidecarImage }
    : undefined;
}

/** Which kind of plan this is, in the words of the plan_type label (spec/seinode.md 9.3). */
export function planType(
  plan: DeepReadonly<TaskPlan>,
): "init" | "node-update" | "mark-ready-reapply" | "apply-config" | "unknown" {
  for (const task of plan.tasks) {
    if (task.type === TaskTypes.observeImage) return "node-update";
    if (task.type === TaskTypes.ensureDataPvc) return "init";
  }
  if (isApplyConfigPlan(plan)) return "apply-config";
  return plan.tasks.length === 1 && plan.tasks[0]?.type === TaskTypes.markReady
    ? "mark-ready-reapply"
    : "unknown";
}

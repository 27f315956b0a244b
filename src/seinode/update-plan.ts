/** The tasks that carry a Running node to other images, or re-open its start gate (spec/seinode.md 4.5, design D5). */
import { type SeiNode, type TaskPlan, TaskTypes } from "#api";
import type { DeepReadonly } from "#kube";
import type { TaskSpec } from "#plan";
import { sidecarTaskType } from "#sidecar";
import { configPatchParams } from "./config-intent.ts";
import type { Images } from "./images.ts";
import { keyGates } from "./key-gates.ts";
import { controllerTask, sidecarTask } from "./task-specs.ts";

/**
 * With a live sidecar the two config tasks run on the old pod, so that the new seid never starts on the old config.
 * When the old pod's sidecar is dead they would wait for ever on a pod that only this plan replaces (D5): then the pod
 * goes first.
 */
export function updateTasks(
  node: DeepReadonly<SeiNode>,
  wanted: Images,
  options: { sidecarDead: boolean },
): TaskSpec[] {
  const apply = [
    controllerTask(TaskTypes.applyStatefulSet, node),
    controllerTask(TaskTypes.applyService, node),
  ];
  const config = [
    sidecarTask(TaskTypes.configPatch, configPatchParams(node)),
    sidecarTask(TaskTypes.configValidate),
  ];
  const replace = [
    controllerTask(TaskTypes.replacePod, node),
    controllerTask(TaskTypes.observeImage, node, { image: wanted.seid, sidecarImage: wanted.sidecar }),
  ];
  const middle = options.sidecarDead ? [...replace, ...config] : [...config, ...replace];
  return [...keyGates(node), ...apply, ...middle, sidecarTask(TaskTypes.markReady)];
}

export function markReadyTasks(): TaskSpec[] {
  return [sidecarTask(TaskTypes.markReady)];
}

export function isUpdatePlan(plan: DeepReadonly<TaskPlan>): boolean {
  return plan.tasks.some((task) => task.type === TaskTypes.observeImage);
}

/** What the plan was built for; `undefined` for a plan of the reference operator, which does not record it. */
export function targetOf(plan: DeepReadonly<TaskPlan>): Images | undefined {
  const params = plan.tasks.find((task) => task.type === TaskTypes.observeImage)?.params as
    | { image?: unknown; sidecarImage?: unknown }
    | undefined;
  return typeof params?.image === "string" && typeof params.sidecarImage === "string"
    ? { seid: params.image, sidecar: params.sidecarImage }
    : undefined;
}

/** Whether the plan still has to ask the sidecar of a pod that a later task of it is to replace. */
export function waitsForOldSidecar(plan: DeepReadonly<TaskPlan>): boolean {
  const replace = plan.tasks.findIndex((task) => task.type === TaskTypes.replacePod);
  return plan.tasks
    .slice(0, Math.max(0, replace))
    .some((task) => task.status !== "Complete" && sidecarTaskType(task.type) !== undefined);
}

/** Whether everything that comes before the replacement of the pod is done. */
export function isReplacingPod(plan: DeepReadonly<TaskPlan>): boolean {
  const next = plan.tasks.findIndex((task) => task.status !== "Complete");
  const replace = plan.tasks.findIndex((task) => task.type === TaskTypes.replacePod);
  return plan.phase === "Active" && replace >= 0 && next >= replace;
}

/** The plan behind `sei.io/apply-config`: brings a Running node's configuration up to spec and restarts seid (design D23). */
import { type SeiNode, type TaskPlan, TaskTypes } from "#api";
import type { DeepReadonly } from "#kube";
import type { TaskSpec } from "#plan";
import { configUpdateParams } from "./config-intent.ts";
import { sidecarTask } from "./task-specs.ts";

export function applyConfigTasks(node: DeepReadonly<SeiNode>): TaskSpec[] {
  return [
    sidecarTask(TaskTypes.configApply, configUpdateParams(node)),
    // Before seid is stopped: on a configuration that is no good it would not come back.
    sidecarTask(TaskTypes.configValidate),
    sidecarTask(TaskTypes.restartSeid),
  ];
}

/** No other plan of a SeiNode restarts seid in its pod. */
export function isApplyConfigPlan(plan: DeepReadonly<TaskPlan> | undefined): boolean {
  return plan?.tasks.some((task) => task.type === TaskTypes.restartSeid) ?? false;
}

/** Whether the sidecar may have been told to restart seid: then the same request must not lead to another plan. */
export function mayHaveRestartedSeid(plan: DeepReadonly<TaskPlan>): boolean {
  const next = plan.tasks.find((task) => task.status !== "Complete");
  return next === undefined || next.type === TaskTypes.restartSeid;
}

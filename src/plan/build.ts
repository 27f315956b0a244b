/** Builds a plan. It must be persisted before its first task runs (design section 2). */
import type { TaskPlan } from "#api";
import { taskId } from "./ids.ts";

export interface TaskSpec {
  readonly type: string;
  /** JSON, frozen into the plan. Keys are kept as given: sidecar tasks use the wire keys. */
  readonly params?: unknown;
  /** Failures after which the task is tried again. Default 0: the first failure is final. */
  readonly maxRetries?: number;
}

export interface PlanSpec {
  /** A new version 4 UUID (`Random.uuid()`); a rebuilt plan never reuses one. */
  readonly id: string;
  readonly tasks: readonly TaskSpec[];
  readonly targetPhase?: TaskPlan["targetPhase"];
  readonly failedPhase?: TaskPlan["failedPhase"];
}

/** An Active plan with every task Pending. Absent and zero options leave no key behind, as the Go operator writes it. */
export function buildPlan(spec: PlanSpec): TaskPlan {
  return {
    id: spec.id,
    phase: "Active",
    tasks: spec.tasks.map((task, index) => ({
      type: task.type,
      id: taskId(spec.id, task.type, index),
      status: "Pending",
      ...(task.params === undefined ? {} : { params: structuredClone(task.params) }),
      ...(task.maxRetries === undefined || task.maxRetries === 0 ? {} : { maxRetries: task.maxRetries }),
    })),
    ...(spec.targetPhase === undefined ? {} : { targetPhase: spec.targetPhase }),
    ...(spec.failedPhase === undefined ? {} : { failedPhase: spec.failedPhase }),
  };
}

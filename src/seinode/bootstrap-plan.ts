/**
 * The init plan of a node that is brought to its target height by a Job with an older image first (spec/seinode.md 4.4),
 * and what a stored plan says about that Job (design D16). Pure.
 *
 *   no plan, bootstrap wanted ---------> held
 *   teardown-bootstrap not complete ---> held, whatever became of the plan: the Job's pod may have the volume
 *   teardown-bootstrap complete -------> not held; planned again, the plan starts behind the bootstrap
 */
import { type SeiNode, type SeiNodeStatus, type TaskPlan, TaskTypes } from "#api";
import type { DeepReadonly } from "#kube";
import type { TaskSpec } from "#plan";
import { bootstrapJobName, snapshotOf } from "./render/index.ts";
import { sidecarProgression } from "./sidecar-progression.ts";
import { storedParam } from "./stored-params.ts";
import { controllerTask } from "./task-specs.ts";

/** A genesis ceremony starts from nothing, whatever the snapshot says. */
export function needsBootstrap(node: DeepReadonly<SeiNode>): boolean {
  return bootstrapHeight(node) !== undefined && !node.spec.validator?.genesisCeremony;
}

/** `gates` are the checks of a validator's keys: they come before anything that runs seid. */
export function bootstrapTasks(
  node: DeepReadonly<SeiNode>,
  status: DeepReadonly<SeiNodeStatus>,
  gates: readonly TaskSpec[],
): TaskSpec[] {
  const { name, namespace = "" } = node.metadata;
  const jobName = bootstrapJobName(name);
  const reached = bootstrappedHeight(status.plan);
  const done = reached !== undefined && reached === bootstrapHeight(node);
  const first: TaskSpec[] = [
    { type: TaskTypes.deployBootstrapService, params: { serviceName: name, namespace } },
    { type: TaskTypes.deployBootstrapJob, params: { jobName, namespace } },
    ...sidecarProgression(node, status, { restore: true, upload: false }),
    { type: TaskTypes.awaitBootstrapComplete, params: { jobName, namespace } },
    teardownTask(node),
  ];
  return [
    controllerTask(TaskTypes.ensureDataPvc, node),
    controllerTask(TaskTypes.applyRbacProxyConfig, node),
    ...gates,
    // A volume at its height is not taken there again: seid refuses to halt where it has been already.
    ...(done ? [] : first),
    controllerTask(TaskTypes.applyStatefulSet, node, done ? { bootstrappedHeight: reached } : {}),
    controllerTask(TaskTypes.applyService, node),
    ...sidecarProgression(node, status, { restore: false, upload: true }),
  ];
}

export function teardownTask(node: DeepReadonly<SeiNode>): TaskSpec {
  const { name, namespace = "" } = node.metadata;
  return {
    type: TaskTypes.teardownBootstrap,
    params: { jobName: bootstrapJobName(name), serviceName: name, namespace },
  };
}

/** The plan made, or may have made, a Job that it has not removed. */
export function leavesBootstrapJob(plan: DeepReadonly<TaskPlan> | undefined): boolean {
  return (
    plan?.tasks.some(({ type, status }) => type === TaskTypes.teardownBootstrap && status !== "Complete") ??
    false
  );
}

/** The plan works on the bootstrap pod now; the node has no other. */
export function isBootstrapping(plan: DeepReadonly<TaskPlan> | undefined): boolean {
  return plan?.phase === "Active" && leavesBootstrapJob(plan);
}

/** D16: the StatefulSet must have no pod. */
export function isHeldForBootstrap(
  node: DeepReadonly<SeiNode>,
  status: DeepReadonly<SeiNodeStatus>,
): boolean {
  const { plan, phase } = status;
  if (phase === "Running") return false;
  if (leavesBootstrapJob(plan)) return true;
  if (plan?.phase === "Active") return false;
  return needsBootstrap(node) && bootstrappedHeight(plan) !== bootstrapHeight(node);
}

function bootstrapHeight(node: DeepReadonly<SeiNode>): number | undefined {
  const snapshot = snapshotOf(node);
  const height = snapshot?.s3?.targetHeight ?? 0;
  return snapshot?.bootstrapImage && height > 0 ? height : undefined;
}

/** The height at which the volume is, if this plan took it there or began from there. */
function bootstrappedHeight(plan: DeepReadonly<TaskPlan> | undefined): number | undefined {
  const find = (type: string) => plan?.tasks.find((task) => task.type === type);
  const known = numberIn(find(TaskTypes.applyStatefulSet)?.params, "bootstrappedHeight");
  if (known !== undefined) return known;
  if (find(TaskTypes.teardownBootstrap)?.status !== "Complete") return undefined;
  if (find(TaskTypes.awaitBootstrapComplete)?.status !== "Complete") return undefined;
  return numberIn(find(TaskTypes.snapshotRestore)?.params, "targetHeight");
}

function numberIn(params: unknown, key: string): number | undefined {
  const value = storedParam(params, key);
  return typeof value === "number" ? value : undefined;
}

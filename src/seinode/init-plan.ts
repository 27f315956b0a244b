/**
 * The tasks that bring a node up (spec/seinode.md 4.3, 4.4). Order is load-bearing: each position says what must have
 * happened before. Params are frozen here; what is not known yet (resolved peers) must be resolved before the build.
 */
import { type SeiNode, type SeiNodeStatus, TaskTypes } from "#api";
import type { DeepReadonly } from "#kube";
import type { TaskSpec } from "#plan";
import { bootstrapTasks, leavesBootstrapJob, needsBootstrap, teardownTask } from "./bootstrap-plan.ts";
import { UnsupportedSpec } from "./errors.ts";
import { sidecarProgression } from "./sidecar-progression.ts";
import { controllerTask } from "./task-specs.ts";

export function initTasks(node: DeepReadonly<SeiNode>, status: DeepReadonly<SeiNodeStatus>): TaskSpec[] {
  refuseUnsupported(node);
  const gates: TaskSpec[] = [];
  if (needsBootstrap(node)) return bootstrapTasks(node, status, gates);
  return [
    controllerTask(TaskTypes.ensureDataPvc, node),
    ...gates,
    controllerTask(TaskTypes.applyRbacProxyConfig, node),
    // Of an earlier plan whose spec wanted a bootstrap: its pod has the volume.
    ...(leavesBootstrapJob(status.plan) ? [teardownTask(node)] : []),
    controllerTask(TaskTypes.applyStatefulSet, node),
    controllerTask(TaskTypes.applyService, node),
    ...sidecarProgression(node, status, { restore: true, upload: true }),
  ];
}

/** Throws UnsupportedSpec for a node that this version could not bring up to its end. */
export function refuseUnsupported(node: DeepReadonly<SeiNode>): void {
  const { validator, replayer } = node.spec;
  const unsupported =
    (validator !== undefined && "spec.validator") || (replayer !== undefined && "spec.replayer") || undefined;
  if (unsupported !== undefined) {
    throw new UnsupportedSpec(
      `${unsupported} is set, but this version of the controller cannot initialise such a node; ` +
        "use spec.fullNode or spec.archive, or a version that supports it",
    );
  }
}

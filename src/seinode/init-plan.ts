/**
 * The tasks that bring a node up (spec/seinode.md 4.3, 4.4). Order is load-bearing: each position says what must have
 * happened before. Params are frozen here; what is not known yet (resolved peers) must be resolved before the build.
 */
import { type SeiNode, type SeiNodeStatus, TaskTypes } from "#api";
import type { DeepReadonly } from "#kube";
import type { TaskSpec } from "#plan";
import { bootstrapTasks, leavesBootstrapJob, needsBootstrap, teardownTask } from "./bootstrap-plan.ts";
import { ceremonyOf, genesisTasks } from "./genesis-plan.ts";
import { keyGates } from "./key-gates.ts";
import { sidecarProgression } from "./sidecar-progression.ts";
import { controllerTask } from "./task-specs.ts";

export function initTasks(node: DeepReadonly<SeiNode>, status: DeepReadonly<SeiNodeStatus>): TaskSpec[] {
  const ceremony = ceremonyOf(node);
  if (ceremony !== undefined) return genesisTasks(node, ceremony);
  if (needsBootstrap(node)) return bootstrapTasks(node, status, keyGates(node));
  return [
    controllerTask(TaskTypes.ensureDataPvc, node),
    ...keyGates(node),
    controllerTask(TaskTypes.applyRbacProxyConfig, node),
    // Of an earlier plan whose spec wanted a bootstrap: its pod has the volume.
    ...(leavesBootstrapJob(status.plan) ? [teardownTask(node)] : []),
    controllerTask(TaskTypes.applyStatefulSet, node),
    controllerTask(TaskTypes.applyService, node),
    ...sidecarProgression(node, status, { restore: true, upload: true }),
  ];
}

/**
 * The tasks that bring a node up (spec/seinode.md 4.3, 4.4). Order is load-bearing: each position says what must have
 * happened before. Params are frozen here; what is not known yet (resolved peers) must be resolved before the build.
 */
import { type SeiNode, type SeiNodeStatus, TaskTypes } from "#api";
import type { DeepReadonly } from "#kube";
import type { TaskSpec } from "#plan";
import { configApplyParams } from "./config-intent.ts";
import { UnsupportedSpec } from "./errors.ts";
import { ceremonyOf, genesisTasks } from "./genesis-plan.ts";
import { keyGates } from "./key-gates.ts";
import { discoverPeersParams } from "./peers.ts";
import { controllerTask, sidecarTask } from "./task-specs.ts";

export function initTasks(node: DeepReadonly<SeiNode>, status: DeepReadonly<SeiNodeStatus>): TaskSpec[] {
  refuseUnsupported(node);
  const ceremony = ceremonyOf(node);
  if (ceremony !== undefined) return genesisTasks(node, ceremony);
  return [
    controllerTask(TaskTypes.ensureDataPvc, node),
    ...keyGates(node),
    controllerTask(TaskTypes.applyRbacProxyConfig, node),
    controllerTask(TaskTypes.applyStatefulSet, node),
    controllerTask(TaskTypes.applyService, node),
    ...sidecarProgression(node, status),
  ];
}

export function snapshotOf(node: DeepReadonly<SeiNode>) {
  const { fullNode, validator, replayer } = node.spec;
  return fullNode?.snapshot ?? validator?.snapshot ?? replayer?.snapshot;
}

function sidecarProgression(node: DeepReadonly<SeiNode>, status: DeepReadonly<SeiNodeStatus>): TaskSpec[] {
  const snapshot = snapshotOf(node);
  const peers = discoverPeersParams(node, status);
  const tasks: TaskSpec[] = [];
  if (snapshot?.s3 !== undefined) {
    tasks.push(sidecarTask(TaskTypes.snapshotRestore, { targetHeight: snapshot.s3.targetHeight }));
  }
  tasks.push(sidecarTask(TaskTypes.configureGenesis));
  // config-apply writes config.toml whole, so everything that edits it comes after.
  tasks.push(sidecarTask(TaskTypes.configApply, configApplyParams(node).params));
  if (peers !== undefined) tasks.push(sidecarTask(TaskTypes.discoverPeers, peers));
  if (snapshot !== undefined) {
    tasks.push(sidecarTask(TaskTypes.configureStateSync, stateSyncParams(snapshot, status)));
  }
  tasks.push(sidecarTask(TaskTypes.configValidate));
  if (publishesSnapshots(node)) tasks.push(sidecarTask(TaskTypes.snapshotUpload));
  tasks.push(sidecarTask(TaskTypes.markReady));
  return tasks;
}

function stateSyncParams(
  snapshot: NonNullable<ReturnType<typeof snapshotOf>>,
  status: DeepReadonly<SeiNodeStatus>,
): Record<string, unknown> {
  const witnesses = status.resolvedRPCWitnesses ?? [];
  return {
    useLocalSnapshot: snapshot.s3 !== undefined,
    ...(snapshot.trustPeriod && { trustPeriod: snapshot.trustPeriod }),
    ...((snapshot.backfillBlocks ?? 0) > 0 && { backfillBlocks: snapshot.backfillBlocks }),
    ...(witnesses.length > 0 && { rpcServers: [...witnesses] }),
  };
}

function publishesSnapshots(node: DeepReadonly<SeiNode>): boolean {
  const generation = node.spec.fullNode?.snapshotGeneration ?? node.spec.archive?.snapshotGeneration;
  return generation?.tendermint?.publish !== undefined;
}

/** Throws UnsupportedSpec for a node that this version could not bring up to its end. */
export function refuseUnsupported(node: DeepReadonly<SeiNode>): void {
  if (ceremonyOf(node) !== undefined || !snapshotOf(node)?.bootstrapImage) return;
  throw new UnsupportedSpec(
    "snapshot.bootstrapImage is set, but this version of the controller cannot initialise such a node; " +
      "leave it out, or use a version that supports it",
  );
}

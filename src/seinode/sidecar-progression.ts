/** The part of an init plan that the sidecar does (spec/seinode.md 4.3). Params are frozen here. */
import { type SeiNode, type SeiNodeStatus, TaskTypes } from "#api";
import type { DeepReadonly } from "#kube";
import type { TaskSpec } from "#plan";
import { type ConfigApplyParams, configApplyParams } from "./config-intent.ts";
import { keptConfigApplyParams } from "./kept-config.ts";
import { discoverPeersParams } from "./peers.ts";
import { snapshotOf } from "./render/index.ts";
import { sidecarTask } from "./task-specs.ts";

export interface ProgressionOptions {
  /** Whether the state comes from the spec's snapshot. False: it is on the volume already. */
  readonly restore: boolean;
  /** Whether snapshots are published, where the spec says so. */
  readonly upload: boolean;
}

export function sidecarProgression(
  node: DeepReadonly<SeiNode>,
  status: DeepReadonly<SeiNodeStatus>,
  options: ProgressionOptions,
): TaskSpec[] {
  const snapshot = options.restore ? snapshotOf(node) : undefined;
  const peers = discoverPeersParams(node, status);
  const tasks: TaskSpec[] = [];
  if (snapshot?.s3 !== undefined) {
    tasks.push(sidecarTask(TaskTypes.snapshotRestore, { targetHeight: snapshot.s3.targetHeight }));
  }
  tasks.push(sidecarTask(TaskTypes.configureGenesis));
  // config-apply writes config.toml whole, so everything that edits it comes after.
  tasks.push(sidecarTask(TaskTypes.configApply, configApply(node, status, snapshot !== undefined)));
  if (peers !== undefined) tasks.push(sidecarTask(TaskTypes.discoverPeers, peers));
  if (snapshot !== undefined) {
    tasks.push(sidecarTask(TaskTypes.configureStateSync, stateSyncParams(snapshot, status)));
  }
  tasks.push(sidecarTask(TaskTypes.configValidate));
  if (options.upload && publishesSnapshots(node)) tasks.push(sidecarTask(TaskTypes.snapshotUpload));
  tasks.push(sidecarTask(TaskTypes.markReady));
  return tasks;
}

function configApply(
  node: DeepReadonly<SeiNode>,
  status: DeepReadonly<SeiNodeStatus>,
  usesStateSync: boolean,
): ConfigApplyParams {
  return usesStateSync ? keptConfigApplyParams(node, status.plan) : configApplyParams(node).params;
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

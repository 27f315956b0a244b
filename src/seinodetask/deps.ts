/** What the SeiNodeTask controller is given, and what it remembers between passes. All of it may be lost at any moment. */
import type { SeiNodeTask } from "#api";
import { seiNodeTasks } from "#api";
import type { Clock } from "#clock";
import { type Client, type EventRecorder, formatKey, type ObjectKey, StatusWriter } from "#kube";
import type { PlanEngine, SidecarTaskRunner } from "#plan";
import type { SidecarFactory } from "#sidecar";
import type { SeiNodeMetrics, SeiNodeTaskMetrics } from "#telemetry";

/** Handed in by main (and by tests, which own every one of them). */
export interface SeiNodeTaskDeps {
  readonly client: Client;
  readonly clock: Clock;
  readonly sidecars: SidecarFactory;
  readonly recorder: EventRecorder;
  readonly metrics: SeiNodeTaskMetrics;
  /** Counted with those of the other kinds. */
  readonly errors: Pick<SeiNodeMetrics, "reconcileError">;
  readonly engine: PlanEngine;
  readonly sidecarTasks: SidecarTaskRunner;
}

export interface SeiNodeTaskRuntime extends SeiNodeTaskDeps {
  readonly statusWriter: StatusWriter<SeiNodeTask>;
  /** Key -> uid of the task last seen under it: engine and runner remember by uid. */
  readonly uids: Map<string, string>;
}

export function createRuntime(deps: SeiNodeTaskDeps): SeiNodeTaskRuntime {
  return {
    ...deps,
    statusWriter: new StatusWriter<SeiNodeTask>(deps.client, seiNodeTasks),
    uids: new Map(),
  };
}

/** To be called in each pass: a task that was replaced by another of its name leaves nothing behind. */
export function rememberTask(runtime: SeiNodeTaskRuntime, key: string, uid: string): void {
  const known = runtime.uids.get(key);
  if (known !== undefined && known !== uid) forgetExecution(runtime, known);
  runtime.uids.set(key, uid);
}

/** The execution ended: nothing is paced any more. */
export function forgetExecution(runtime: SeiNodeTaskRuntime, uid: string): void {
  runtime.engine.forget(uid);
  runtime.sidecarTasks.forget(uid);
}

/** Nothing in memory, and no series, outlives its object. */
export function forgetTask(runtime: SeiNodeTaskRuntime, key: ObjectKey): void {
  const text = formatKey(key);
  const uid = runtime.uids.get(text);
  if (uid !== undefined) forgetExecution(runtime, uid);
  runtime.uids.delete(text);
  runtime.statusWriter.forget(text);
  runtime.metrics.forget(key.namespace ?? "", key.name);
}

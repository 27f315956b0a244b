/** Deletes a finished task when `ttlSecondsAfterFinished` is over, as on Jobs. Without it, a task is kept for ever. */
import { type SeiNodeTask, SeiNodeTaskConditions, seiNodeTasks } from "#api";
import { type DeepReadonly, findCondition, isConflict, isNotFound, keyOf, type ReconcileResult } from "#kube";
import type { SeiNodeTaskRuntime } from "./deps.ts";

const RETRY_MS = 1_000;

export async function retireTask(
  runtime: Pick<SeiNodeTaskRuntime, "client" | "clock">,
  task: DeepReadonly<SeiNodeTask>,
  signal: AbortSignal,
): Promise<ReconcileResult> {
  const leftMs = timeLeftMs(task, runtime.clock.now());
  if (leftMs === undefined || task.metadata.deletionTimestamp !== undefined) return {};
  if (leftMs > 0) return { requeueAfterMs: leftMs };
  const { uid, resourceVersion } = task.metadata;
  try {
    // The version too: it may have been given more time a moment ago.
    await runtime.client.delete(
      seiNodeTasks,
      keyOf(task),
      { preconditions: { uid, resourceVersion } },
      signal,
    );
  } catch (error) {
    if (isNotFound(error)) return {};
    if (isConflict(error)) return { requeueAfterMs: RETRY_MS };
    throw error;
  }
  return {};
}

/** `undefined`: it is kept. */
export function timeLeftMs(task: DeepReadonly<SeiNodeTask>, now: number): number | undefined {
  const ttl = task.spec?.ttlSecondsAfterFinished;
  const finishedAt = task.status?.phaseTransitionTime ?? endCondition(task)?.lastTransitionTime;
  if (ttl === undefined || finishedAt === undefined) return undefined;
  return Date.parse(finishedAt) + ttl * 1_000 - now;
}

function endCondition({ status }: DeepReadonly<SeiNodeTask>) {
  const { ready, failed } = SeiNodeTaskConditions;
  return findCondition(status?.conditions, ready) ?? findCondition(status?.conditions, failed);
}

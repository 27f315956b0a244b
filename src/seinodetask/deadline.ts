/** Until when an execution may take (spec/seinodetask.md 6). Pure. */
import type { SeiNodeTaskSpec, SeiNodeTaskStatus } from "#api";
import type { DeepReadonly } from "#kube";
import type { TaskKind } from "./kinds/index.ts";

/** `undefined`: as long as it takes. A positive `timeoutSeconds` always wins over the default of the kind. */
export function timeLimitMs(
  spec: Pick<DeepReadonly<SeiNodeTaskSpec>, "timeoutSeconds">,
  kind: Pick<TaskKind, "timeLimitMs">,
): number | undefined {
  const seconds = spec.timeoutSeconds ?? 0;
  return seconds > 0 ? seconds * 1_000 : kind.timeLimitMs;
}

/** Epoch milliseconds. Waiting for the target is not charged: the clock starts when the execution is recorded. */
export function deadlineOf(
  status: DeepReadonly<SeiNodeTaskStatus>,
  limitMs: number | undefined,
): number | undefined {
  const startedAt = status.task?.executionStartedAt;
  return limitMs === undefined || startedAt === undefined ? undefined : Date.parse(startedAt) + limitMs;
}

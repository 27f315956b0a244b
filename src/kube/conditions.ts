/** `metav1.Condition` lists: set one, find one. */

export interface Condition {
  type: string;
  status: "True" | "False" | "Unknown";
  reason: string;
  message: string;
  lastTransitionTime: string;
  observedGeneration?: number;
}

export type ConditionUpdate = Pick<Condition, "type" | "status" | "reason" | "message">;

/** Longest message the CRDs take (api.md 3.7). */
const MAX_MESSAGE_LENGTH = 32_768;

export function findCondition<C extends { readonly type: string }>(
  conditions: readonly C[] | undefined,
  type: string,
): C | undefined {
  return conditions?.find((condition) => condition.type === type);
}

/**
 * Sets the condition in place. `lastTransitionTime` moves only when the status flips, so that an unchanged condition
 * is not written again.
 */
export function setCondition(
  conditions: Condition[],
  update: ConditionUpdate,
  at: { generation: number; time: string },
): void {
  const message = update.message.slice(0, MAX_MESSAGE_LENGTH);
  const existing = findCondition(conditions, update.type);
  if (existing === undefined) {
    conditions.push({ ...update, message, lastTransitionTime: at.time, observedGeneration: at.generation });
    return;
  }
  if (existing.status !== update.status) existing.lastTransitionTime = at.time;
  existing.status = update.status;
  existing.reason = update.reason;
  existing.message = message;
  existing.observedGeneration = at.generation;
}

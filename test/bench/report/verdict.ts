import type { Figure } from "./contract.ts";

/** Unknown when there is no target, no value, or the bucket the value lies in reaches across the target. */
export function verdict({ value, above, target }: Figure): "ok" | "MISSED" | "unknown" {
  if (value === undefined || target === undefined) return "unknown";
  const holds = target.op === "<" ? value < target.value : value <= target.value;
  if (holds) return "ok";
  return above !== undefined && above < target.value ? "unknown" : "MISSED";
}

/** The payload of a kind. Admission demands it, but an object may be older than the rule, or the rule may be gone. */
import type { SeiNodeTaskSpec } from "#api";
import type { DeepReadonly } from "#kube";
import { ParamsError } from "../errors.ts";

type PayloadName = Exclude<
  keyof SeiNodeTaskSpec,
  "kind" | "target" | "timeoutSeconds" | "ttlSecondsAfterFinished"
>;

export function requirePayload<Name extends PayloadName>(
  spec: DeepReadonly<SeiNodeTaskSpec>,
  name: Name,
): NonNullable<DeepReadonly<SeiNodeTaskSpec>[Name]> {
  const payload = spec[name];
  if (payload === undefined || payload === null)
    throw new ParamsError(`spec.${name} is required when kind=${spec.kind}`);
  return payload;
}

/** Optional fields are sent only when there is something in them (spec/seinodetask.md 7.6). */
export function nonEmpty(values: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).filter((entry): entry is [string, string] => (entry[1] ?? "") !== ""),
  );
}

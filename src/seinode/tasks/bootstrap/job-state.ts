/** What a bootstrap Job says of itself (pure). */
import { Annotations } from "#api";
import type { DeepReadonly, Job } from "#kube";

export type JobEnd = { readonly state: "succeeded" } | { readonly state: "failed"; readonly message: string };

/** `undefined` while it runs. */
export function endOf(job: DeepReadonly<Job>): JobEnd | undefined {
  for (const { type, status, reason, message } of job.status?.conditions ?? []) {
    if (status !== "True") continue;
    if (type === "Complete") return { state: "succeeded" };
    if (type === "Failed") {
      const why = message || reason || "it gives no reason";
      return { state: "failed", message: `bootstrap Job ${job.metadata.name} failed: ${why}` };
    }
  }
  return undefined;
}

/** A Job without the mark was made by the reference operator, whose plans we go on with. */
export function isOfOtherPlan(job: DeepReadonly<Job>, planId: string | undefined): boolean {
  const made = job.metadata.annotations?.[Annotations.plan];
  return made !== undefined && made !== planId;
}

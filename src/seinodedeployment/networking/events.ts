/** Which events a change of the networking is worth: only what the status did not already tell (design D12, QUIRK 17). */
import { NetworkingProblems, type SeiNodeDeployment, SeiNodeDeploymentEvents } from "#api";
import type { Condition, DeepReadonly } from "#kube";
import { type Outcome, tellHttp } from "./condition.ts";

export interface Announcement {
  readonly type: "Normal" | "Warning";
  readonly reason: string;
  readonly message: string;
}

/** `told`: NetworkingReady as it was last written. */
export function announcements(
  group: DeepReadonly<SeiNodeDeployment>,
  outcome: Outcome,
  told: DeepReadonly<Condition> | undefined,
): readonly Announcement[] {
  const all: Announcement[] = [];
  for (const { reason, message } of outcome.problems) {
    if (reason !== NetworkingProblems.nameConflict || told?.message.includes(message)) continue;
    all.push({ type: "Warning", reason: SeiNodeDeploymentEvents.nameConflict, message });
  }
  const http = outcome.http && tellHttp(group, outcome.http);
  // Under another tier's reason its message is what was told of HTTP.
  if (http === undefined || told?.reason === http.reason || told?.message.includes(http.message)) return all;
  const { message } = http;
  if (outcome.http?.is === "published")
    all.push({ type: "Normal", reason: SeiNodeDeploymentEvents.httpRoutesPublished, message });
  if (outcome.http?.is === "crdMissing")
    all.push({ type: "Warning", reason: SeiNodeDeploymentEvents.crdNotInstalled, message });
  return all;
}

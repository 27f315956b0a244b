import type { Registry } from "prom-client";
import type { Clock } from "#clock";
import { NamespaceSeries } from "./namespace-series.ts";
import { createPhaseSeries, type PhaseSeries } from "./phase-series.ts";

/** What the SeiNodeTask controller reports (spec/seinodetask.md 11). Every method is synchronous, cheap and never throws. */
export type SeiNodeTaskMetrics = PhaseSeries;

export function createSeiNodeTaskMetrics(registry: Registry, clock: Clock): SeiNodeTaskMetrics {
  return createPhaseSeries(registry, new NamespaceSeries(clock), {
    kind: "seinodetask",
    title: "SeiNodeTask",
    phases: ["Pending", "Running", "Complete", "Failed"],
  });
}

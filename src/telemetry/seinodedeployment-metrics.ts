import { Gauge, type Registry } from "prom-client";
import type { Clock } from "#clock";
import { NamespaceSeries } from "./namespace-series.ts";
import { createPhaseSeries, type PhaseSeries } from "./phase-series.ts";
import type { SeiNodeMetrics } from "./seinode-metrics.ts";

/** What the SeiNodeDeployment controller reports (spec/seinodedeployment.md 12.3). Synchronous, cheap, never throws. */
export interface SeiNodeDeploymentMetrics extends PhaseSeries {
  replicas(namespace: string, name: string, desired: number, ready: number): void;
  /** Says what is so, not what changed: call it in every pass. */
  planActive(namespace: string, name: string, active: boolean): void;
  planDuration(namespace: string, planType: string, outcome: "complete" | "failed", seconds: number): void;
  reconcileError(namespace: string): void;
}

const KIND = "seinodedeployment";
const PHASES = [
  "Pending",
  "Initializing",
  "Ready",
  "Upgrading",
  "Paused",
  "Degraded",
  "Failed",
  "Terminating",
];

/** `shared`: the families that carry a label `controller`. */
export function createSeiNodeDeploymentMetrics(
  registry: Registry,
  clock: Clock,
  shared: Pick<SeiNodeMetrics, "planActive" | "planDuration" | "reconcileError" | "forget">,
): SeiNodeDeploymentMetrics {
  const phases = createPhaseSeries(registry, new NamespaceSeries(clock), {
    kind: KIND,
    title: "SeiNodeDeployment",
    phases: PHASES,
  });
  const replicas = new Gauge({
    name: "sei_controller_seinodedeployment_replicas",
    help: "Nodes of a SeiNodeDeployment: asked for (desired), and Running (ready).",
    labelNames: ["namespace", "name", "replica_state"],
    registers: [registry],
  });
  return {
    phase: phases.phase,
    phaseTransition: phases.phaseTransition,
    replicas(namespace, name, desired, ready) {
      replicas.set({ namespace, name, replica_state: "desired" }, desired);
      replicas.set({ namespace, name, replica_state: "ready" }, ready);
    },
    planActive: (namespace, name, active) => shared.planActive(KIND, namespace, name, active),
    planDuration: (namespace, planType, outcome, seconds) =>
      shared.planDuration(KIND, namespace, planType, outcome, seconds),
    reconcileError: (namespace) => shared.reconcileError(KIND, namespace),
    forget(namespace, name) {
      phases.forget(namespace, name);
      for (const state of ["desired", "ready"]) replicas.remove({ namespace, name, replica_state: state });
      shared.forget(namespace, name, KIND);
    },
  };
}

import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import type { Clock } from "#clock";
import { NamespaceSeries } from "./namespace-series.ts";
import { createPhaseSeries, type PhaseSeries } from "./phase-series.ts";

/**
 * What a reconciler reports about the objects it works on (spec/seinode.md 9.3, design D13).
 *
 * Every method is synchronous, cheap and never throws. A series that carries an object's name is dropped by `forget`.
 */
export interface SeiNodeMetrics extends Pick<PhaseSeries, "phase" | "phaseTransition"> {
  /** `phase`: the one left. Not called when the phase left is empty. */
  phaseDuration(namespace: string, chainId: string, phase: string, seconds: number): void;
  planDuration(
    controller: string,
    namespace: string,
    planType: string,
    outcome: "complete" | "failed",
    seconds: number,
  ): void;
  /** Says what is so, not what changed: call it in every pass. The gauge counts objects with an active plan. */
  planActive(controller: string, namespace: string, name: string, active: boolean): void;
  sidecarProbe(namespace: string, outcome: "ready" | "not_ready" | "unreachable"): void;
  sidecarReady(namespace: string, name: string, ready: boolean): void;
  reconcileError(controller: string, namespace: string): void;
  /**
   * Drops every series of the object, and its share of the gauges that count objects. Safe to repeat. `controller`:
   * whose object it is, as given to `planActive`; default `seinode`.
   */
  forget(namespace: string, name: string, controller?: string): void;
}

/** `controller` label of the SeiNode controller. */
const CONTROLLER = "seinode";
const PHASES = ["Pending", "Initializing", "Running", "Failed", "Terminating"];
const PHASE_SECONDS = [10, 30, 60, 120, 300, 600, 900, 1200, 1800, 3600];
const PLAN_SECONDS = [1, 5, 10, 30, 60, 120, 300, 600, 1800];

export function createSeiNodeMetrics(registry: Registry, clock: Clock): SeiNodeMetrics {
  const registers = [registry];
  // Series with a namespace but no name: they go some time after the last object of their namespace.
  const byNamespace = new NamespaceSeries(clock);
  const phases = createPhaseSeries(registry, byNamespace, {
    kind: CONTROLLER,
    title: "SeiNode",
    phases: PHASES,
  });
  const phaseDuration = new Histogram({
    name: "sei_controller_seinode_phase_duration_seconds",
    help: "Time a SeiNode spent in the phase it left.",
    labelNames: ["namespace", "chain_id", "phase"],
    buckets: PHASE_SECONDS,
    registers,
  });
  const planDuration = new Histogram({
    name: "sei_controller_plan_duration_seconds",
    help: "Time from the first submitted task of a plan to its end.",
    labelNames: ["controller", "namespace", "plan_type", "outcome"],
    buckets: PLAN_SECONDS,
    registers,
  });
  const planActive = new Gauge({
    name: "sei_controller_plan_active",
    help: "Objects with an active plan.",
    labelNames: ["controller", "namespace"],
    registers,
  });
  const probes = new Counter({
    name: "sei_controller_seinode_sidecar_health_probes_total",
    help: "Sidecar health probes by outcome.",
    labelNames: ["controller", "namespace", "outcome"],
    registers,
  });
  const sidecarReady = new Gauge({
    name: "sei_controller_seinode_sidecar_ready",
    help: "1 if the sidecar of a SeiNode said it is ready, else 0.",
    labelNames: ["namespace", "name"],
    registers,
  });
  const errors = new Counter({
    name: "sei_controller_reconcile_errors_total",
    help: "Reconciles that ended in an error.",
    labelNames: ["controller", "namespace"],
    registers,
  });

  const active = new ActivePlans(planActive);
  return {
    phase: phases.phase,
    phaseTransition: phases.phaseTransition,
    phaseDuration(namespace, chainId, left, seconds) {
      const labels = { namespace, chain_id: chainId, phase: left };
      phaseDuration.observe(byNamespace.uses(phaseDuration, labels), seconds);
    },
    planDuration(controller, namespace, planType, outcome, seconds) {
      const labels = { controller, namespace, plan_type: planType, outcome };
      planDuration.observe(byNamespace.uses(planDuration, labels), seconds);
    },
    planActive(controller, namespace, name, isActive) {
      byNamespace.seen(namespace, `${controller}/${name}`);
      active.set(controller, namespace, name, isActive);
    },
    sidecarProbe(namespace, outcome) {
      const labels = { controller: CONTROLLER, namespace, outcome };
      probes.inc(byNamespace.uses(probes, labels));
    },
    sidecarReady(namespace, name, ready) {
      byNamespace.seen(namespace, `${CONTROLLER}/${name}`);
      sidecarReady.set({ namespace, name }, ready ? 1 : 0);
    },
    reconcileError(controller, namespace) {
      errors.inc(byNamespace.uses(errors, { controller, namespace }));
    },
    forget(namespace, name, controller = CONTROLLER) {
      if (controller === CONTROLLER) {
        phases.forget(namespace, name);
        sidecarReady.remove({ namespace, name });
      }
      active.forget(controller, namespace, name);
      byNamespace.gone(namespace, `${controller}/${name}`);
    },
  };
}

/** Counts by set, not by up and down: saying the same twice, or never saying the end, cannot make it drift. */
class ActivePlans {
  readonly #gauge: Gauge<"controller" | "namespace">;
  /** Every known object of a (controller, namespace), and whether its plan is active. */
  readonly #objects = new Map<string, Map<string, boolean>>();

  constructor(gauge: Gauge<"controller" | "namespace">) {
    this.#gauge = gauge;
  }

  set(controller: string, namespace: string, name: string, isActive: boolean): void {
    const group = `${controller}/${namespace}`;
    const objects = this.#objects.get(group) ?? new Map<string, boolean>();
    this.#objects.set(group, objects.set(name, isActive));
    this.#publish(controller, namespace, objects);
  }

  forget(controller: string, namespace: string, name: string): void {
    const group = `${controller}/${namespace}`;
    const objects = this.#objects.get(group);
    if (objects === undefined) return;
    objects.delete(name);
    if (objects.size > 0) {
      this.#publish(controller, namespace, objects);
      return;
    }
    this.#objects.delete(group);
    this.#gauge.remove({ controller, namespace });
  }

  #publish(controller: string, namespace: string, objects: ReadonlyMap<string, boolean>): void {
    let count = 0;
    for (const isActive of objects.values()) if (isActive) count++;
    this.#gauge.set({ controller, namespace }, count);
  }
}

import { Counter, Gauge, type Registry } from "prom-client";
import type { NamespaceSeries } from "./namespace-series.ts";

/** The two families that every kind has: which phase an object is in, and how often phases changed. */
export interface PhaseSeries {
  /** 1 for the current phase, 0 for the other known ones. */
  phase(namespace: string, name: string, phase: string): void;
  /** After a successful flush that changed the phase. `from` is empty on the first transition. */
  phaseTransition(namespace: string, from: string, to: string): void;
  /** Drops the series that carry the object's name. Safe to repeat. */
  forget(namespace: string, name: string): void;
}

export interface PhaseSeriesOptions {
  /** As in the metric names and in the label `controller`: `seinode`. */
  readonly kind: string;
  /** For the help texts: `SeiNode`. */
  readonly title: string;
  readonly phases: readonly string[];
}

export function createPhaseSeries(
  registry: Registry,
  byNamespace: NamespaceSeries,
  { kind, title, phases }: PhaseSeriesOptions,
): PhaseSeries {
  const registers = [registry];
  const gauge = new Gauge({
    name: `sei_controller_${kind}_phase`,
    help: `Phase of a ${title}: 1 for the current phase, 0 for the others.`,
    labelNames: ["namespace", "name", "phase"],
    registers,
    // Once per scrape is often enough, and needs no timer.
    collect: () => byNamespace.sweep(),
  });
  const transitions = new Counter({
    name: `sei_controller_${kind}_phase_transitions_total`,
    help: `Phase changes of ${title}s.`,
    labelNames: ["controller", "namespace", "from_phase", "to_phase"],
    registers,
  });
  /** Phases seen that are not in the list, so that they are zeroed and dropped like the others. */
  const known = new Set(phases);
  return {
    phase(namespace, name, current) {
      byNamespace.seen(namespace, `${kind}/${name}`);
      known.add(current);
      for (const each of known) gauge.set({ namespace, name, phase: each }, each === current ? 1 : 0);
    },
    phaseTransition(namespace, from, to) {
      const labels = { controller: kind, namespace, from_phase: from, to_phase: to };
      transitions.inc(byNamespace.uses(transitions, labels));
    },
    forget(namespace, name) {
      for (const each of known) gauge.remove({ namespace, name, phase: each });
      byNamespace.gone(namespace, `${kind}/${name}`);
    },
  };
}

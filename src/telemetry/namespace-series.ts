import type { Clock } from "#clock";

/**
 * How long the counters of a namespace stay after its last object is gone: long enough for several scrapes to see the
 * last increments, so that `increase()` over the deletion is right.
 */
const GRACE_MS = 10 * 60_000;

interface Removable {
  remove(labels: Record<string, string>): void;
}

interface NamespaceEntry {
  readonly objects: Set<string>;
  readonly series: Map<string, () => void>;
  idleSince: number;
}

/**
 * Drops the series of namespaces that have no objects any more. Without this, a cluster that makes a namespace per test
 * run would grow the process for ever.
 */
export class NamespaceSeries {
  readonly #clock: Clock;
  readonly #namespaces = new Map<string, NamespaceEntry>();
  readonly #metricIds = new Map<Removable, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The object exists: the series of its namespace stay. */
  seen(namespace: string, object: string): void {
    this.#entry(namespace).objects.add(object);
  }

  /** The object is gone. */
  gone(namespace: string, object: string): void {
    const entry = this.#namespaces.get(namespace);
    if (entry?.objects.delete(object)) entry.idleSince = this.#clock.monotonic();
  }

  /** Remembers that the series is in use, and returns its labels. */
  uses<Labels extends { namespace: string } & Record<string, string>>(
    metric: Removable,
    labels: Labels,
  ): Labels {
    const entry = this.#entry(labels.namespace);
    entry.idleSince = this.#clock.monotonic();
    const id = this.#metricIds.get(metric) ?? this.#metricIds.size;
    this.#metricIds.set(metric, id);
    const key = `${id}${JSON.stringify(labels)}`;
    if (!entry.series.has(key)) entry.series.set(key, () => metric.remove(labels));
    return labels;
  }

  sweep(): void {
    const now = this.#clock.monotonic();
    for (const [namespace, entry] of this.#namespaces) {
      if (entry.objects.size > 0 || now - entry.idleSince < GRACE_MS) continue;
      for (const drop of entry.series.values()) drop();
      this.#namespaces.delete(namespace);
    }
  }

  #entry(namespace: string): NamespaceEntry {
    let entry = this.#namespaces.get(namespace);
    if (entry === undefined) {
      entry = { objects: new Set(), series: new Map(), idleSince: this.#clock.monotonic() };
      this.#namespaces.set(namespace, entry);
    }
    return entry;
  }
}

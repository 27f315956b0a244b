/** The metrics of controller-runtime and client-go, by their names, labels and buckets, so that dashboards keep working. */
import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import type { ControllerMetrics, QueueMetrics, RequestObserver } from "#kube";

export interface RuntimeMetrics {
  /** For one controller, before it is made. Its series exist at zero from then on. */
  forController(name: string): ControllerMetrics;
  /** For the queue of that controller. */
  forQueue(name: string): QueueMetrics;
  readonly requests: RequestObserver;
  /** Whether this process holds the lease of that name. */
  leading(lease: string, leading: boolean): void;
}

const RECONCILE_SECONDS = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.25, 1.5,
  1.75, 2, 2.5, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 9, 10, 15, 20, 25, 30, 40, 50, 60,
];
const QUEUE_SECONDS = [1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.1, 1, 10, 100, 1000];
const RESULTS = ["error", "requeue", "requeue_after", "success"];

export function createRuntimeMetrics(registry: Registry): RuntimeMetrics {
  const queues = createQueueSeries(registry);
  const controllers = createControllerSeries(registry);
  const requests = new Counter({
    name: "rest_client_requests_total",
    help: "Number of HTTP requests, partitioned by status code, method, and host.",
    labelNames: ["code", "method", "host"],
    registers: [registry],
  });
  const master = new Gauge({
    name: "leader_election_master_status",
    help: "Whether this process is the leader of the lease: 1 leader, 0 not.",
    labelNames: ["name"],
    registers: [registry],
  });
  return {
    forController: controllers,
    forQueue: queues,
    requests: ({ code, method, host }) => requests.inc({ code, method, host }),
    leading: (name, leading) => master.set({ name }, leading ? 1 : 0),
  };
}

function createControllerSeries(registry: Registry): (name: string) => ControllerMetrics {
  const common = { labelNames: ["controller"] as const, registers: [registry] };
  const total = new Counter({
    name: "controller_runtime_reconcile_total",
    help: "Total number of reconciliations per controller.",
    labelNames: ["controller", "result"],
    registers: [registry],
  });
  const errors = new Counter({
    ...common,
    name: "controller_runtime_reconcile_errors_total",
    help: "Total number of reconciliation errors per controller.",
  });
  const terminal = new Counter({
    ...common,
    name: "controller_runtime_terminal_reconcile_errors_total",
    help: "Total number of terminal reconciliation errors per controller.",
  });
  const panics = new Counter({
    ...common,
    name: "controller_runtime_reconcile_panics_total",
    help: "Total number of reconciliations that ended in a programming error per controller.",
  });
  const timeouts = new Counter({
    ...common,
    name: "controller_runtime_reconcile_timeouts_total",
    help: "Total number of reconciliations that reached their deadline per controller.",
  });
  const time = new Histogram({
    ...common,
    name: "controller_runtime_reconcile_time_seconds",
    help: "Length of time per reconciliation per controller.",
    buckets: RECONCILE_SECONDS,
  });
  const max = new Gauge({
    ...common,
    name: "controller_runtime_max_concurrent_reconciles",
    help: "Maximum number of concurrent reconciles per controller.",
  });
  const active = new Gauge({
    ...common,
    name: "controller_runtime_active_workers",
    help: "Number of currently used workers per controller.",
  });
  return (controller) => {
    const labels = { controller };
    for (const result of RESULTS) total.inc({ controller, result }, 0);
    for (const counter of [errors, terminal, panics, timeouts]) counter.inc(labels, 0);
    active.set(labels, 0);
    return {
      maxConcurrent: (workers) => max.set(labels, workers),
      activeWorkers: (count) => active.set(labels, count),
      reconciled(result, seconds) {
        total.inc({ controller, result });
        time.observe(labels, seconds);
      },
      failed: () => errors.inc(labels),
      terminal: () => terminal.inc(labels),
      panicked: () => panics.inc(labels),
      timedOut: () => timeouts.inc(labels),
    };
  };
}

/** Both labels carry the controller's name, as in controller-runtime. */
function createQueueSeries(registry: Registry): (name: string) => QueueMetrics {
  const common = { labelNames: ["name", "controller"] as const, registers: [registry] };
  const depth = new Gauge({
    ...common,
    name: "workqueue_depth",
    help: "Current depth of workqueue by workqueue.",
  });
  const adds = new Counter({
    ...common,
    name: "workqueue_adds_total",
    help: "Total number of adds handled by workqueue.",
  });
  const retries = new Counter({
    ...common,
    name: "workqueue_retries_total",
    help: "Total number of retries handled by workqueue.",
  });
  const waited = new Histogram({
    ...common,
    name: "workqueue_queue_duration_seconds",
    help: "How long in seconds an item stays in workqueue before being requested.",
    buckets: QUEUE_SECONDS,
  });
  const worked = new Histogram({
    ...common,
    name: "workqueue_work_duration_seconds",
    help: "How long in seconds processing an item from workqueue takes.",
    buckets: QUEUE_SECONDS,
  });
  const readers = new Map<string, () => { totalSeconds: number; longestSeconds: number }>();
  new Gauge({
    ...common,
    name: "workqueue_unfinished_work_seconds",
    help: "How many seconds of work is in progress and not yet observed by work_duration.",
    collect() {
      for (const [name, read] of readers) this.set({ name, controller: name }, read().totalSeconds);
    },
  });
  new Gauge({
    ...common,
    name: "workqueue_longest_running_processor_seconds",
    help: "How many seconds the longest running processor for workqueue has been running.",
    collect() {
      for (const [name, read] of readers) this.set({ name, controller: name }, read().longestSeconds);
    },
  });
  return (name) => {
    const labels = { name, controller: name };
    depth.set(labels, 0);
    adds.inc(labels, 0);
    retries.inc(labels, 0);
    return {
      depth: (keys) => depth.set(labels, keys),
      added: () => adds.inc(labels),
      retried: () => retries.inc(labels),
      waited: (seconds) => waited.observe(labels, seconds),
      worked: (seconds) => worked.observe(labels, seconds),
      unfinished: (read) => void readers.set(name, read),
    };
  };
}

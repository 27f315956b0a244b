import { collectDefaultMetrics, Registry } from "prom-client";
import type { Clock } from "#clock";
import type { Logger } from "#kube";
import { createRuntimeMetrics, type RuntimeMetrics } from "./runtime-metrics.ts";
import { createSeiNodeMetrics, type SeiNodeMetrics } from "./seinode-metrics.ts";
import {
  createSeiNodeDeploymentMetrics,
  type SeiNodeDeploymentMetrics,
} from "./seinodedeployment-metrics.ts";
import { createSeiNodeTaskMetrics, type SeiNodeTaskMetrics } from "./seinodetask-metrics.ts";
import { createStallWatchdog } from "./stall-watchdog.ts";

export interface Telemetry {
  readonly seiNode: SeiNodeMetrics;
  readonly seiNodeDeployment: SeiNodeDeploymentMetrics;
  readonly seiNodeTask: SeiNodeTaskMetrics;
  readonly runtime: RuntimeMetrics;
  /** Runs until the signal aborts. */
  readonly watchdog: (signal: AbortSignal) => Promise<void>;
  /** The body of `GET /metrics`. */
  render(): Promise<string>;
  readonly contentType: string;
  /** For metrics of rooms that come later. */
  readonly registry: Registry;
}

/** One per process; with its own registry, so that tests can make as many as they like. */
export function createTelemetry(clock: Clock, log: Logger): Telemetry {
  const registry = new Registry();
  // 100 ms: at the default of 10 ms the delay monitor alone wakes an idle process a hundred times a second.
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 100 });
  const seiNode = createSeiNodeMetrics(registry, clock);
  return {
    seiNode,
    seiNodeDeployment: createSeiNodeDeploymentMetrics(registry, clock, seiNode),
    seiNodeTask: createSeiNodeTaskMetrics(registry, clock),
    runtime: createRuntimeMetrics(registry),
    watchdog: createStallWatchdog(registry, clock, log),
    render: () => registry.metrics(),
    contentType: registry.contentType,
    registry,
  };
}

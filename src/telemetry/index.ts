/**
 * What the operator tells about itself: metrics and log lines. Knows no reconciler and no API call.
 *
 * A newcomer gets wrong: (1) a series with an object's name must be dropped by `forget`, or it outlives its object;
 * (2) log messages are constant text, the facts go into keys.
 */
export { TIME_ENCODINGS, type TimeEncoding } from "./log-time.ts";
export { createLogger, DEFAULT_LOG_OPTIONS, type LogLevel, type LogOptions } from "./logger.ts";
export type { RuntimeMetrics } from "./runtime-metrics.ts";
export type { SeiNodeMetrics } from "./seinode-metrics.ts";
export type { SeiNodeDeploymentMetrics } from "./seinodedeployment-metrics.ts";
export type { SeiNodeTaskMetrics } from "./seinodetask-metrics.ts";
export { createTelemetry, type Telemetry } from "./telemetry.ts";

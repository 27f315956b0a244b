import { HealthConditions } from "./health-conditions.ts";

/** Condition types of a SeiNodeTask. `Ready` and `Failed` appear only at the end: `kubectl wait` depends on it. */
export const SeiNodeTaskConditions = {
  ...HealthConditions,
  targetReady: "TargetReady",
  failed: "Failed",
} as const;
export type SeiNodeTaskConditionType = (typeof SeiNodeTaskConditions)[keyof typeof SeiNodeTaskConditions];

export const SeiNodeTaskReasons = {
  phaseMet: "PhaseMet",
  phaseNotMet: "PhaseNotMet",
  taskComplete: "TaskComplete",
} as const;

/** Reasons of the condition `Failed`; each is also the reason of the Warning event that goes with it. */
export const SeiNodeTaskFailures = {
  targetResolveFailed: "TargetResolveFailed",
  unsupportedKind: "UnsupportedKind",
  paramsBuildFailed: "ParamsBuildFailed",
  deserializeFailed: "DeserializeFailed",
  taskTerminalError: "TaskTerminalError",
  taskFailed: "TaskFailed",
  timeout: "Timeout",
} as const;
export type SeiNodeTaskFailure = (typeof SeiNodeTaskFailures)[keyof typeof SeiNodeTaskFailures];

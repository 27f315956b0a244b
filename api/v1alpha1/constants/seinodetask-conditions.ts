import { HealthConditions } from "./health-conditions.ts";

/** Condition types of a SeiNodeTask. `Ready` and `Failed` appear only at the end: `kubectl wait` depends on it. */
export const SeiNodeTaskConditions = {
  ...HealthConditions,
  targetReady: "TargetReady",
  failed: "Failed",
  /** Ours: the node of UpdateNodeImage belongs to a SeiNodeDeployment that wants another image. */
  ownerWillRevert: "OwnerWillRevert",
} as const;
export type SeiNodeTaskConditionType = (typeof SeiNodeTaskConditions)[keyof typeof SeiNodeTaskConditions];

/** Reasons of conditions but `Failed`. Those of `Reconciling` are also the column Reason of `kubectl get snt`. */
export const SeiNodeTaskReasons = {
  phaseMet: "PhaseMet",
  /** TargetReady=False, and Reconciling=True while the task waits for its target. */
  phaseNotMet: "PhaseNotMet",
  /** Ready=True, and Reconciling=False after success. */
  taskComplete: "TaskComplete",
  /** Reconciling: recorded, but nobody has accepted the work yet. */
  submitting: "Submitting",
  /** Reconciling: the work was accepted, its end is awaited. */
  executing: "Executing",
  /** Reconciling: nothing is sent, because the owner of the node would undo it. */
  heldByOwner: "HeldByOwner",
  /** Reconciling: a pass failed with something that somebody has to cure. */
  reconcileFailed: "ReconcileFailed",
  /** Stalled=False. */
  notStalled: "NotStalled",
  templateImageDiffers: "TemplateImageDiffers",
  templateImageMatches: "TemplateImageMatches",
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

/** Event reasons beside the failures. There is no event on success. */
export const SeiNodeTaskEvents = {
  ownerWillRevert: "OwnerWillRevert",
} as const;

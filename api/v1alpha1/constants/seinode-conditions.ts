import { HealthConditions } from "./health-conditions.ts";

/** Condition types of a SeiNode. */
export const SeiNodeConditions = {
  ...HealthConditions,
  paused: "Paused",
  nodeUpdateInProgress: "NodeUpdateInProgress",
  sidecarReady: "SidecarReady",
  importPvcReady: "ImportPVCReady",
  signingKeyReady: "SigningKeyReady",
  nodeKeyReady: "NodeKeyReady",
  operatorKeyringReady: "OperatorKeyringReady",
  /** Ours (design D23): what was edited and is not yet in effect. Absent while nothing is recorded to compare with. */
  pendingChanges: "PendingChanges",
} as const;
export type SeiNodeConditionType = (typeof SeiNodeConditions)[keyof typeof SeiNodeConditions];

/** Condition reasons of a SeiNode that the Go operator writes too: other tools wait for them. */
export const SeiNodeReasons = {
  paused: "Paused",
  notPaused: "NotPaused",
  /** Ours: NodeUpdateInProgress before the first update. */
  notStarted: "NotStarted",
  updateStarted: "UpdateStarted",
  updateComplete: "UpdateComplete",
  updateFailed: "UpdateFailed",
  sidecarReady: "Ready",
  sidecarNotReady: "NotReady",
  sidecarUnreachable: "Unreachable",
  pvcValidated: "PVCValidated",
  pvcNotReady: "PVCNotReady",
  pvcInvalid: "PVCInvalid",
  signingKeyValidated: "SigningKeyValidated",
  signingKeyNotReady: "SigningKeyNotReady",
  signingKeyInvalid: "SigningKeyInvalid",
  nodeKeyValidated: "NodeKeyValidated",
  nodeKeyNotReady: "NodeKeyNotReady",
  nodeKeyInvalid: "NodeKeyInvalid",
  operatorKeyringValidated: "OperatorKeyringValidated",
  operatorKeyringNotReady: "OperatorKeyringNotReady",
  operatorKeyringInvalid: "OperatorKeyringInvalid",
  /** PendingChanges=False. */
  nothingPending: "NothingPending",
  /** It takes sei.io/apply-config, or a restart of seid. */
  configPending: "ConfigPending",
  /** It takes another pod. */
  podPending: "PodPending",
  podAndConfigPending: "PodAndConfigPending",
} as const;

import { HealthConditions } from "./health-conditions.ts";

/** Condition types of a SeiNodeDeployment. */
export const SeiNodeDeploymentConditions = {
  ...HealthConditions,
  nodesReady: "NodesReady",
  networkingReady: "NetworkingReady",
  genesisCeremonyComplete: "GenesisCeremonyComplete",
  planInProgress: "PlanInProgress",
  rolloutInProgress: "RolloutInProgress",
  paused: "Paused",
} as const;
export type SeiNodeDeploymentConditionType =
  (typeof SeiNodeDeploymentConditions)[keyof typeof SeiNodeDeploymentConditions];

/** Condition reasons of a SeiNodeDeployment that the Go operator writes too: other tools wait for them. */
export const SeiNodeDeploymentReasons = {
  allNodesReady: "AllNodesReady",
  nodesFailed: "NodesFailed",
  nodesInitializing: "NodesInitializing",
  networkingDisabled: "NetworkingDisabled",
  noEffectiveRoutes: "NoEffectiveRoutes",
  crdNotInstalled: "CRDNotInstalled",
  dnsPending: "DNSPending",
  httpRoutesPublished: "HTTPRoutesPublished",
  p2pEndpointsApplied: "P2PEndpointsApplied",
  ceremonyComplete: "Complete",
  ceremonyNotApplicable: "NotApplicable",
  ceremonyInProgress: "InProgress",
  /** Of GenesisCeremonyComplete, PlanInProgress and RolloutInProgress. */
  notStarted: "NotStarted",
  planStarted: "PlanStarted",
  planComplete: "PlanComplete",
  planFailed: "PlanFailed",
  templateChanged: "TemplateChanged",
  rolloutComplete: "RolloutComplete",
  rolloutFailed: "RolloutFailed",
  /** Of RolloutInProgress: True for too long. Not in the Go operator. */
  stalled: "Stalled",
  /** Of RolloutInProgress: the template changed, and the strategy is not built yet. Not in the Go operator. */
  strategyNotImplemented: "StrategyNotImplemented",
  paused: "Paused",
  notPaused: "NotPaused",
} as const;

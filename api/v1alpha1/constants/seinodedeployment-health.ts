/**
 * Reasons of Ready, Reconciling and Stalled on a SeiNodeDeployment. They are API: alerts and scripts select by them. The
 * message beside a reason names the nodes and, where there is something to do, says what.
 */
export const SeiNodeDeploymentHealth = {
  /** Ready: every node asked for is Ready on the template. */
  ready: "Ready",
  /** Reconciling=False. */
  settled: "Settled",
  /** Stalled=False. */
  notStalled: "NotStalled",
  paused: "Paused",

  // What it is at.
  rollingOut: "RollingOut",
  ceremony: "GenesisCeremony",
  nodesInitializing: "NodesInitializing",
  nodesNotReady: "NodesNotReady",
  scaling: "Scaling",

  // What keeps it from getting on.
  rolloutStalled: "RolloutStalled",
  rolloutFailed: "RolloutFailed",
  strategyNotImplemented: "StrategyNotImplemented",
  nameConflict: "NameConflict",
  planBuildFailed: "PlanBuildFailed",
  planFailed: "PlanFailed",
  ceremonyTimeout: "GenesisCeremonyTimeout",
  nodesFailed: "NodesFailed",
  nodesStalled: "NodesStalled",

  // Why a pass failed.
  invalidSpec: "InvalidSpec",
  unsupportedPlan: "UnsupportedPlan",
  requestRefused: "RequestRefused",
  reconcileFailed: "ReconcileFailed",
} as const;
export type SeiNodeDeploymentHealthReason =
  (typeof SeiNodeDeploymentHealth)[keyof typeof SeiNodeDeploymentHealth];

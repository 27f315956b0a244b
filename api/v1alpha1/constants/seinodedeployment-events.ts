/** Event reasons on a SeiNodeDeployment. */
export const SeiNodeDeploymentEvents = {
  seiNodeCreated: "SeiNodeCreated",
  seiNodeDeleted: "SeiNodeDeleted",
  childPaused: "ChildPaused",
  childResumed: "ChildResumed",
  paused: "Paused",
  unpaused: "Unpaused",
  planStarted: "PlanStarted",
  planComplete: "PlanComplete",
  planFailed: "PlanFailed",
  rolloutStarted: "RolloutStarted",
  rolloutSuperseded: "RolloutSuperseded",
  rolloutComplete: "RolloutComplete",
  httpRoutesPublished: "HTTPRoutesPublished",
  crdNotInstalled: "CRDNotInstalled",
  retainResources: "RetainResources",
  deleteFailed: "DeleteFailed",
} as const;

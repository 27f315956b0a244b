/** The names under which the controllers appear to others: in managedFields, in events, on the election Lease, in metrics. */

/** Server-side-apply field managers. */
export const FieldOwners = {
  /** StatefulSet, headless Service, ConfigMap of a SeiNode. */
  seiNode: "seinode-controller",
  /** SeiNodes, Services and HTTPRoutes of a SeiNodeDeployment. */
  seiNodeDeployment: "seinodedeployment-controller",
  /** `spec.paused` of the SeiNodes of a SeiNodeDeployment: set on its own, whatever else is being held back. */
  seiNodeDeploymentPause: "seinodedeployment-controller-pause",
  /** P2P Services. */
  p2pEndpoint: "nodedeployment-controller-p2p-endpoint",
  /** `spec.image` of a SeiNode, by the task kind UpdateNodeImage. */
  seiNodeTask: "seinode-task-controller",
} as const;

/** Names under which the Go operator's binaries appear in managedFields where they wrote with PUT or POST. */
export const formerUpdateManagers: readonly string[] = [
  "manager",
  "sei-k8s-controller",
  "seinode-controller",
];

/** `source.component` of events. */
export const EventSources = {
  seiNode: "seinode-controller",
  seiNodeDeployment: "seinodedeployment-controller",
  seiNodeTask: "seinodetask-controller",
} as const;

/** The label `controller` of metrics and logs. */
export const ControllerNames = {
  seiNode: "seinode",
  seiNodeDeployment: "seinodedeployment",
  seiNodeTask: "seinodetask",
} as const;

/** Shared with the Go operator, so that the two never run at once. */
export const LEADER_ELECTION_ID = "bc1f5b0a.sei.io";

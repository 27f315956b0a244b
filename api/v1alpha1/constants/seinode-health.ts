/**
 * Reasons of Ready, Reconciling and Stalled on a SeiNode. They are API: alerts and scripts select by them. The message
 * beside a reason says what is the matter with this node, and where there is something to do, what.
 */
export const SeiNodeHealth = {
  /** Ready: seid runs the wanted image and reports ready. */
  ready: "Ready",
  /** The plan is complete, the node is looked at once more. */
  settling: "Settling",
  /** Reconciling=False. */
  settled: "Settled",
  /** Stalled=False. */
  notStalled: "NotStalled",
  paused: "Paused",

  // What it is at.
  initializing: "Initializing",
  updating: "Updating",
  markingReady: "MarkingReady",
  applyingConfig: "ApplyingConfig",

  // What the pod or sidecar lacks.
  podMissing: "PodMissing",
  podNotStarted: "PodNotStarted",
  podNotReady: "PodNotReady",
  imageNotObserved: "ImageNotObserved",
  sidecarNotReady: "SidecarNotReady",
  sidecarUnreachable: "SidecarUnreachable",

  // What keeps it from getting on.
  imagePullFailed: "ImagePullFailed",
  containerCannotStart: "ContainerCannotStart",
  crashLoop: "CrashLoop",
  unschedulable: "Unschedulable",
  taskCannotRun: "TaskCannotRun",
  planFailed: "PlanFailed",
  initializationFailed: "InitializationFailed",
  identityChanged: "IdentityChanged",
  foreignStatefulSet: "ForeignStatefulSet",
  /** A Service, ConfigMap or Job whose name the node needs. */
  foreignObject: "ForeignObject",
  statefulSetTerminating: "StatefulSetTerminating",

  // Why a pass failed.
  invalidSpec: "InvalidSpec",
  unsupportedSpec: "UnsupportedSpec",
  renderFailed: "RenderFailed",
  requestRefused: "RequestRefused",
  reconcileFailed: "ReconcileFailed",
} as const;
export type SeiNodeHealthReason = (typeof SeiNodeHealth)[keyof typeof SeiNodeHealth];

/** Event reasons on a SeiNode. */
export const SeiNodeEvents = {
  phaseTransition: "PhaseTransition",
  nodeFailed: "NodeFailed",
  sidecarReadinessLost: "SidecarReadinessLost",
  sidecarReadinessRestored: "SidecarReadinessRestored",
  /** An image changed while an update plan was active, and a newer plan took its place (design D2). */
  nodeUpdateSuperseded: "NodeUpdateSuperseded",
} as const;

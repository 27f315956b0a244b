/** Event reasons on a SeiNode. */
export const SeiNodeEvents = {
  phaseTransition: "PhaseTransition",
  nodeFailed: "NodeFailed",
  sidecarReadinessLost: "SidecarReadinessLost",
  sidecarReadinessRestored: "SidecarReadinessRestored",
  /** An image changed while an update plan was active, and a newer plan took its place (design D2). */
  nodeUpdateSuperseded: "NodeUpdateSuperseded",
  /** An object whose name the node needs belongs to somebody else (design D11). */
  nameTaken: "NameTaken",
  /** `sei.io/apply-config`: the configuration was written and seid restarted (design D23). */
  configApplied: "ConfigApplied",
  configApplyFailed: "ConfigApplyFailed",
  /** Something more urgent took the place of the plan that applies the configuration. */
  configApplySuperseded: "ConfigApplySuperseded",
  /** A deleted SeiNode leaves behind the volume of its name, because it is not its own (design D25). */
  dataVolumeKept: "DataVolumeKept",
} as const;

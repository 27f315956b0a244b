/** The closed sets of `phase` values. The schemas take their enums from here. */

export const seiNodePhases = ["Pending", "Initializing", "Running", "Failed", "Terminating"] as const;
export type SeiNodePhase = (typeof seiNodePhases)[number];

export const seiNodeDeploymentPhases = [
  "Pending",
  "Initializing",
  "Ready",
  "Upgrading",
  "Paused",
  "Degraded",
  "Failed",
  "Terminating",
] as const;
export type SeiNodeDeploymentPhase = (typeof seiNodeDeploymentPhases)[number];

export const seiNodeTaskPhases = ["Pending", "Running", "Complete", "Failed"] as const;
export type SeiNodeTaskPhase = (typeof seiNodeTaskPhases)[number];

export const planPhases = ["Active", "Complete", "Failed"] as const;
export type PlanPhase = (typeof planPhases)[number];

/** There is no Running: a task that was submitted stays Pending until its result is known. */
export const taskStatuses = ["Pending", "Complete", "Failed"] as const;
export type TaskStatus = (typeof taskStatuses)[number];

/** The three conditions that kstatus, and with it GitOps tools, understand. On every kind (design 4.3). */
export const HealthConditions = {
  ready: "Ready",
  reconciling: "Reconciling",
  stalled: "Stalled",
} as const;

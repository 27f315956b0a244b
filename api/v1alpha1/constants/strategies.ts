/** The closed sets of choices a user makes in a spec. The schemas take their enums from here. */

export const updateStrategyTypes = ["InPlace", "BlueGreen", "HardFork"] as const;
export type UpdateStrategyType = (typeof updateStrategyTypes)[number];

export const deletionPolicies = ["Delete", "Retain"] as const;
export type DeletionPolicy = (typeof deletionPolicies)[number];

export const seiNodeTaskKinds = [
  "GovSoftwareUpgrade",
  "GovVote",
  "AwaitCondition",
  "UpdateNodeImage",
  "AwaitNodesAtHeight",
  "DiscoverPeers",
  "RestartSeid",
  "MarkReady",
] as const;
export type SeiNodeTaskKind = (typeof seiNodeTaskKinds)[number];

export const voteOptions = ["yes", "no", "abstain", "no_with_veto", "no-with-veto"] as const;
export type VoteOption = (typeof voteOptions)[number];

export const awaitActions = ["SIGTERM_SEID"] as const;
export type AwaitAction = (typeof awaitActions)[number];

/** Labels this operator writes and selects by. Running clusters carry them already: a key never changes. */
export const Labels = {
  /** SeiNode name. The only key in the selector of the StatefulSet and the headless Service. */
  node: "sei.io/node",
  /** `spec.chainId`. */
  chain: "sei.io/chain",
  /** One of `Roles`. */
  role: "sei.io/role",
  /** SeiNodeDeployment name. */
  nodeDeployment: "sei.io/nodedeployment",
  /** Replica index, decimal. */
  nodeDeploymentOrdinal: "sei.io/nodedeployment-ordinal",
  /** `metadata.generation` of the SeiNodeDeployment, decimal. */
  revision: "sei.io/revision",
  /** One of `Components`. */
  component: "sei.io/component",
} as const;

/** Values of the label `sei.io/role`. A full node is `node`. */
export const Roles = {
  fullNode: "node",
  archive: "archive",
  replayer: "replayer",
  validator: "validator",
} as const;

/** Values of the label `sei.io/component`. */
export const Components = {
  bootstrap: "bootstrap",
  p2pEndpoint: "p2p-endpoint",
} as const;

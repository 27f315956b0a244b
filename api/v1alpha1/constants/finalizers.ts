/** A SeiNodeTask has none: it owns nothing that would need cleaning up. */
export const Finalizers = {
  seiNode: "sei.io/seinode-finalizer",
  seiNodeDeployment: "sei.io/seinodedeployment-finalizer",
} as const;

/** Annotations this operator reads or writes. */
export const Annotations = {
  /** Read on a SeiNode: a new value plans a Failed node again (design D10). */
  retry: "sei.io/retry",
  /** Read on a SeiNode: a new value applies `spec.overrides` to a Running node (design D23). */
  applyConfig: "sei.io/apply-config",
  /** Written on a bootstrap Job: the id of the plan that made it. */
  plan: "sei.io/plan",
  /** Written on Services and HTTPRoutes of a SeiNodeDeployment, with the value `seinodedeployment`. */
  managedBy: "sei.io/managed-by",
  /** Written on pod templates with the value `"true"`: Karpenter must not move a node's pod on its own account. */
  karpenterDoNotDisrupt: "karpenter.sh/do-not-disrupt",
  /** The remaining ones are written on P2P Services. */
  externalDnsHostname: "external-dns.alpha.kubernetes.io/hostname",
  awsLoadBalancerType: "service.beta.kubernetes.io/aws-load-balancer-type",
  awsLoadBalancerScheme: "service.beta.kubernetes.io/aws-load-balancer-scheme",
  awsLoadBalancerTargetType: "service.beta.kubernetes.io/aws-load-balancer-nlb-target-type",
  awsLoadBalancerAttributes: "service.beta.kubernetes.io/aws-load-balancer-attributes",
} as const;

import type { IPodSpec } from "kubernetes-models/v1";
import type { SeiNode } from "#api";
import type { DeepReadonly } from "#kube";
import type { Settings } from "../../settings.ts";
import { modeSettings } from "./platform.ts";

/**
 * Keeps the pod on the node pool of its mode. A cluster without pools gets neither affinity nor toleration, one without
 * a taint no toleration (design D28): a toleration needs both, the taint's key and the pool as its value.
 */
export function scheduling(
  node: DeepReadonly<SeiNode>,
  settings: Settings,
): Pick<IPodSpec, "tolerations" | "affinity"> {
  const { nodepool } = modeSettings(node, settings);
  if (nodepool === undefined) return {};
  const { tolerationKey } = settings;
  const matchExpressions = [{ key: "karpenter.sh/nodepool", operator: "In" as const, values: [nodepool] }];
  return {
    ...(tolerationKey !== undefined && {
      tolerations: [{ key: tolerationKey, value: nodepool, effect: "NoSchedule" as const }],
    }),
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions }] },
      },
    },
  };
}

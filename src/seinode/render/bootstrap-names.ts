import { Components, Labels, type SeiNode } from "#api";
import type { DeepReadonly } from "#kube";

export function bootstrapJobName(nodeName: string): string {
  return `${nodeName}-bootstrap`;
}

/** All the labels of the Job, its pod and its Service; the Service selects by both. */
export function bootstrapLabels(node: DeepReadonly<SeiNode>): Record<string, string> {
  return { [Labels.node]: node.metadata.name, [Labels.component]: Components.bootstrap };
}

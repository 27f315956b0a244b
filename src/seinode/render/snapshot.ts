import type { SeiNode } from "#api";
import type { DeepReadonly } from "#kube";

/** Where the node's first state comes from. An archive has no such source. */
export function snapshotOf(node: DeepReadonly<SeiNode>) {
  const { fullNode, validator, replayer } = node.spec;
  return fullNode?.snapshot ?? validator?.snapshot ?? replayer?.snapshot;
}

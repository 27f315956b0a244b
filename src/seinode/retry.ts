/** The annotation `sei.io/retry`: a person asks for another try (design D10). */
import { Annotations, type SeiNode, type SeiNodeStatus } from "#api";
import type { DeepReadonly } from "#kube";

/** The value not handled yet, or `undefined`. Removing the annotation asks for nothing. */
export function retryRequested(
  node: DeepReadonly<SeiNode>,
  status: DeepReadonly<SeiNodeStatus>,
): string | undefined {
  const value = node.metadata.annotations?.[Annotations.retry];
  return value === undefined || value === status.observedRetry ? undefined : value;
}

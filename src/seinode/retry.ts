/** The annotation `sei.io/retry`: a person asks for another try (design D10). */
import { Annotations, type SeiNode, type SeiNodeStatus } from "#api";
import type { DeepReadonly } from "#kube";

/**
 * The values handled by this process, by uid. The record is `status.observedRetry`; but a CRD of the Go operator drops that
 * field, and a request that looks new in every pass would be followed for ever.
 */
export class RetryRequests {
  readonly #handled = new Map<string, { uid: string; value: string }>();

  /** The value not handled yet, or `undefined`. Removing the annotation asks for nothing. */
  pending(key: string, node: DeepReadonly<SeiNode>, status: DeepReadonly<SeiNodeStatus>): string | undefined {
    const value = node.metadata.annotations?.[Annotations.retry];
    const handled = this.#handled.get(key);
    if (value === undefined || value === status.observedRetry) return undefined;
    return handled?.uid === node.metadata.uid && handled.value === value ? undefined : value;
  }

  handle(key: string, node: DeepReadonly<SeiNode>, value: string): void {
    this.#handled.set(key, { uid: node.metadata.uid, value });
  }

  forget(key: string): void {
    this.#handled.delete(key);
  }
}

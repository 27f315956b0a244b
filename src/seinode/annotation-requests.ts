/** What a person asks for by giving an annotation a new value: `sei.io/retry` (D10), `sei.io/apply-config` (D23). */
import { Annotations, type SeiNode, type SeiNodeStatus } from "#api";
import type { DeepReadonly } from "#kube";

type Record = "observedRetry" | "observedApplyConfig";

/**
 * The values handled by this process, by uid. The record is in status; but a CRD of the Go operator drops that field, and
 * a request that looks new in every pass would be followed for ever.
 */
export class AnnotationRequests {
  readonly #annotation: string;
  /** The status field that holds the value last handled. */
  readonly record: Record;
  readonly #handled = new Map<string, { uid: string; value: string }>();

  private constructor(annotation: string, record: Record) {
    this.#annotation = annotation;
    this.record = record;
  }

  static retry(): AnnotationRequests {
    return new AnnotationRequests(Annotations.retry, "observedRetry");
  }

  static applyConfig(): AnnotationRequests {
    return new AnnotationRequests(Annotations.applyConfig, "observedApplyConfig");
  }

  /** The value not handled yet, or `undefined`. Removing the annotation asks for nothing. */
  pending(key: string, node: DeepReadonly<SeiNode>, status: DeepReadonly<SeiNodeStatus>): string | undefined {
    const value = node.metadata.annotations?.[this.#annotation];
    const handled = this.#handled.get(key);
    if (value === undefined || value === status[this.record]) return undefined;
    return handled?.uid === node.metadata.uid && handled.value === value ? undefined : value;
  }

  /** To be called once the record was written. */
  handle(key: string, node: DeepReadonly<SeiNode>, value: string): void {
    this.#handled.set(key, { uid: node.metadata.uid, value });
  }

  /** The node is gone, or what was asked for was not done after all. */
  forget(key: string): void {
    this.#handled.delete(key);
  }
}

/** How many pods were out of service at once, by what a watch shows. It only listens. */
import type { InformerEvent, Pod } from "#kube";
import { isPodReady } from "./pod-readiness.ts";

/** A pod is down while it is not Ready, is being deleted, or is gone and its successor is not Ready yet. */
export class DownPods {
  readonly #down = new Set<string>();
  readonly #ever = new Set<string>();
  #most = 0;

  observe({ type, object: pod }: Pick<InformerEvent<Pod>, "type" | "object">): void {
    const { name, deletionTimestamp } = pod.metadata;
    if (type !== "deleted" && deletionTimestamp === undefined && isPodReady(pod)) {
      this.#down.delete(name);
      return;
    }
    this.#down.add(name);
    this.#ever.add(name);
    this.#most = Math.max(this.#most, this.#down.size);
  }

  get mostAtOnce(): number {
    return this.#most;
  }

  /** By name, in the order in which they first went down. */
  get ever(): readonly string[] {
    return [...this.#ever];
  }
}

/** How many nodes were out of service at once, by what their pods say. */
import type { DeepReadonly, Pod } from "#kube";
import { NAMESPACE, type World } from "../../harness/world.ts";

export class PodsDown {
  readonly #down = new Set<string>();
  readonly #stop: () => void;
  #most = 0;

  /** From now on. Needs a world that watches pods. */
  constructor(world: World, nodes: readonly string[]) {
    const pods = new Set(nodes.map((name) => `${name}-0`));
    for (const name of pods) this.#note(name, world.pods.get({ namespace: NAMESPACE, name }));
    this.#stop = world.pods.onEvent(({ type, object }) => {
      const { name } = object.metadata;
      if (pods.has(name)) this.#note(name, type === "deleted" ? undefined : object);
    });
  }

  get most(): number {
    return this.#most;
  }

  stop(): void {
    this.#stop();
  }

  #note(name: string, pod: DeepReadonly<Pod> | undefined): void {
    const ready = pod?.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True");
    // A pod that is told to go serves until it is gone, but nobody sends it anything any more.
    if (ready === true && pod?.metadata.deletionTimestamp === undefined) this.#down.delete(name);
    else this.#down.add(name);
    this.#most = Math.max(this.#most, this.#down.size);
  }
}

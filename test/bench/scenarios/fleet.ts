/** Many nodes at once: the set-up that several scenarios share. */
import type { SeiNode } from "#api";
import { systemClock } from "#clock";
import type { DeepReadonly } from "#kube";
import { NAMESPACE, type World } from "../../harness/world.ts";

export function fleetNames(count: number, prefix = "node"): readonly string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}-${index}`);
}

/** Creates them all at once. Resolves when all are accepted. */
export async function createFleet(world: World, names: readonly string[]): Promise<void> {
  await Promise.all(names.map((name) => world.createNode(name)));
}

/**
 * Notes when each node becomes `Running`, by one handler for all of them. To be made before the nodes: what happens
 * before it is not dated.
 */
export class RunningWatch {
  /** Milliseconds since the epoch, by name. */
  readonly at = new Map<string, number>();
  readonly #wanted: ReadonlySet<string>;
  readonly #marks: { readonly count: number; readonly reached: () => void }[] = [];
  readonly #world: World;
  readonly #unsubscribe: () => void;

  constructor(world: World, names: readonly string[]) {
    this.#world = world;
    this.#wanted = new Set(names);
    this.#unsubscribe = world.nodes.onEvent(({ object }) => this.#see(object));
  }

  /** Resolves when so many of them are Running. */
  async until(count: number, timeoutMs: number): Promise<void> {
    if (this.at.size >= count) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const cancel = systemClock.after(timeoutMs, () =>
      reject(
        new Error(
          `after ${timeoutMs / 1000} s ${this.at.size} of ${count} nodes are Running; ${this.#laggard()}`,
        ),
      ),
    );
    this.#marks.push({ count, reached: resolve });
    try {
      await promise;
    } finally {
      cancel();
    }
  }

  stop(): void {
    this.#unsubscribe();
  }

  #see(node: DeepReadonly<SeiNode>): void {
    const { name } = node.metadata;
    if (node.status?.phase !== "Running" || !this.#wanted.has(name) || this.at.has(name)) return;
    this.at.set(name, systemClock.now());
    for (const { count, reached } of this.#marks) if (this.at.size >= count) reached();
  }

  #laggard(): string {
    const name = [...this.#wanted].find((wanted) => !this.at.has(wanted)) ?? "";
    return `${name}: ${JSON.stringify(this.#world.nodes.get({ namespace: NAMESPACE, name })?.status)}`;
  }
}

/** Generous: a bench on a loaded machine shall tell how slow it was, not give up. */
export function fleetTimeoutMs(count: number): number {
  return 120_000 + count * 1000;
}

/** How many task ids were POSTed more than once, over all nodes. */
export function doubledPosts(world: World, names: readonly string[]): number {
  return names.reduce((sum, name) => {
    const counts = [...world.simulator.node(NAMESPACE, name).postCounts.values()];
    return sum + counts.filter((times) => times > 1).length;
  }, 0);
}

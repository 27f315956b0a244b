/** What there is to show, kept together: the steps, the nodes as the watches know them, notices. Makes the screens. */
import { Labels, type SeiNode } from "#api";
import type { Clock } from "#clock";
import type { Informer, Pod } from "#kube";
import { Steps } from "./steps.ts";
import { viewNode } from "./view/node-view.ts";
import type { NodeView, Screen } from "./view/screen.ts";

export class Board {
  readonly steps: Steps;
  readonly #title: string;
  readonly #clock: Clock;
  readonly #startedAt: number;
  readonly #notices: string[] = [];
  readonly #listeners = new Set<() => void>();
  #nodes: Informer<SeiNode> | undefined;
  #pods: Informer<Pod> | undefined;

  constructor(title: string, clock: Clock) {
    this.#title = title;
    this.#clock = clock;
    this.#startedAt = clock.monotonic();
    this.steps = new Steps(clock, () => this.#changed());
  }

  /** From here on the screens show these nodes, and listeners are told when they change. */
  show(nodes: Informer<SeiNode>, pods: Informer<Pod>): void {
    this.#nodes = nodes;
    this.#pods = pods;
    nodes.onEvent(() => this.#changed());
    pods.onEvent(() => this.#changed());
  }

  notice(text: string): void {
    this.#notices.push(text);
    this.#changed();
  }

  /** Told of each change, synchronously. Returns the function that unsubscribes. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  get elapsedMs(): number {
    return this.#clock.monotonic() - this.#startedAt;
  }

  screen(): Screen {
    return {
      title: this.#title,
      elapsedMs: this.elapsedMs,
      steps: this.steps.views(),
      nodes: this.nodeViews(),
      notices: [...this.#notices],
    };
  }

  /** By name. */
  nodeViews(): NodeView[] {
    const podsOf = Map.groupBy(this.#pods?.list() ?? [], (pod) => pod.metadata.labels?.[Labels.node] ?? "");
    return (this.#nodes?.list() ?? [])
      .map((node) => viewNode(node, podsOf.get(node.metadata.name) ?? []))
      .sort((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }));
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}

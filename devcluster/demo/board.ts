/** What there is to show, kept together: the steps, the objects as the watches know them, notices. Makes the screens. */
import { Labels, type SeiNode, type SeiNodeDeployment, type SeiNodeTask } from "#api";
import type { Clock } from "#clock";
import type { DeepReadonly, Informer, Pod } from "#kube";
import { Steps } from "./steps.ts";
import { viewGroup, viewTask } from "./view/group-view.ts";
import { viewNode } from "./view/node-view.ts";
import type { Forest, NodeView, Screen } from "./view/screen.ts";

/** What is shown of the cluster. */
export interface Watched {
  readonly groups: Informer<SeiNodeDeployment>;
  readonly nodes: Informer<SeiNode>;
  readonly pods: Informer<Pod>;
  readonly tasks: Informer<SeiNodeTask>;
}

export class Board {
  readonly steps: Steps;
  readonly #title: string;
  readonly #clock: Clock;
  readonly #startedAt: number;
  readonly #notices: string[] = [];
  readonly #listeners = new Set<() => void>();
  #watched: Watched | undefined;

  constructor(title: string, clock: Clock) {
    this.#title = title;
    this.#clock = clock;
    this.#startedAt = clock.monotonic();
    this.steps = new Steps(clock, () => this.#changed());
  }

  /** From here on the screens show these, and listeners are told when they change. */
  show(watched: Watched): void {
    this.#watched = watched;
    const { groups, nodes, pods, tasks } = watched;
    const changed = () => this.#changed();
    groups.onEvent(changed);
    nodes.onEvent(changed);
    pods.onEvent(changed);
    tasks.onEvent(changed);
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
      ...this.forest(),
      notices: [...this.#notices],
    };
  }

  /** Each by name. */
  forest(): Forest {
    if (this.#watched === undefined) return { nodes: [], groups: [] };
    const { groups, nodes, pods, tasks } = this.#watched;
    const podsOf = Map.groupBy(pods.list(), (pod) => pod.metadata.labels?.[Labels.node] ?? "");
    const tasksOn = Map.groupBy(tasks.list(), (task) => task.spec?.target.nodeRef.name ?? "");
    const viewsOf = Map.groupBy(nodes.list(), groupOf);
    const views = (group: string): NodeView[] =>
      (viewsOf.get(group) ?? [])
        .map((node) => {
          const { name } = node.metadata;
          return viewNode(node, podsOf.get(name) ?? [], (tasksOn.get(name) ?? []).map(viewTask));
        })
        .sort(byName);
    const names = new Set(groups.list().map(({ metadata }) => metadata.name));
    return {
      // A node whose group is gone, or not there yet, is shown all the same.
      nodes: ["", ...viewsOf.keys().filter((name) => name !== "" && !names.has(name))].flatMap(views),
      groups: groups
        .list()
        .map((group) => viewGroup(group, views(group.metadata.name)))
        .sort(byName),
    };
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}

function groupOf({ metadata }: DeepReadonly<SeiNode>): string {
  return metadata.labels?.[Labels.nodeDeployment] ?? "";
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name.localeCompare(b.name, "en", { numeric: true });
}

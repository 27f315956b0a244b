/** What a world told of one node while a point was tried: every text, every count, as a person with `kubectl get -w` saw it. */
import type { SeiNode } from "#api";
import type { DeepReadonly } from "#kube";
import type { World } from "../../harness/world.ts";

/** Addresses, ports, error codes of dials: they differ from one try to the next and would make conditions flap (D12). */
const EPHEMERAL =
  /\b\d{1,3}(\.\d{1,3}){3}\b|\blocalhost\b|[a-z\]]:\d{4,5}\b|\bE(CONN|HOST|PIPE|TIMEDOUT)|UND_ERR|\bat .*\.ts:/i;

export class Chronicle {
  /** Of conditions and of the failed task, each once. */
  readonly texts = new Set<string>();
  /** The most retries any version of the plan showed, by task type. */
  readonly retries = new Map<string, number>();
  /** Versions seen. */
  versions = 0;
  readonly #world: World;
  readonly #name: string;
  readonly #stop: () => void;

  constructor(world: World, name: string) {
    this.#world = world;
    this.#name = name;
    this.#stop = world.nodes.onEvent(({ object }) => {
      if (object.metadata.name === name) this.#note(object);
    });
  }

  /** Texts with something in them that no two tries have in common. */
  get ephemeral(): readonly string[] {
    const events = this.#world.eventsOf(this.#name).map(({ message = "" }) => message);
    return [...this.texts, ...events].filter((text) => EPHEMERAL.test(text));
  }

  end(): void {
    this.#stop();
  }

  #note({ status }: DeepReadonly<SeiNode>): void {
    this.versions += 1;
    for (const { message } of status?.conditions ?? []) if (message) this.texts.add(message);
    const error = status?.plan?.failedTaskDetail?.error;
    if (error !== undefined) this.texts.add(error);
    for (const { type, retryCount = 0 } of status?.plan?.tasks ?? []) {
      this.retries.set(type, Math.max(retryCount, this.retries.get(type) ?? 0));
    }
  }
}

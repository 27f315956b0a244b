import type { InformerEvent } from "../informer.ts";
import { type ConfigMap, configMaps } from "../resources.ts";

/** What a controller needs of an informer of ConfigMaps, moved by hand. */
export class FakeInformer {
  readonly resource = configMaps;
  readonly #gate = Promise.withResolvers<void>();
  readonly #handlers = new Set<(event: InformerEvent<ConfigMap>) => void>();
  readonly #held = new Map<string, ConfigMap>();

  synced = () => this.#gate.promise;
  sync = () => this.#gate.resolve();
  fail = (error: Error) => this.#gate.reject(error);
  emit = (event: InformerEvent<ConfigMap>) => {
    const { name } = event.object.metadata;
    if (event.type === "deleted") this.#held.delete(name);
    else this.#held.set(name, event.object as ConfigMap);
    for (const handler of this.#handlers) handler(event);
  };
  onEvent(handler: (event: InformerEvent<ConfigMap>) => void): () => void {
    this.#handlers.add(handler);
    for (const object of this.#held.values()) handler({ type: "added", object });
    return () => void this.#handlers.delete(handler);
  }
  get handlers(): number {
    return this.#handlers.size;
  }
}

/**
 * The objects that belong to another one, as a pass decides on them: never fewer or older ones than the last leader left
 * behind. The same rule as in `fresh-reader.ts`, for the same reason: what a lagging cache does not show yet would be made
 * again, and a server-side apply of something that is there takes back what was done to it since.
 *
 * What the cache still shows although it is gone is not looked for: writes to it carry its uid and come to nothing.
 */
import type { Client, DeepReadonly, KubeObject, ListOptions, ResourceType } from "./client.ts";
import { formatKey, keyOf } from "./object.ts";
import { includesVersion } from "./resource-version.ts";

/** Key of an object -> its resourceVersion. */
type Versions = ReadonlyMap<string, string>;

const NOTHING: Versions = new Map();

export class FreshList<T extends KubeObject> {
  readonly #client: Client;
  readonly #resource: ResourceType<T>;
  /** By owner: what the API server has told, until the cache shows that much. */
  readonly #awaited = new Map<string, Versions>();

  constructor(client: Client, resource: ResourceType<T>) {
    this.#client = client;
    this.#resource = resource;
  }

  /** `owner`: whatever the selection belongs to. One owner always asks for the same selection. */
  async of(owner: string, selection: ListOptions, signal: AbortSignal): Promise<readonly DeepReadonly<T>[]> {
    const cached = await this.#client.list<T>(this.#resource, selection, signal);
    const awaited = this.#awaited.get(owner);
    if (awaited !== undefined && showsAll(cached, awaited)) {
      this.#awaited.set(owner, NOTHING);
      return cached;
    }
    const live = await this.#client.live.list<T>(this.#resource, selection, signal);
    this.#awaited.set(owner, versionsOf(live));
    return live;
  }

  forget(owner: string): void {
    this.#awaited.delete(owner);
  }
}

function versionsOf(objects: readonly DeepReadonly<KubeObject>[]): Versions {
  return new Map(objects.map((object) => [formatKey(keyOf(object)), object.metadata.resourceVersion]));
}

function showsAll(cached: readonly DeepReadonly<KubeObject>[], awaited: Versions): boolean {
  const shown = versionsOf(cached);
  return [...awaited].every(([key, version]) => includesVersion(shown.get(key), version));
}

/**
 * The object a pass acts on: never an older one than the last leader left behind.
 *
 * A watch may lag, and a standby that takes the lease has the cache it has. Whoever acts on such an object undoes what was
 * done since: renders the StatefulSet of the image before, deletes the pod of the newer one as outdated, deletes a node that
 * a group was given since, deletes the volume of an object that is long gone. So the first pass over an object in this
 * process reads it live, and later ones do until the cache has caught up with that. From then on the watch may lag as it
 * likes: nobody else works on the object, and a person's change that is seen late is a change made late.
 *
 * An object without our finalizer is not read: nothing is done to it before it has one, and that write carries the
 * resourceVersion, which proves the same.
 */
import type { Client, DeepReadonly, KubeObject, ObjectKey, ResourceType } from "./client.ts";
import { unlessNotFound } from "./errors.ts";
import { hasFinalizer } from "./finalizers.ts";
import { formatKey, keyOf } from "./object.ts";
import { includesVersion } from "./resource-version.ts";

export class FreshReader<T extends KubeObject> {
  readonly #client: Client;
  readonly #resource: ResourceType<T>;
  readonly #finalizer: string;
  /** The newest resourceVersion of each object that the API server, not a watch, has told. */
  readonly #confirmed = new Map<string, string>();

  constructor(client: Client, resource: ResourceType<T>, finalizer: string) {
    this.#client = client;
    this.#resource = resource;
    this.#finalizer = finalizer;
  }

  /** Undefined when there is none. */
  async read(key: ObjectKey, signal: AbortSignal): Promise<DeepReadonly<T> | undefined> {
    const cached = await unlessNotFound(this.#client.get<T>(this.#resource, key, signal));
    if (cached === undefined || !hasFinalizer(cached, this.#finalizer)) return cached;
    const confirmed = this.#confirmed.get(formatKey(key));
    if (confirmed !== undefined && includesVersion(cached.metadata.resourceVersion, confirmed)) return cached;
    const live = await unlessNotFound(this.#client.live.get<T>(this.#resource, key, signal));
    if (live !== undefined) this.confirm(live);
    return live;
  }

  /** The API server has just answered with this. */
  confirm(object: DeepReadonly<T>): void {
    this.#confirmed.set(formatKey(keyOf(object)), object.metadata.resourceVersion);
  }

  forget(key: string): void {
    this.#confirmed.delete(key);
  }
}

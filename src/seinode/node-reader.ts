/**
 * The SeiNode a pass acts on: never an older one than the last leader left behind.
 *
 * A watch may lag, and a standby that takes the lease has the cache it has. Whoever acts on such a node undoes what was
 * done since: renders the StatefulSet of the image before, deletes the pod of the newer one as outdated, scales a node to 0
 * that is not paused any more, deletes the volume of a SeiNode that is long gone. So the first pass over a node in this
 * process reads it live, and later ones do until the cache has caught up with that. From then on the watch may lag as it
 * likes: nobody else works on the node, and a person's change that is seen late is a change made late.
 *
 * A node without our finalizer is not read: nothing is done to it before it has one, and that write carries the
 * resourceVersion, which proves the same.
 */
import { Finalizers, type SeiNode, seiNodes } from "#api";
import {
  type Client,
  type DeepReadonly,
  formatKey,
  hasFinalizer,
  includesVersion,
  type ObjectKey,
  unlessNotFound,
} from "#kube";

export class NodeReader {
  /** The newest resourceVersion of each node that the API server, not a watch, has told. */
  readonly #confirmed = new Map<string, string>();

  /** Undefined when there is none. */
  async read(
    client: Client,
    key: ObjectKey,
    signal: AbortSignal,
  ): Promise<DeepReadonly<SeiNode> | undefined> {
    const cached = await unlessNotFound(client.get<SeiNode>(seiNodes, key, signal));
    if (cached === undefined || !hasFinalizer(cached, Finalizers.seiNode)) return cached;
    const confirmed = this.#confirmed.get(formatKey(key));
    if (confirmed !== undefined && includesVersion(cached.metadata.resourceVersion, confirmed)) return cached;
    const live = await unlessNotFound(client.live.get<SeiNode>(seiNodes, key, signal));
    if (live !== undefined) this.confirm(live);
    return live;
  }

  /** The API server has just answered with this. */
  confirm(node: DeepReadonly<SeiNode>): void {
    const { namespace = "", name, resourceVersion } = node.metadata;
    this.#confirmed.set(formatKey({ namespace, name }), resourceVersion);
  }

  forget(key: string): void {
    this.#confirmed.delete(key);
  }
}

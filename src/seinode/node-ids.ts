/**
 * Node ids of peers, asked from their sidecars and remembered: many nodes name the same peers, and each peer is asked
 * once per interval, not once per node that names it (design D9).
 */
import type { Clock } from "#clock";
import type { SidecarFactory, SidecarTarget } from "#sidecar";

/** A node id only changes with the volume. */
const REFRESH_MS = 10 * 60_000;
/** After a failed lookup: the peer may be coming up. */
const RETRY_MS = 30_000;

interface Entry {
  nodeId: string | undefined;
  refreshAt: number;
  lookup: Promise<void> | undefined;
}

export class NodeIds {
  readonly #sidecars: SidecarFactory;
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();

  constructor(sidecars: SidecarFactory, clock: Clock) {
    this.#sidecars = sidecars;
    this.#clock = clock;
  }

  /**
   * `undefined` when the peer could not be asked. `locate` says where its sidecar is, or `undefined` while none runs; it is
   * called only when the peer is due to be asked. Never rejects but for an abort of `signal`.
   */
  async of(
    key: string,
    locate: () => Promise<SidecarTarget | undefined>,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    let entry = this.#entries.get(key);
    if (entry === undefined) {
      entry = { nodeId: undefined, refreshAt: Number.NEGATIVE_INFINITY, lookup: undefined };
      this.#entries.set(key, entry);
    }
    if (this.#clock.monotonic() >= entry.refreshAt) {
      // Shared by everybody who asks meanwhile, so it must not end with the reconcile that happened to start it: it
      // has the client's own deadline.
      entry.lookup ??= this.#lookUp(entry, locate);
      await entry.lookup;
      signal.throwIfAborted();
    }
    return entry.nodeId;
  }

  forget(key: string): void {
    this.#entries.delete(key);
  }

  async #lookUp(entry: Entry, locate: () => Promise<SidecarTarget | undefined>): Promise<void> {
    try {
      const target = await locate();
      if (target === undefined) {
        entry.refreshAt = this.#clock.monotonic() + RETRY_MS;
        return;
      }
      entry.nodeId = await this.#sidecars(target).nodeId();
      entry.refreshAt = this.#clock.monotonic() + REFRESH_MS;
    } catch {
      // The last known id stays: a restarting sidecar does not change who the node is. Callers log who is left out.
      entry.refreshAt = this.#clock.monotonic() + RETRY_MS;
    } finally {
      entry.lookup = undefined;
    }
  }
}

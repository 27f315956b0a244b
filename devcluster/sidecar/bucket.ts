/** The chains whose genesis is built into the sidecar. */
const embeddedChains: ReadonlySet<string> = new Set(["pacific-1", "atlantic-2", "arctic-1"]);

/**
 * The S3 buckets that all simulated sidecars share: genesis ceremonies meet here.
 *
 * A chain nobody holds a ceremony for counts as published long ago, so that a follower of any chain id comes up; once
 * artifacts of a ceremony are uploaded, its genesis is missing until it was assembled. `withhold` takes one away.
 */
export class Bucket {
  readonly #objects = new Map<string, unknown>();
  readonly #withheld = new Set<string>();

  put(key: string, value: unknown): void {
    this.#objects.set(key, value);
  }

  get(key: string): unknown {
    return this.#objects.get(key);
  }

  keys(prefix: string): string[] {
    return [...this.#objects.keys()].filter((key) => key.startsWith(prefix));
  }

  /** Makes configure-genesis of this chain fail until `publish`. */
  withhold(chainId: string): void {
    this.#withheld.add(chainId);
  }

  publish(chainId: string): void {
    this.#withheld.delete(chainId);
    this.put(`${chainId}/genesis.json`, { chainId });
  }

  hasGenesis(chainId: string): boolean {
    if (this.#withheld.has(chainId)) return false;
    if (embeddedChains.has(chainId) || this.#objects.has(`${chainId}/genesis.json`)) return true;
    return this.keys(`${chainId}/`).length === 0;
  }
}

/** A TOML document as nested plain values. */
export interface TomlTable {
  [key: string]: TomlValue;
}
export type TomlValue = string | number | boolean | null | TomlValue[] | TomlTable;

/** The files under the node's home that tests ask about: a small key/value view, not a file system. */
export class NodeFiles {
  /** Marker files by name, for example `.sei-sidecar-genesis-done`. */
  readonly markers = new Set<string>();
  /** `config.toml` and `app.toml` and whatever config-patch created. */
  readonly toml = new Map<string, TomlTable>();
  /** From the last config-apply. */
  mode: string | undefined;
  overrides: Readonly<Record<string, string>> = {};
  /** Chain id of `config/genesis.json`, when there is one. */
  genesisChainId: string | undefined;
  /** `seid init` writes a placeholder genesis; configure-genesis replaces it by the network's. */
  genesisIsPlaceholder = false;
  /** Height of the restored snapshot. */
  snapshotHeight: number | undefined;

  get persistentPeers(): string {
    return String(this.#value("p2p", "persistent-peers") ?? "");
  }

  get externalAddress(): string {
    return String(this.#value("p2p", "external-address") ?? "");
  }

  /** The `[statesync]` table of config.toml; empty when state sync was never configured. */
  get stateSync(): Readonly<TomlTable> {
    const table = this.toml.get("config.toml")?.statesync;
    return isTable(table) ? table : {};
  }

  /** Merges `changes` into a file as config-patch does: null deletes, tables merge, everything else replaces. */
  patch(file: string, changes: TomlTable): void {
    this.toml.set(file, mergeTable(this.toml.get(file) ?? {}, changes));
  }

  #value(table: string, key: string): TomlValue | undefined {
    const found = this.toml.get("config.toml")?.[table];
    return isTable(found) ? found[key] : undefined;
  }
}

export function isTable(value: unknown): value is TomlTable {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function mergeTable(base: TomlTable, changes: TomlTable): TomlTable {
  const merged: TomlTable = { ...base };
  for (const [key, value] of Object.entries(changes)) {
    const existing = merged[key];
    if (value === null) delete merged[key];
    else if (isTable(value)) merged[key] = mergeTable(isTable(existing) ? existing : {}, value);
    else merged[key] = value;
  }
  return merged;
}

/**
 * What a node's configuration shall say, as the params of the sidecar tasks that write it: config-apply generates the
 * whole configuration at init and edits it on `sei.io/apply-config`; config-patch edits it in every update plan. Pure: same spec, same params, so that params
 * can be compared and a rebuilt plan says the same. The sidecar expands the mode's defaults beneath the overrides.
 */
import type { SeiNode } from "#api";
import type { DeepReadonly } from "#kube";
import { type ConfigMode, configModeOf, modeOf } from "./render/index.ts";

/**
 * Persisted in the plan. `incremental` and `targetVersion` are absent: false and 0 are what the wire then says. (Types and
 * not interfaces: only a type alias may be handed on as `Record<string, unknown>`.)
 */
export type ConfigApplyParams = {
  readonly mode: ConfigMode;
  /** sei-config's dotted keys; all values are text. Sorted by key. */
  readonly overrides: Readonly<Record<string, string>>;
};

/** Edits the configuration that is there: what the overrides do not name (peers, state sync) stays. */
export type ConfigUpdateParams = ConfigApplyParams & { readonly incremental: true };

export type ConfigPatchParams = {
  /** File under `config/` -> what to merge into its TOML. The key must be lower case. */
  readonly files: { readonly "config.toml": { readonly p2p: { readonly "external-address": string } } };
};

export interface ConfigIntent {
  readonly params: ConfigApplyParams;
  /** For the log, since the user should learn why a value never arrives. */
  readonly rejected: readonly RejectedOverride[];
}

/** An override the user set and this operator does not honour. */
export interface RejectedOverride {
  readonly key: string;
  readonly userValue: string;
  readonly forcedValue: string;
}

type Overrides = Readonly<Record<string, string>>;

export const EXTERNAL_ADDRESS = "network.p2p.external_address";

/** Values nobody can override: dashboards and alerts are built on what seid logs at this level. */
const forced: Overrides = { "logging.level": "info" };

/** Later layers win: common, mode, the user's, forced. Throws a ModeError when the spec has no mode. */
export function configApplyParams(node: DeepReadonly<SeiNode>): ConfigIntent {
  const overrides = { ...commonOverrides(node), ...modeOverrides(node), ...node.spec.overrides, ...forced };
  return {
    params: { mode: configModeOf(node), overrides: sortedByKey(overrides) },
    rejected: rejectedOverrides(node.spec.overrides ?? {}),
  };
}

/** Each configuration key this spec sets, with its value. The address is among them even when empty, so that taking it away counts. */
export function wantedConfig(node: DeepReadonly<SeiNode>): Overrides {
  const { overrides } = configApplyParams(node).params;
  return sortedByKey({ ...overrides, [EXTERNAL_ADDRESS]: effectiveExternalAddress(node) });
}

export function configUpdateParams(node: DeepReadonly<SeiNode>): ConfigUpdateParams {
  return { mode: configModeOf(node), incremental: true, overrides: wantedConfig(node) };
}

/** The field of spec that a person edits to change this configuration key. */
export function configFieldOf(node: DeepReadonly<SeiNode>, key: string): ConfigField {
  if (Object.hasOwn(node.spec.overrides ?? {}, key)) return "overrides";
  if (key === EXTERNAL_ADDRESS) return "externalAddress";
  return snapshotKeys.has(key) ? "snapshotGeneration" : "overrides";
}

export type ConfigField = "overrides" | "externalAddress" | "snapshotGeneration";

/** The address is sent even when empty, so that taking it away reaches a running node too. */
export function configPatchParams(node: DeepReadonly<SeiNode>): ConfigPatchParams {
  return { files: { "config.toml": { p2p: { "external-address": effectiveExternalAddress(node) } } } };
}

/**
 * The P2P address the node advertises: the user's override, else `spec.externalAddress`, else empty (design D22). An
 * override that is set to the empty text counts: it is how a child of a group opts out.
 */
export function effectiveExternalAddress(node: DeepReadonly<SeiNode>): string {
  return node.spec.overrides?.[EXTERNAL_ADDRESS] ?? node.spec.externalAddress ?? "";
}

/** A user value equal to the forced one is nothing to complain about. */
function rejectedOverrides(wanted: Overrides): RejectedOverride[] {
  return Object.entries(forced).flatMap(([key, forcedValue]) => {
    const userValue = wanted[key];
    return userValue === undefined || userValue === forcedValue ? [] : [{ key, userValue, forcedValue }];
  });
}

function commonOverrides(node: DeepReadonly<SeiNode>): Overrides {
  const { externalAddress } = node.spec;
  return { "logging.level": "error", ...(externalAddress && { [EXTERNAL_ADDRESS]: externalAddress }) };
}

function modeOverrides(node: DeepReadonly<SeiNode>): Overrides {
  const mode = modeOf(node);
  switch (mode) {
    case "fullNode": {
      const snapshots = snapshotOverrides(node.spec.fullNode?.snapshotGeneration?.tendermint);
      return snapshots === undefined ? {} : { ...snapshots, ...snapshotServer };
    }
    case "archive":
      return snapshotOverrides(node.spec.archive?.snapshotGeneration?.tendermint) ?? {};
    case "replayer":
      return replayer;
    case "validator":
      return {};
  }
}

function snapshotOverrides(tendermint: { readonly keepRecent: number } | undefined): Overrides | undefined {
  if (tendermint === undefined) return undefined;
  return {
    "storage.snapshot_interval": "2000",
    "storage.snapshot_keep_recent": String(tendermint.keepRecent),
  };
}

/** A full node that makes snapshots keeps enough state to make them from, and serves many peers at once. */
const snapshotServer: Overrides = {
  "storage.pruning_keep_recent": "50000",
  "storage.pruning_keep_every": "0",
  "chain.min_retain_blocks": "50000",
  "network.p2p.max_connections": "500",
  "network.p2p.send_rate": "20971520",
  "network.p2p.recv_rate": "20971520",
};

const snapshotKeys: ReadonlySet<string> = new Set([
  ...Object.keys(snapshotOverrides({ keepRecent: 1 }) ?? {}),
  ...Object.keys(snapshotServer),
]);

/** Replaying back to back commits far faster than a chain does: fewer, asynchronous state snapshots. */
const replayer: Overrides = {
  "storage.state_commit.async_commit_buffer": "100",
  "storage.state_commit.memiavl.snapshot_keep_recent": "2",
  "storage.state_commit.memiavl.snapshot_min_time_interval": "3600",
};

function sortedByKey(overrides: Overrides): Overrides {
  return Object.fromEntries(Object.entries(overrides).sort(([a], [b]) => (a < b ? -1 : 1)));
}

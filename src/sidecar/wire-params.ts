/** From the params a plan stores to the params the sidecar wants, per task type (spec/seinode.md 6, sidecar.md 8). */
import { isOverrideKey, nearestOverrideKey } from "./override-keys.ts";
import type { InvalidParamsError, ParamsReader, StringMap } from "./params-reader.ts";

/** Reads and validates; `undefined` when the request carries no params. */
export type ParamsMapper = (params: ParamsReader) => Record<string, unknown> | undefined;

const CONFIG_MODES = ["validator", "full", "seed", "archive", "rpc", "indexer"];
const VOTE_OPTIONS = ["yes", "no", "abstain", "no_with_veto", "no-with-veto"];

export const noParams: ParamsMapper = () => undefined;

export const snapshotRestore: ParamsMapper = (params) => {
  const targetHeight = params.integer("targetHeight") ?? 0;
  return targetHeight > 0 ? { targetHeight } : undefined;
};

export const configApply: ParamsMapper = (params) => {
  const mode = params.requiredString("mode");
  if (!CONFIG_MODES.includes(mode))
    throw params.invalid("mode", `${JSON.stringify(mode)} is unknown: use one of ${CONFIG_MODES.join(", ")}`);
  const overrides = params.stringMap("overrides");
  checkOverrides(params, overrides ?? {});
  return {
    mode,
    incremental: params.boolean("incremental") ?? false,
    targetVersion: params.integer("targetVersion") ?? 0,
    ...definedOnly({ overrides }),
  };
};

export const configPatch: ParamsMapper = (params) => ({
  files: params.record("files") ?? fail(params.invalid("files", "must name at least one file")),
});

export const configureStateSync: ParamsMapper = (params) =>
  someOf({
    useLocalSnapshot: params.boolean("useLocalSnapshot") || undefined,
    trustPeriod: params.string("trustPeriod"),
    backfillBlocks: params.integer("backfillBlocks"),
    rpcServers: params.strings("rpcServers"),
  });

export const discoverPeers: ParamsMapper = (params) => {
  const sources = params.items("sources");
  // Zero sources would wipe the persistent peers of the node.
  if (sources === undefined) throw params.invalid("sources", "must hold at least one source");
  return { sources: sources.map(peerSource) };
};

function peerSource(source: ParamsReader): Record<string, unknown> {
  const type = source.requiredString("type");
  switch (type) {
    case "ec2Tags":
      return {
        type,
        region: source.requiredString("region"),
        tags: source.stringMap("tags") ?? fail(source.invalid("tags", "must hold at least one tag")),
      };
    case "static":
      return {
        type,
        addresses:
          source.strings("addresses") ?? fail(source.invalid("addresses", "must hold at least one address")),
      };
    case "dnsEndpoints":
      return {
        type,
        endpoints:
          source.strings("endpoints") ?? fail(source.invalid("endpoints", "must hold at least one endpoint")),
      };
    default:
      throw source.invalid("type", `${JSON.stringify(type)} is unknown: use ec2Tags, static or dnsEndpoints`);
  }
}

export const generateIdentity: ParamsMapper = (params) => ({
  chainId: params.requiredString("chainId"),
  moniker: params.requiredString("moniker"),
});

export const generateGentx: ParamsMapper = (params) => ({
  chainId: params.requiredString("chainId"),
  stakingAmount: params.requiredString("stakingAmount"),
  accountBalance: params.requiredString("accountBalance"),
});

export const uploadGenesisArtifacts: ParamsMapper = (params) => ({
  nodeName: params.requiredString("nodeName"),
});

export const assembleAndUploadGenesis: ParamsMapper = (params) => {
  const nodes = params.items("nodes");
  if (nodes === undefined) throw params.invalid("nodes", "must name at least one node");
  const accounts = params.items("accounts")?.map((account) => ({
    address: account.requiredString("address"),
    balance: account.requiredString("balance"),
  }));
  return {
    accountBalance: params.requiredString("accountBalance"),
    namespace: params.requiredString("namespace"),
    nodes: nodes.map((node) => ({ name: node.requiredString("name") })),
    ...definedOnly({ accounts, overrides: params.record("overrides") }),
  };
};

export const awaitCondition: ParamsMapper = (params) => {
  const condition = params.requiredString("condition");
  if (condition !== "height")
    throw params.invalid("condition", `${JSON.stringify(condition)} is unknown: use height`);
  const action = params.string("action");
  if (action !== undefined && action !== "SIGTERM_SEID") {
    throw params.invalid("action", `${JSON.stringify(action)} is unknown: use SIGTERM_SEID or leave it out`);
  }
  return { condition, targetHeight: params.requiredPositive("targetHeight"), ...definedOnly({ action }) };
};

export const govVote: ParamsMapper = (params) => {
  const option = params.requiredString("option");
  if (!VOTE_OPTIONS.includes(option.toLowerCase())) {
    throw params.invalid(
      "option",
      `${JSON.stringify(option)} is unknown: use one of ${VOTE_OPTIONS.join(", ")}`,
    );
  }
  return {
    chainId: params.requiredString("chainId"),
    keyName: params.requiredString("keyName"),
    proposalId: params.requiredPositive("proposalId"),
    option,
    ...definedOnly({ memo: params.string("memo") }),
    fees: params.requiredString("fees"),
    gas: params.requiredPositive("gas"),
  };
};

export const govSoftwareUpgrade: ParamsMapper = (params) => ({
  chainId: params.requiredString("chainId"),
  keyName: params.requiredString("keyName"),
  title: params.requiredString("title"),
  description: params.requiredString("description"),
  upgradeName: params.requiredString("upgradeName"),
  upgradeHeight: params.requiredPositive("upgradeHeight"),
  ...definedOnly({ upgradeInfo: params.string("upgradeInfo") }),
  initialDeposit: params.requiredString("initialDeposit"),
  ...definedOnly({ memo: params.string("memo") }),
  fees: params.requiredString("fees"),
  gas: params.requiredPositive("gas"),
});

function checkOverrides(params: ParamsReader, overrides: StringMap): void {
  for (const key of Object.keys(overrides)) {
    if (isOverrideKey(key)) continue;
    const nearest = nearestOverrideKey(key);
    const remedy =
      nearest === undefined ? "remove it from spec.overrides" : `did you mean ${JSON.stringify(nearest)}?`;
    throw params.invalid("overrides", `holds the unknown key ${JSON.stringify(key)}: ${remedy}`);
  }
}

function definedOnly(values: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

function someOf(values: Record<string, unknown>): Record<string, unknown> | undefined {
  const defined = definedOnly(values);
  return Object.keys(defined).length === 0 ? undefined : defined;
}

function fail(error: InvalidParamsError): never {
  throw error;
}

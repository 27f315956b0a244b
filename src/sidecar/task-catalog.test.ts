import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { InvalidParamsError } from "./params-reader.ts";
import { maxRetriesOf, sidecarTaskType, sidecarTaskTypes, wireParams } from "./task-catalog.ts";

function invalid(type: string, stored: unknown): string {
  try {
    wireParams(type, stored);
  } catch (error) {
    assert.ok(error instanceof InvalidParamsError, String(error));
    return error.message;
  }
  return assert.fail(`${type} accepted ${JSON.stringify(stored)}`);
}

describe("wire params", () => {
  const static1 = { type: "static", addresses: ["a@h:1"] };
  const cases: [type: string, stored: unknown, wire: unknown][] = [
    ["snapshot-restore", { TargetHeight: 5 }, { targetHeight: 5 }],
    ["snapshot-restore", { targetHeight: 0 }, undefined],
    ["snapshot-restore", {}, undefined],
    ["configure-genesis", {}, undefined],
    ["config-validate", undefined, undefined],
    ["mark-ready", {}, undefined],
    ["snapshot-upload", {}, undefined],
    ["set-genesis-peers", {}, undefined],
    ["restart-seid", null, undefined],
    ["config-apply", { mode: "full" }, { mode: "full", incremental: false, targetVersion: 0 }],
    [
      "config-apply",
      { mode: "archive", overrides: {} },
      { mode: "archive", incremental: false, targetVersion: 0 },
    ],
    [
      "config-apply",
      { Mode: "validator", Incremental: true, TargetVersion: 2, Overrides: { "logging.level": "info" } },
      { mode: "validator", incremental: true, targetVersion: 2, overrides: { "logging.level": "info" } },
    ],
    [
      "config-patch",
      { files: { "config.toml": { p2p: { "external-address": "" } } } },
      { files: { "config.toml": { p2p: { "external-address": "" } } } },
    ],
    [
      "configure-state-sync",
      { UseLocalSnapshot: false, TrustPeriod: "", BackfillBlocks: 0, RpcServers: [] },
      undefined,
    ],
    ["configure-state-sync", { RpcServers: null }, undefined],
    [
      "configure-state-sync",
      { UseLocalSnapshot: true, TrustPeriod: "168h", BackfillBlocks: 9, RpcServers: ["h:26657"] },
      { useLocalSnapshot: true, trustPeriod: "168h", backfillBlocks: 9, rpcServers: ["h:26657"] },
    ],
    ["discover-peers", { Sources: [static1] }, { sources: [static1] }],
    [
      "discover-peers",
      {
        Sources: [
          { Type: "ec2Tags", Region: "eu", Tags: { Chain: "A" }, addresses: null },
          { type: "dnsEndpoints", endpoints: ["h"] },
        ],
      },
      {
        sources: [
          { type: "ec2Tags", region: "eu", tags: { Chain: "A" } },
          { type: "dnsEndpoints", endpoints: ["h"] },
        ],
      },
    ],
    ["generate-identity", { ChainID: "c", Moniker: "m" }, { chainId: "c", moniker: "m" }],
    [
      "generate-gentx",
      { ChainID: "c", StakingAmount: "1usei", AccountBalance: "2usei" },
      { chainId: "c", stakingAmount: "1usei", accountBalance: "2usei" },
    ],
    ["upload-genesis-artifacts", { NodeName: "n" }, { nodeName: "n" }],
    [
      "assemble-and-upload-genesis",
      { AccountBalance: "1usei", Namespace: "ns", Nodes: [{ Name: "a" }], Accounts: null, Overrides: {} },
      { accountBalance: "1usei", namespace: "ns", nodes: [{ name: "a" }] },
    ],
    [
      "assemble-and-upload-genesis",
      {
        accountBalance: "1usei",
        namespace: "ns",
        nodes: [{ name: "a" }, { name: "b" }],
        accounts: [{ address: "sei1x", balance: "1usei,2uatom" }],
        overrides: { "gov.Params.x": 1 },
      },
      {
        accountBalance: "1usei",
        namespace: "ns",
        nodes: [{ name: "a" }, { name: "b" }],
        accounts: [{ address: "sei1x", balance: "1usei,2uatom" }],
        overrides: { "gov.Params.x": 1 },
      },
    ],
    ["await-condition", { condition: "height", targetHeight: 9 }, { condition: "height", targetHeight: 9 }],
    [
      "await-condition",
      { condition: "height", targetHeight: 9, action: "SIGTERM_SEID" },
      { condition: "height", targetHeight: 9, action: "SIGTERM_SEID" },
    ],
    [
      "gov-vote",
      {
        chainId: "c",
        keyName: "k",
        proposalId: 3,
        option: "no_with_veto",
        memo: "",
        fees: "1usei",
        gas: 200,
      },
      { chainId: "c", keyName: "k", proposalId: 3, option: "no_with_veto", fees: "1usei", gas: 200 },
    ],
    [
      "gov-software-upgrade",
      {
        chainId: "c",
        keyName: "k",
        title: "t",
        description: "d",
        upgradeName: "v7",
        upgradeHeight: 10,
        upgradeInfo: "i",
        initialDeposit: "1usei",
        memo: "m",
        fees: "1usei",
        gas: 1,
      },
      {
        chainId: "c",
        keyName: "k",
        title: "t",
        description: "d",
        upgradeName: "v7",
        upgradeHeight: 10,
        upgradeInfo: "i",
        initialDeposit: "1usei",
        memo: "m",
        fees: "1usei",
        gas: 1,
      },
    ],
  ];
  for (const [type, stored, wire] of cases) {
    test(`${type} of ${JSON.stringify(stored)}`, () => assert.deepEqual(wireParams(type, stored), wire));
  }

  test("every type of the catalog has a case above", () => {
    const covered = new Set(cases.map(([type]) => type));
    assert.deepEqual(
      sidecarTaskTypes.filter((type) => !covered.has(type)),
      [],
    );
  });

  test("keys are read in any letter case; keys and letter case of maps are data and stay", () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: 10, maxLength: 10 }), (upper) => {
        const twist = (key: string) =>
          [...key].map((char, i) => (upper[i % 10] ? char.toUpperCase() : char)).join("");
        const stored = {
          [twist("files")]: { "Config.TOML": { KeepMe: 1 } },
        };
        assert.deepEqual(wireParams("config-patch", stored), { files: { "Config.TOML": { KeepMe: 1 } } });
      }),
    );
  });

  test("the wire spelling wins over another one of the same key", () => {
    assert.deepEqual(wireParams("upload-genesis-artifacts", { nodeName: "new", NodeName: "old" }), {
      nodeName: "new",
    });
  });
});

describe("params that are refused say which field, which value and what to do", () => {
  const cases: [type: string, stored: unknown, message: string][] = [
    ["config-apply", {}, "config-apply: mode is required and must not be empty"],
    [
      "config-apply",
      { mode: "fast" },
      'config-apply: mode "fast" is unknown: use one of validator, full, seed, archive, rpc, indexer',
    ],
    [
      "config-apply",
      { mode: "full", overrides: { "storage.Pruning-interval": "1" } },
      'config-apply: overrides holds the unknown key "storage.Pruning-interval": did you mean "storage.pruning_interval"?',
    ],
    [
      "config-apply",
      { mode: "full", overrides: { "zzz.qqq.xyzzy": "1" } },
      'config-apply: overrides holds the unknown key "zzz.qqq.xyzzy": remove it from spec.overrides',
    ],
    [
      "config-apply",
      { mode: "full", overrides: { "evm.http_port": 8545 } },
      'config-apply: overrides["evm.http_port"] must be a string (quote it), got 8545',
    ],
    ["config-apply", "full", 'config-apply: params must be an object, got "full"'],
    ["config-patch", { files: {} }, "config-patch: files must name at least one file"],
    [
      "snapshot-restore",
      { targetHeight: "5" },
      'snapshot-restore: targetHeight must be an integer of at most 2^53-1, got "5"',
    ],
    [
      "snapshot-restore",
      { targetHeight: 2 ** 53 },
      "snapshot-restore: targetHeight must be an integer of at most 2^53-1, got 9007199254740992",
    ],
    ["discover-peers", { sources: [] }, "discover-peers: sources must hold at least one source"],
    [
      "discover-peers",
      { sources: [{ type: "static", addresses: [] }] },
      "discover-peers: sources[0]: addresses must hold at least one address",
    ],
    [
      "discover-peers",
      { sources: [{ type: "ec2Tags", tags: { a: "b" } }] },
      "discover-peers: sources[0]: region is required and must not be empty",
    ],
    [
      "discover-peers",
      { sources: [{ type: "ec2Tags", region: "eu" }] },
      "discover-peers: sources[0]: tags must hold at least one tag",
    ],
    [
      "discover-peers",
      { sources: [{ type: "label" }] },
      'discover-peers: sources[0]: type "label" is unknown: use ec2Tags, static or dnsEndpoints',
    ],
    [
      "configure-state-sync",
      { rpcServers: ["a", ""] },
      'configure-state-sync: rpcServers[1] must be a non-empty string, got ""',
    ],
    ["generate-identity", { chainId: "c" }, "generate-identity: moniker is required and must not be empty"],
    [
      "generate-gentx",
      { chainId: "c", stakingAmount: "1" },
      "generate-gentx: accountBalance is required and must not be empty",
    ],
    ["upload-genesis-artifacts", {}, "upload-genesis-artifacts: nodeName is required and must not be empty"],
    [
      "assemble-and-upload-genesis",
      { nodes: [] },
      "assemble-and-upload-genesis: nodes must name at least one node",
    ],
    [
      "await-condition",
      { condition: "height", targetHeight: -1 },
      "await-condition: targetHeight must be greater than zero, got -1",
    ],
    ["await-condition", { condition: "moon" }, 'await-condition: condition "moon" is unknown: use height'],
    [
      "gov-vote",
      { option: "maybe" },
      'gov-vote: option "maybe" is unknown: use one of yes, no, abstain, no_with_veto, no-with-veto',
    ],
  ];
  for (const [type, stored, message] of cases) {
    test(message, () => assert.equal(invalid(type, stored), message));
  }
});

test("retry budgets are those of the design", () => {
  const budgets = Object.fromEntries(
    sidecarTaskTypes.map((type) => [type, maxRetriesOf(type)] as const).filter(([, retries]) => retries > 0),
  );
  assert.deepEqual(budgets, {
    "snapshot-restore": 5,
    "configure-state-sync": 5,
    "upload-genesis-artifacts": 5,
    "set-genesis-peers": 20,
    "discover-peers": 20,
    "configure-genesis": 180,
    "assemble-and-upload-genesis": 180,
  });
  assert.equal(maxRetriesOf("replace-pod"), 0);
});

test("only snapshot-upload ends on acceptance, only the signing tasks are never POSTed twice", () => {
  const types = sidecarTaskTypes.map((type) => [type, sidecarTaskType(type)] as const);
  assert.deepEqual(
    types.filter(([, type]) => type?.completesOn === "accept").map(([type]) => type),
    ["snapshot-upload"],
  );
  assert.deepEqual(
    types.filter(([, type]) => !type?.resubmittable).map(([type]) => type),
    ["gov-vote", "gov-software-upgrade"],
  );
});

test("names that are no sidecar task are not found, not even those every object has", () => {
  for (const type of ["apply-service", "toString", "constructor"])
    assert.equal(sidecarTaskType(type), undefined);
  assert.throws(() => wireParams("apply-service", {}), /is not a sidecar task/);
});

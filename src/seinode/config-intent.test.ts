import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { configApplyParams, configPatchParams, effectiveExternalAddress } from "./config-intent.ts";
import { testNode, validSpec } from "./render/fixtures.ts";

const replayer = { snapshot: { s3: { targetHeight: 100 } } };
const tendermint = { keepRecent: 5 };

const replayerKeys = {
  "storage.state_commit.async_commit_buffer": "100",
  "storage.state_commit.memiavl.snapshot_keep_recent": "2",
  "storage.state_commit.memiavl.snapshot_min_time_interval": "3600",
};

const cases = [
  ["a full node", { fullNode: {} }, "full", {}],
  [
    "a full node that makes snapshots",
    { fullNode: { snapshotGeneration: { tendermint } } },
    "full",
    {
      "storage.snapshot_interval": "2000",
      "storage.snapshot_keep_recent": "5",
      "storage.pruning_keep_recent": "50000",
      "storage.pruning_keep_every": "0",
      "chain.min_retain_blocks": "50000",
      "network.p2p.max_connections": "500",
      "network.p2p.send_rate": "20971520",
      "network.p2p.recv_rate": "20971520",
    },
  ],
  ["an archive", { archive: {} }, "archive", {}],
  [
    "an archive that makes snapshots",
    { archive: { snapshotGeneration: { tendermint } } },
    "archive",
    { "storage.snapshot_interval": "2000", "storage.snapshot_keep_recent": "5" },
  ],
  ["a replayer", { replayer }, "full", replayerKeys],
  ["a validator", { validator: {} }, "validator", {}],
  [
    "a ceremony validator",
    {
      validator: {
        genesisCeremony: { chainId: "c", stakingAmount: "1usei", accountBalance: "1usei", index: 0 },
      },
    },
    "validator",
    {},
  ],
] as const;

for (const [situation, spec, mode, keys] of cases) {
  test(`config-apply for ${situation} carries the mode ${mode}, its keys and the forced log level`, () => {
    assert.deepEqual(configApplyParams(testNode(spec)), {
      params: { mode, overrides: { ...keys, "logging.level": "info" } },
      rejected: [],
    });
  });
}

test("config-apply carries the external address only when there is one", () => {
  const key = "network.p2p.external_address";
  assert.equal(configApplyParams(testNode({ externalAddress: "h:1" })).params.overrides[key], "h:1");
  assert.equal(key in configApplyParams(testNode({ externalAddress: "" })).params.overrides, false);
  assert.equal(key in configApplyParams(testNode()).params.overrides, false);
});

test("the user's overrides win over the common and the mode's keys", () => {
  const { overrides } = configApplyParams(
    testNode({
      fullNode: { snapshotGeneration: { tendermint } },
      externalAddress: "spec:1",
      overrides: { "network.p2p.external_address": "user:1", "storage.snapshot_interval": "7" },
    }),
  ).params;
  assert.equal(overrides["network.p2p.external_address"], "user:1");
  assert.equal(overrides["storage.snapshot_interval"], "7");
  assert.equal(overrides["storage.pruning_keep_every"], "0");
});

for (const level of ["debug", "warn"]) {
  test(`logging.level ${level} is replaced by info and reported`, () => {
    const { params, rejected } = configApplyParams(testNode({ overrides: { "logging.level": level } }));
    assert.equal(params.overrides["logging.level"], "info");
    assert.deepEqual(rejected, [{ key: "logging.level", userValue: level, forcedValue: "info" }]);
  });
}

test("logging.level info is what is forced anyway and not reported", () => {
  const { params, rejected } = configApplyParams(testNode({ overrides: { "logging.level": "info" } }));
  assert.equal(params.overrides["logging.level"], "info");
  assert.deepEqual(rejected, []);
});

const addresses = [
  [
    "the override over the spec's address",
    { overrides: { "network.p2p.external_address": "user:1" }, externalAddress: "spec:1" },
    "user:1",
  ],
  [
    "an empty override over the spec's address",
    { overrides: { "network.p2p.external_address": "" }, externalAddress: "spec:1" },
    "",
  ],
  [
    "the spec's address without an override",
    { overrides: { "logging.level": "info" }, externalAddress: "spec:1" },
    "spec:1",
  ],
  ["the empty text without either", {}, ""],
] as const;

for (const [what, spec, address] of addresses) {
  test(`D22: config-patch sends ${what}`, () => {
    assert.deepEqual(configPatchParams(testNode(spec)), {
      files: { "config.toml": { p2p: { "external-address": address } } },
    });
  });
}

test("both tasks agree on the address, survive JSON and are the same at each build", () => {
  fc.assert(
    fc.property(validSpec, (spec) => {
      const { params } = configApplyParams(testNode(spec));
      const patch = configPatchParams(testNode(spec));
      assert.equal(
        JSON.stringify(configApplyParams(testNode(structuredClone(spec))).params),
        JSON.stringify(params),
      );
      assert.deepEqual(JSON.parse(JSON.stringify({ params, patch })), { params, patch });
      assert.equal(
        params.overrides["network.p2p.external_address"] ?? "",
        effectiveExternalAddress(testNode(spec)),
      );
      assert.equal(params.overrides["logging.level"], "info");
      assert.ok(Object.values(params.overrides).every((value) => typeof value === "string"));
    }),
  );
});

test("the order in which the API server returns overrides does not change the params", () => {
  const one = configApplyParams(testNode({ overrides: { a: "1", b: "2" } }));
  const other = configApplyParams(testNode({ overrides: { b: "2", a: "1" } }));
  assert.equal(JSON.stringify(one), JSON.stringify(other));
});

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { isOverrideKey, nearestOverrideKey, overrideKeys } from "./override-keys.ts";

test("keys of every group are known, prefixes and strangers are not", () => {
  const known = [
    "version",
    "mode",
    "chain.min_gas_prices",
    "network.rpc.lag_threshold",
    "network.p2p.persistent_peers",
    "consensus.unsafe_bypass_commit_timeout_override",
    "mempool.drop_priority_reservoir_size",
    "state_sync.light_block_response_timeout",
    "storage.pruning",
    "storage.state_commit.memiavl.snapshot_interval",
    "storage.state_store.evm_db_directory",
    "storage.receipt_store.tx_index_backend",
    "tx_index.psql_conn",
    "evm.worker_queue_size",
    "evm.query.gas_limit",
    "evm.replay.eth_rpc",
    "evm.block_test.enabled",
    "api.rest.enable_unsafe_cors",
    "api.grpc.enable",
    "api.grpc_web.address",
    "metrics.global_labels",
    "logging.level",
    "wasm.lru_size",
    "giga_executor.occ_enabled",
    "light_invariance.supply_enabled",
    "priv_validator.root_ca_file",
    "self_remediation.restart_cooldown_seconds",
    "genesis.genesis_stream_file",
  ];
  for (const key of known) assert.ok(isOverrideKey(key), key);
  for (const key of ["", "chain", "chain.", "storage.memiavl", "evm", "Logging.level"])
    assert.ok(!isOverrideKey(key), key);
});

test("no key is empty, doubled in spelling or left with white space by the table", () => {
  for (const key of overrideKeys) assert.match(key, /^[a-z0-9_]+(\.[a-z0-9_]+)*$/);
  assert.equal(overrideKeys.size, 224);
});

test("a slip of the pen finds the key that was meant", () => {
  assert.equal(nearestOverrideKey("loging.level"), "logging.level");
  assert.equal(nearestOverrideKey("chain.minimum_gas_prices"), "chain.min_gas_prices");
  assert.equal(nearestOverrideKey("Network.P2P.Persistent-Peers"), "network.p2p.persistent_peers");
  assert.equal(nearestOverrideKey("p2p.private_peer_ids"), "network.p2p.private_peer_ids");
  assert.equal(nearestOverrideKey("enable"), undefined);
  assert.equal(nearestOverrideKey("something.entirely.different"), undefined);
});

test("any known key with one letter dropped is recognised, if nothing else is as near", () => {
  fc.assert(
    fc.property(fc.constantFrom(...overrideKeys), fc.nat(), (key, at) => {
      const index = at % key.length;
      const found = nearestOverrideKey(key.slice(0, index) + key.slice(index + 1));
      assert.ok(found !== undefined && Math.abs(found.length - key.length) <= 2);
    }),
    { numRuns: 60 },
  );
});

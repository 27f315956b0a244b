import assert from "node:assert/strict";
import { test } from "node:test";
import { Bucket } from "../bucket.ts";
import { Fixture, id } from "../testing/fixture.ts";

const applied = { mode: "full", incremental: false, targetVersion: 0 };

test("config-apply records mode and overrides, and clears peers and state sync written before", async () => {
  const fixture = new Fixture();
  const sidecar = fixture.startSidecar();
  const { files } = fixture.volume;
  await fixture.run(sidecar, "discover-peers", { sources: [{ type: "static", addresses: ["a@h:26656"] }] });
  await fixture.run(sidecar, "configure-state-sync", { rpcServers: ["http://rpc.example:26657"] });
  assert.equal(files.persistentPeers, "a@h:26656");
  assert.equal(files.stateSync["rpc-servers"], "http://rpc.example:26657,http://rpc.example:26657");
  const overrides = { "logging.level": "info", "network.p2p.external_address": "me:26656" };
  const row = await fixture.run(sidecar, "config-apply", { ...applied, overrides });
  assert.equal(row?.status, "completed");
  assert.deepEqual([files.mode, files.overrides, files.externalAddress], ["full", overrides, "me:26656"]);
  assert.deepEqual([files.persistentPeers, files.stateSync], ["", {}]);
});

test("an incremental config-apply keeps peers and earlier overrides", async () => {
  const fixture = new Fixture();
  const sidecar = fixture.startSidecar();
  await fixture.run(sidecar, "config-apply", { ...applied, overrides: { "mempool.size": "10" } });
  await fixture.run(sidecar, "config-patch", {
    files: { "config.toml": { p2p: { "persistent-peers": "x" } } },
  });
  await fixture.run(sidecar, "config-apply", {
    mode: "full",
    incremental: true,
    overrides: { "logging.level": "info" },
  });
  assert.equal(fixture.volume.files.persistentPeers, "x");
  assert.deepEqual(fixture.volume.files.overrides, { "mempool.size": "10", "logging.level": "info" });
});

for (const [what, params, error] of [
  [
    "an unknown override key",
    { ...applied, overrides: { "no.such": "1" } },
    /^unknown override key: no\.such$/,
  ],
  ["no mode", { incremental: false }, /mode is required/],
  [
    "an unknown mode",
    { ...applied, mode: "super" },
    /^config validation failed: \[\{"severity":"error","field":"mode"/,
  ],
  [
    "a bad integer",
    { ...applied, overrides: { "storage.snapshot_interval": "often" } },
    /^config validation failed: \[/,
  ],
  ["a future target version", { ...applied, targetVersion: 3 }, /"field":"version"/],
  ["an override that is no string", { ...applied, overrides: { "mempool.size": 5 } }, /must be a string/],
] as const) {
  test(`config-apply with ${what} fails and changes nothing`, async () => {
    const fixture = new Fixture();
    const row = await fixture.run(fixture.startSidecar(), "config-apply", params);
    assert.equal(row?.status, "failed");
    assert.match(row.error ?? "", error);
    assert.equal(fixture.volume.files.mode, undefined);
  });
}

test("config-patch merges, deletes on null, creates files, and refuses an empty map", async () => {
  const fixture = new Fixture();
  const sidecar = fixture.startSidecar();
  await fixture.run(sidecar, "config-patch", { files: { "x.toml": { a: { b: 1, c: 2 }, d: [1] } } });
  await fixture.run(sidecar, "config-patch", { files: { "x.toml": { a: { b: null, e: 3 }, d: [2] } } });
  assert.deepEqual(fixture.volume.files.toml.get("x.toml"), { a: { c: 2, e: 3 }, d: [2] });
  const row = await fixture.run(sidecar, "config-patch", { files: {} });
  assert.equal(row?.status, "failed");
});

test("a task with a marker succeeds at once under any id, and its work is not done again", async () => {
  const fixture = new Fixture();
  const sidecar = fixture.startSidecar();
  await fixture.run(sidecar, "snapshot-restore", { targetHeight: 500 });
  assert.equal(fixture.volume.files.snapshotHeight, 500);
  const row = await fixture.run(sidecar, "snapshot-restore", { targetHeight: 900 });
  assert.equal(row?.status, "completed");
  assert.equal(fixture.volume.files.snapshotHeight, 500);
  assert.ok(fixture.volume.files.markers.has(".sei-sidecar-snapshot-done"));
});

test("a ceremony: genesis is missing from the first upload on until it is assembled, then peers leave themselves out", async () => {
  const bucket = new Bucket();
  const fixture = new Fixture("node-0", bucket);
  const sidecar = fixture.startSidecar();
  const other = new Fixture("node-1", bucket);
  for (const [node, process] of [
    [fixture, sidecar],
    [other, other.startSidecar()],
  ] as const) {
    const nodeName = node.volume.id;
    await node.run(process, "generate-identity", { chainId: "sei-test", moniker: nodeName });
    await node.run(process, "generate-gentx", {
      chainId: "sei-test",
      stakingAmount: "1usei",
      accountBalance: "2usei",
    });
    const row = await node.run(process, "upload-genesis-artifacts", { nodeName });
    assert.equal(row?.status, "completed", row?.error ?? "");
  }
  const early = await fixture.run(sidecar, "configure-genesis");
  assert.match(early?.error ?? "", /^configure-genesis: S3: NoSuchKey/);
  const nodes = [{ name: "node-0" }, { name: "node-1" }];
  const assembly = { accountBalance: "2usei", namespace: "default", nodes };
  const assembled = await fixture.run(sidecar, "assemble-and-upload-genesis", assembly);
  assert.equal(assembled?.status, "completed", assembled?.error ?? "");
  assert.equal((await fixture.run(sidecar, "configure-genesis"))?.status, "completed");
  await fixture.run(sidecar, "set-genesis-peers");
  const peer = /^[0-9a-f]{40}@node-1-0\.node-1\.default\.svc\.cluster\.local:26656$/;
  assert.match(fixture.volume.files.persistentPeers, peer);
});

test("configure-state-sync drops witnesses nobody serves and fails when none is left", async () => {
  const fixture = new Fixture();
  const host = "b-0.b.default.svc.cluster.local";
  fixture.hosts.set(host, "unreachable");
  const sidecar = fixture.startSidecar();
  const row = await fixture.run(sidecar, "configure-state-sync", { rpcServers: [`${host}:26657`] });
  assert.match(row?.error ?? "", /no witness/);
  fixture.hosts.set(host, { nodeId: "f".repeat(40), height: 5000 });
  await fixture.run(sidecar, "configure-state-sync", { rpcServers: [`${host}:26657`] });
  assert.equal(fixture.volume.files.stateSync["trust-height"], 3000);
  assert.match(String(fixture.volume.files.stateSync["trust-hash"]), /^[0-9A-F]{64}$/);
});

test("restart-seid ends when the next seid answers, and keeps the ready flag", async () => {
  const fixture = new Fixture();
  const sidecar = fixture.startSidecar();
  await fixture.run(sidecar, "mark-ready");
  fixture.startSeid().openGate();
  sidecar.engine.submit({ id: id(1), type: "restart-seid" });
  await fixture.settle();
  assert.deepEqual(fixture.exits, [0]);
  assert.equal(fixture.row(id(1))?.status, "running");
  fixture.startSeid().openGate();
  await fixture.settle();
  assert.equal(fixture.row(id(1))?.status, "completed");
  assert.equal(sidecar.engine.ready, true);
});

test("restart-seid fails after 90 s when seid does not stop, and never kills it", async () => {
  const fixture = new Fixture();
  fixture.settings.refuseToStop = true;
  const sidecar = fixture.startSidecar();
  fixture.startSeid().openGate();
  sidecar.engine.submit({ id: id(1), type: "restart-seid" });
  await fixture.clock.advance(89_999);
  assert.equal(fixture.row(id(1))?.status, "running");
  await fixture.clock.advance(1);
  assert.match(fixture.row(id(1))?.error ?? "", /pid \d+.*still alive 1m30s after SIGTERM; left running/);
  assert.equal(fixture.seid?.state, "running");
});

test("restart-seid fails after 5 min when the RPC does not come up", async () => {
  const fixture = new Fixture();
  const sidecar = fixture.startSidecar();
  fixture.startSeid(); // at the gate: no process, no RPC
  sidecar.engine.submit({ id: id(1), type: "restart-seid" });
  await fixture.clock.advance(300_000);
  assert.equal(fixture.row(id(1))?.error, "seid RPC did not come up within 5m0s");
});

test("await-condition waits for the height and can stop seid there", async () => {
  const fixture = new Fixture();
  const sidecar = fixture.startSidecar();
  fixture.startSeid().openGate();
  const params = { condition: "height", targetHeight: 11, action: "SIGTERM_SEID" };
  sidecar.engine.submit({ id: id(1), type: "await-condition", params });
  await fixture.clock.advance(3900);
  assert.equal(fixture.row(id(1))?.status, "running");
  await fixture.clock.advance(200);
  assert.deepEqual([fixture.row(id(1))?.status, fixture.exits], ["completed", [0]]);
});

const vote = { chainId: "sei-test", keyName: "k", proposalId: 1, option: "yes", fees: "10usei", gas: 200000 };
for (const [what, variables, params, error] of [
  ["without a keyring", {}, vote, /no keyring/],
  ["for another chain", { SEI_KEYRING_BACKEND: "test" }, { ...vote, chainId: "other" }, /chain id mismatch/],
  [
    "with fees in another coin",
    { SEI_KEYRING_BACKEND: "test" },
    { ...vote, fees: "10uatom" },
    /positive amount of usei/,
  ],
  [
    "with an odd option",
    { SEI_KEYRING_BACKEND: "test" },
    { ...vote, option: "maybe" },
    /invalid vote option/,
  ],
  ["with a memo of its own task id", { SEI_KEYRING_BACKEND: "test" }, { ...vote, memo: "taskID=1" }, /memo/],
  ["in order", { SEI_KEYRING_BACKEND: "test" }, vote, undefined],
] as const) {
  test(`gov-vote ${what} ${error === undefined ? "completes" : "fails"}`, async () => {
    const fixture = new Fixture();
    fixture.variables = { ...fixture.variables, ...variables };
    fixture.startSeid().openGate();
    const row = await fixture.run(fixture.startSidecar(), "gov-vote", params);
    if (error === undefined) assert.equal(row?.status, "completed", row?.error ?? "");
    else assert.match(row?.error ?? "", error);
  });
}

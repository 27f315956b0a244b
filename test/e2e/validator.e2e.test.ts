/** Validators and replayers: keys that come late or broken, and what an image update does with them. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { seiNodes } from "#api";
import { type Secret, secrets } from "#kube";
import { endWorld } from "../harness/manners.ts";
import { condition, IMAGE_V1, IMAGE_V2, NAMESPACE, World } from "../harness/world.ts";

let world: World;
before(async () => {
  world = await World.start();
});
after(() => endWorld(world));

const peer = `${"0123456789".repeat(4)}@peer.example.org:26656`;
/** In every piece of key material of this file, and nowhere else: no id looks like it. */
const MARK = "nobody-may-see-this";

const signingKey = {
  address: `${MARK}01`,
  pub_key: { type: "tendermint/PubKeyEd25519", value: `${MARK}02` },
  priv_key: { type: "tendermint/PrivKeyEd25519", value: `${MARK}03` },
};
const nodeKey = { priv_key: { type: "tendermint/PrivKeyEd25519", value: `${MARK}04` } };

const keysOf = (name: string) => ({
  signingKey: { secret: { secretName: `${name}-signing` } },
  nodeKey: { secret: { secretName: `${name}-node` } },
});
const keyringOf = (name: string) => ({
  secret: {
    secretName: `${name}-keyring`,
    passphraseSecretRef: { secretName: `${name}-passphrase`, key: "word" },
  },
});

const encode = (files: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(files).map(([key, text]) => [key, Buffer.from(text).toString("base64")]));

function createSecret(name: string, files: Readonly<Record<string, string>>) {
  return world.rest.create<Secret>(secrets, {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name, namespace: NAMESPACE },
    data: encode(files),
  } as never);
}

const createSigningKey = (name: string) =>
  createSecret(`${name}-signing`, { "priv_validator_key.json": JSON.stringify(signingKey) });
const createNodeKey = (name: string) =>
  createSecret(`${name}-node`, { "node_key.json": JSON.stringify(nodeKey) });

const posted = (name: string) =>
  world.simulator
    .node(NAMESPACE, name)
    .posts()
    .map((post) => post.type);

function postedOnce(name: string): void {
  const counts = [...world.simulator.node(NAMESPACE, name).postCounts.values()];
  assert.deepEqual(
    counts.filter((count) => count !== 1),
    [],
  );
}

const untilReason = (name: string, type: string, reason: string) =>
  world.untilNode(name, `${type} ${reason}`, (node) => condition(node, type)?.reason === reason);

test("a validator without keys comes up Ready", async () => {
  const name = "observer";
  await world.createNode(name, { validator: {} });
  const node = await world.untilReady(name);
  assert.equal(node.status?.currentImage, IMAGE_V1);
  assert.deepEqual(posted(name), ["configure-genesis", "config-apply", "config-validate", "mark-ready"]);
  const [applied] = world.simulator.node(NAMESPACE, name).posts("config-apply");
  assert.equal((applied?.params as { mode?: string } | undefined)?.mode, "validator");
  postedOnce(name);
  for (const type of ["SigningKeyReady", "NodeKeyReady", "OperatorKeyringReady"]) {
    assert.equal(condition(node, type), undefined);
  }
});

test("a replayer with an S3 snapshot and static peers comes up Ready", async () => {
  const name = "replayer";
  await world.createNode(name, {
    replayer: { snapshot: { s3: { targetHeight: 1000 } } },
    peers: [{ static: { addresses: [peer] } }],
  });
  await world.untilReady(name);
  assert.deepEqual(posted(name), [
    ...["snapshot-restore", "configure-genesis", "config-apply", "discover-peers"],
    ...["configure-state-sync", "config-validate", "mark-ready"],
  ]);
  postedOnce(name);
});

test("a validator says which Secret it waits for, one after the other, and comes up Ready once they are there", async () => {
  const name = "late-keys";
  await world.createNode(name, { validator: { ...keysOf(name), operatorKeyring: keyringOf(name) } });
  const waiting = await untilReason(name, "SigningKeyReady", "SigningKeyNotReady");
  assert.match(
    condition(waiting, "Ready")?.message ?? "",
    new RegExp(`Secret ${name}-signing does not exist`),
  );
  assert.deepEqual(waiting.status?.plan?.tasks.map((task) => task.type).slice(0, 4), [
    "ensure-data-pvc",
    "validate-signing-key",
    "validate-node-key",
    "validate-operator-keyring",
  ]);
  await createSigningKey(name);
  await untilReason(name, "NodeKeyReady", "NodeKeyNotReady");
  await createNodeKey(name);
  await untilReason(name, "OperatorKeyringReady", "OperatorKeyringNotReady");
  await createSecret(`${name}-keyring`, { "node_admin.info": MARK, "00.address": MARK });
  await world.untilNode(name, "the passphrase's Secret is named", (node) =>
    (condition(node, "OperatorKeyringReady")?.message ?? "").includes(`Secret ${name}-passphrase`),
  );
  assert.deepEqual(posted(name), [], "nothing is asked of the sidecar before the keys are good");
  await createSecret(`${name}-passphrase`, { word: MARK });
  const node = await world.untilReady(name);
  for (const type of ["SigningKeyReady", "NodeKeyReady", "OperatorKeyringReady"]) {
    assert.equal(condition(node, type)?.status, "True", type);
  }
  postedOnce(name);
});

test("a malformed signing key fails the node with SigningKeyInvalid; sei.io/retry after its correction brings it up", async () => {
  const name = "broken-key";
  await createSecret(`${name}-signing`, { "priv_validator_key.json": `{"address":"${MARK}` });
  await createNodeKey(name);
  await world.createNode(name, { validator: keysOf(name) });
  const failed = await world.untilNode(name, "Failed", ({ status }) => status?.phase === "Failed");
  assert.equal(condition(failed, "SigningKeyReady")?.reason, "SigningKeyInvalid");
  assert.equal(failed.status?.plan?.failedTaskDetail?.type, "validate-signing-key");
  assert.match(
    condition(failed, "Stalled")?.message ?? "",
    /priv_validator_key\.json of Secret broken-key-signing is not valid JSON; put .*sei\.io\/retry/,
  );
  assert.deepEqual(posted(name), []);

  const corrected = { data: encode({ "priv_validator_key.json": JSON.stringify(signingKey) }) };
  await world.rest.mergePatch<Secret>(secrets, { namespace: NAMESPACE, name: `${name}-signing` }, corrected);
  await world.patchNode(name, { metadata: { annotations: { "sei.io/retry": "1" } } });
  const node = await world.untilReady(name);
  assert.equal(condition(node, "SigningKeyReady")?.reason, "SigningKeyValidated");
  postedOnce(name);
});

test("an image update of a validator checks its keys before the pod is touched", async () => {
  const name = "updated-keys";
  await Promise.all([createSigningKey(name), createNodeKey(name)]);
  await world.createNode(name, { validator: keysOf(name) });
  await world.untilReady(name);
  const before = world.pod(name)?.metadata.uid;
  const key = { namespace: NAMESPACE, name: `${name}-node` };
  const { uid } = (await world.rest.get(secrets, key)).metadata;
  await world.rest.delete(secrets, key, { preconditions: { uid } });

  await world.patchNode(name, { spec: { image: IMAGE_V2 } });
  const waiting = await untilReason(name, "NodeKeyReady", "NodeKeyNotReady");
  assert.deepEqual(
    waiting.status?.plan?.tasks.map((task) => task.type),
    [
      ...["validate-signing-key", "validate-node-key", "apply-statefulset", "apply-service", "config-patch"],
      ...["config-validate", "replace-pod", "observe-image", "mark-ready"],
    ],
  );
  assert.deepEqual(world.simulator.node(NAMESPACE, name).posts("config-patch"), []);
  assert.equal(world.pod(name)?.metadata.uid, before, "the old pod still runs with the key it has");
  await createNodeKey(name);
  const node = await world.untilReady(name, IMAGE_V2);
  assert.equal(condition(node, "NodeKeyReady")?.status, "True");
  assert.notEqual(world.pod(name)?.metadata.uid, before);
  postedOnce(name);
});

test("deleting a validator keeps the Secrets of its keys", async () => {
  const name = "deleted-keys";
  await Promise.all([createSigningKey(name), createNodeKey(name)]);
  await world.createNode(name, { validator: keysOf(name) });
  const { metadata } = await world.untilReady(name);
  const key = { namespace: NAMESPACE, name };
  await world.rest.delete(seiNodes, key, { preconditions: { uid: metadata.uid } });
  await world.untilGone(world.nodes, key);
  await world.untilGone(world.pods, { namespace: NAMESPACE, name: `${name}-0` });
  for (const kind of ["signing", "node"]) {
    const kept = await world.rest.get<Secret>(secrets, { namespace: NAMESPACE, name: `${name}-${kind}` });
    assert.equal(kept.metadata.deletionTimestamp, undefined);
    assert.equal(kept.metadata.ownerReferences, undefined);
  }
});

test("two validators of a ceremony hand in their parts, wait for the genesis of both, and come up as each other's peers", async () => {
  const chainId = "ceremony-1";
  const names = ["genesis-0", "genesis-1"];
  const { bucket } = world.simulator;
  for (const [index, name] of names.entries()) {
    const genesisCeremony = { chainId, stakingAmount: "1usei", accountBalance: "2usei", index };
    await world.createNode(name, { chainId, validator: { genesisCeremony } });
  }
  for (const name of names) {
    const waiting = await world.untilNode(name, "its part is handed in", ({ status }) =>
      (status?.plan?.tasks ?? []).some(
        ({ type, status: state }) => type === "upload-genesis-artifacts" && state === "Complete",
      ),
    );
    assert.equal(waiting.status?.phase, "Initializing");
    assert.ok(bucket.get(`${chainId}/${name}/gentx.json`));
  }
  // What the sidecar of one of them does when the plan of their group tells it to.
  const ids = names.map((name) => world.simulator.node(NAMESPACE, name).nodeId);
  const addresses = names.map((name, index) => `${ids[index]}@${name}-0.${name}.${NAMESPACE}.svc:26656`);
  bucket.put(`${chainId}/peers.json`, addresses);
  bucket.publish(chainId);

  for (const [index, name] of names.entries()) {
    await world.untilReady(name);
    assert.deepEqual(
      [...new Set(posted(name))],
      [
        ...["generate-identity", "generate-gentx", "upload-genesis-artifacts", "configure-genesis"],
        ...["config-apply", "set-genesis-peers", "config-validate", "mark-ready"],
      ],
    );
    assert.equal(world.simulator.node(NAMESPACE, name).files.persistentPeers, addresses[1 - index]);
  }
  await world.patchNode("genesis-0", { spec: { image: IMAGE_V2 } });
  const updating = await world.untilNode(
    "genesis-0",
    "the update plan",
    ({ status }) => status?.plan !== undefined,
  );
  assert.equal(updating.status?.plan?.tasks[0]?.type, "apply-statefulset");
  await world.untilReady("genesis-0", IMAGE_V2);
});

test("nothing of a Secret is in any status, event or line of the log", async () => {
  const log = await world.manager.log();
  assert.match(log, /late-keys/, "the log tells of the nodes of this file");
  for (const text of [log, JSON.stringify(world.nodes.list()), JSON.stringify(world.events.list())]) {
    assert.ok(!text.includes(MARK));
    assert.ok(!text.includes(Buffer.from(MARK).toString("base64")));
  }
});

/** Whose nodes are they: deletion, adoption, foreign nodes, nodes of the Go operator, pause, scale, idleness. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type SeiNode, seiNodeDeployments, seiNodes } from "#api";
import { systemClock } from "#clock";
import { configMaps, type DeepReadonly, secrets } from "#kube";
import { endWorld } from "../harness/manners.ts";
import { condition, IMAGE_V1, IMAGE_V2, NAMESPACE, World } from "../harness/world.ts";

let world: World;
before(async () => {
  world = await World.start();
});
after(() => endWorld(world));

const key = (name: string) => ({ namespace: NAMESPACE, name });

function node(name: string): DeepReadonly<SeiNode> {
  const found = world.nodes.get(key(name));
  assert.ok(found, `SeiNode ${name}`);
  return found;
}

test("a group with policy Delete takes its nodes with it", async () => {
  await world.createGroup("gone", { replicas: 2 });
  await world.untilGroupReady("gone");
  await world.rest.delete(seiNodeDeployments, key("gone"));
  await world.untilGone(world.groups, key("gone"));
  for (const name of ["gone-0", "gone-1"]) await world.untilGone(world.nodes, key(name));
});

test("a group with policy Retain leaves its nodes running; made again, it adopts them and replaces no pod", async () => {
  await world.createGroup("kept", { replicas: 2, deletionPolicy: "Retain" });
  await world.untilGroupReady("kept");
  const pods = ["kept-0", "kept-1"].map((name) => world.pod(name)?.metadata.uid);
  await world.rest.delete(seiNodeDeployments, key("kept"));
  await world.untilGone(world.groups, key("kept"));
  await world.untilEvent("kept", "RetainResources");
  for (const name of ["kept-0", "kept-1"]) {
    await world.untilNode(name, "released", ({ metadata }) => (metadata.ownerReferences ?? []).length === 0);
    assert.equal(node(name).status?.phase, "Running");
  }
  const again = await world.createGroup("kept", { replicas: 2 });
  await world.untilGroupReady("kept");
  for (const name of ["kept-0", "kept-1"]) {
    const adopted = (found: DeepReadonly<SeiNode>) =>
      found.metadata.ownerReferences?.[0]?.uid === again.metadata.uid;
    await world.untilNode(name, "adopted", adopted);
  }
  assert.deepEqual(
    ["kept-0", "kept-1"].map((name) => world.pod(name)?.metadata.uid),
    pods,
  );
});

test("a SeiNode that somebody else controls is left alone, and told once", async () => {
  const manifest = { apiVersion: "v1", kind: "ConfigMap", metadata: { namespace: NAMESPACE, name: "x" } };
  const { metadata } = await world.rest.create(configMaps, manifest);
  const owner = { apiVersion: "v1", kind: "ConfigMap", name: "x", uid: metadata.uid, controller: true };
  await world.createNode("clash-1", {}, { ownerReferences: [owner] });
  await world.createGroup("clash", { replicas: 2 });
  const group = await world.untilGroup(
    "clash",
    "told",
    (found) => condition(found, "Stalled")?.reason === "NameConflict" && found.status?.readyReplicas === 1,
  );
  assert.deepEqual(
    group.status?.nodes?.map(({ name }) => name),
    ["clash-0"],
  );
  assert.equal(node("clash-1").metadata.labels?.["sei.io/nodedeployment"], undefined);
  assert.equal((await world.untilEvent("clash", "NameConflict")).type, "Warning");
});

test("nodes that the Go operator wrote with PUT are taken over: its leftovers go, other people's labels and the finalizer stay", async () => {
  const own = await World.start({ manager: false });
  try {
    const group = await own.createGroup("taken", { replicas: 1 });
    const owner = {
      apiVersion: "sei.io/v1alpha1",
      kind: "SeiNodeDeployment",
      name: "taken",
      uid: group.metadata.uid,
      controller: true,
      blockOwnerDeletion: true,
    };
    const labels = {
      "sei.io/nodedeployment": "taken",
      "sei.io/nodedeployment-ordinal": "0",
      "sei.io/revision": "1",
    };
    const manifest = {
      apiVersion: "sei.io/v1alpha1",
      kind: "SeiNode",
      metadata: {
        name: "taken-0",
        namespace: NAMESPACE,
        labels: { ...labels, old: "of-the-template" },
        finalizers: ["sei.io/seinode-finalizer"],
        ownerReferences: [owner],
      },
      spec: {
        chainId: "pacific-1",
        image: IMAGE_V1,
        fullNode: {},
        podLabels: { left: "over" },
        peers: [{ static: { addresses: ["a@b:1"] } }],
        overrides: { "evm.http_port": "8545" },
      },
    };
    const created = await own.controlPlane.kubectl(["create", "--field-manager=manager", "--filename=-"], {
      input: JSON.stringify(manifest),
    });
    assert.equal(created.code, 0, created.stderr);
    await own.rest.mergePatch(
      seiNodes,
      key("taken-0"),
      { metadata: { labels: { theirs: "1" } } },
      { fieldManager: "kubectl-label" },
    );
    await own.startManager();
    await own.untilGroupReady("taken");
    const taken = await own.untilNode("taken-0", "taken over", ({ spec }) => spec.peers === undefined);
    assert.equal(taken.metadata.labels?.theirs, "1");
    assert.equal(taken.metadata.labels?.old, undefined);
    assert.equal(taken.spec.podLabels?.left, undefined);
    assert.deepEqual(taken.spec.overrides, { "evm.http_port": "8545" });
    assert.deepEqual(taken.metadata.finalizers, ["sei.io/seinode-finalizer"]);
  } finally {
    await own.stop();
  }
});

test("pause scales every pod to 0, an image edit meanwhile touches nothing; unpause resumes and rolls out", async () => {
  await world.createGroup("still", { replicas: 2 });
  await world.untilGroupReady("still");
  await world.patchGroup("still", { spec: { paused: true } });
  for (const name of ["still-0", "still-1"])
    await world.until(world.statefulSets, key(name), `${name} at 0`, ({ spec }) => spec?.replicas === 0);
  await world.setGroupImage("still", IMAGE_V2);
  const paused = await world.untilGroup(
    "still",
    "edit seen",
    ({ status, metadata }) => status?.observedGeneration === metadata.generation,
  );
  assert.equal(paused.status?.phase, "Paused");
  assert.deepEqual([paused.status?.rollout, paused.status?.plan], [undefined, undefined]);
  assert.equal(node("still-0").spec.image, IMAGE_V1);
  await world.patchGroup("still", { spec: { paused: false } });
  await world.untilGroupReady("still", IMAGE_V2);
  for (const name of ["still-0", "still-1"]) await world.untilReady(name, IMAGE_V2);
});

test("scaling: up makes the missing nodes, down deletes the highest, and no rollout is opened", async () => {
  await world.createGroup("scaled", { replicas: 1 });
  await world.untilGroupReady("scaled");
  await world.patchGroup("scaled", { spec: { replicas: 3 } });
  await world.untilGroup("scaled", "3 ready", ({ status }) => status?.readyReplicas === 3);
  await world.patchGroup("scaled", { spec: { replicas: 1 } });
  await world.untilGone(world.nodes, key("scaled-2"));
  await world.untilGone(world.nodes, key("scaled-1"));
  const group = await world.untilGroupReady("scaled");
  assert.equal(condition(group, "RolloutInProgress")?.reason, "NotStarted");
});

test("an idle group writes nothing: neither its own status nor its nodes", async () => {
  await world.createGroup("idle", { replicas: 2 });
  await world.untilGroupReady("idle");
  for (const name of ["idle-0", "idle-1"]) await world.untilReady(name);
  const writes = async () =>
    (await world.audit()).filter(
      ({ verb, resource, name = "" }) =>
        ["create", "patch", "delete"].includes(verb) && /^seinode/.test(resource) && name.startsWith("idle"),
    ).length;
  // A label that somebody sets wakes the node's watchers; a whole steady poll goes by as well.
  await world.rest.mergePatch(seiNodes, key("idle-0"), { metadata: { labels: { theirs: "1" } } });
  const before = await writes();
  await systemClock.sleep(35_000);
  assert.equal(await writes(), before);
  assert.equal(node("idle-0").metadata.labels?.theirs, "1");
});

test("a BYO-key validator without operator keyring rolls; no operator-keyring task appears in the node's plan", async () => {
  const encode = (text: string) => Buffer.from(text).toString("base64");
  const keys = { type: "tendermint/PrivKeyEd25519", value: "x" };
  const signing = {
    address: "AA",
    pub_key: { type: "tendermint/PubKeyEd25519", value: "x" },
    priv_key: keys,
  };
  for (const [name, file, content] of [
    ["byo-signing", "priv_validator_key.json", signing],
    ["byo-node", "node_key.json", { priv_key: keys }],
  ] as const) {
    await world.rest.create(secrets, {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name, namespace: NAMESPACE },
      data: { [file]: encode(JSON.stringify(content)) },
    } as never);
  }
  const validator = {
    signingKey: { secret: { secretName: "byo-signing" } },
    nodeKey: { secret: { secretName: "byo-node" } },
  };
  await world.createGroup("byo", { replicas: 1, template: { validator } });
  await world.untilGroupReady("byo");
  await world.setGroupImage("byo", IMAGE_V2);
  const rolling = await world.untilNode("byo-0", "rolling", ({ status }) => status?.plan?.phase === "Active");
  const types = rolling.status?.plan?.tasks.map(({ type }) => type) ?? [];
  assert.ok(types.includes("validate-signing-key"));
  assert.ok(!types.includes("validate-operator-keyring"));
  await world.untilGroupReady("byo", IMAGE_V2);
});

/** Each kind of SeiNodeTask on a node that is well: what it sends, what it does, and how people see it end. */
import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import type { SeiNodeTask } from "#api";
import type { DeepReadonly } from "#kube";
import { kubectl } from "../harness/kubectl.ts";
import { endWorld } from "../harness/manners.ts";
import { condition, IMAGE_V2, NAMESPACE, World } from "../harness/world.ts";

const SAMPLES = fileURLToPath(new URL("../../config/samples/", import.meta.url));
const PEER = `${"0123456789".repeat(4)}@peer.example.org:26656`;

let world: World;
before(async () => {
  world = await World.start();
  await Promise.all([
    world.createNode("rpc", { peers: [{ static: { addresses: [PEER] } }] }),
    world.createNode("val", { validator: {} }),
  ]);
  await Promise.all([world.untilReady("rpc"), world.untilReady("val")]);
});
after(() => endWorld(world));

const simulated = (name: string) => world.simulator.node(NAMESPACE, name);
const idOf = (task: DeepReadonly<SeiNodeTask>) => task.status?.task?.id ?? "";

/** What was POSTed for this task. */
function postsOf(node: string, task: DeepReadonly<SeiNodeTask>) {
  return simulated(node)
    .posts()
    .filter((post) => post.id === idOf(task))
    .map(({ type, params }) => ({ type, params }));
}

function getsOf(node: string, task: DeepReadonly<SeiNodeTask>): number {
  return simulated(node).requests({ method: "GET", path: `/v0/tasks/${idOf(task)}` }).length;
}

const govVote = {
  chainId: "pacific-1",
  proposalId: 7,
  option: "yes",
  fees: "20000usei",
  gas: 200_000,
} as const;
const upgrade = {
  chainId: "pacific-1",
  title: "Upgrade to v7",
  description: "Moves pacific-1 to the v7 binary",
  upgradeName: "v7.0.0",
  upgradeHeight: 1_500,
  initialDeposit: "10000000usei",
  fees: "20000usei",
  gas: 500_000,
};

describe("the kinds", { concurrency: 1 }, () => {
  test("RestartSeid restarts seid in its pod, is complete when its RPC answers again, and kubectl wait returns", async () => {
    const before = world.pod("rpc");
    simulated("rpc").seid.configure({ startDelayMs: 300 });
    await world.createTask("restart", "RestartSeid", "rpc", { restartSeid: {} });
    const said = await kubectl(world, ["wait", "--for=condition=Ready", "snt/restart", "--timeout=60s"]);
    assert.match(said, /seinodetask\.sei\.io\/restart condition met/);
    const task = await world.untilEnded("restart", "Complete");
    assert.equal(simulated("rpc").seid.state, "running");
    assert.deepEqual(postsOf("rpc", task), [{ type: "restart-seid", params: undefined }]);
    assert.ok(getsOf("rpc", task) >= 1, "polled to its result");
    const pod = world.pod("rpc");
    assert.equal(pod?.metadata.uid, before?.metadata.uid);
    assert.equal(simulated("rpc").sidecar.ready, true, "the sidecar was left alone");
    simulated("rpc").seid.configure({ startDelayMs: 0 });
    await world.untilReady("rpc");
  });

  test("16.3: MarkReady is complete when the sidecar has accepted it, with zero GETs", async () => {
    await world.createTask("mark", "MarkReady", "rpc", { markReady: {} });
    const task = await world.untilEnded("mark", "Complete");
    assert.deepEqual(postsOf("rpc", task), [{ type: "mark-ready", params: undefined }]);
    assert.equal(getsOf("rpc", task), 0);
  });

  test("DiscoverPeers writes the node's peers to its configuration", async () => {
    simulated("rpc").files.patch("config.toml", { p2p: { "persistent-peers": "" } });
    await world.createTask("peers", "DiscoverPeers", "rpc", { discoverPeers: {} });
    const task = await world.untilEnded("peers", "Complete");
    assert.equal(simulated("rpc").files.persistentPeers, PEER);
    assert.deepEqual(postsOf("rpc", task), [
      { type: "discover-peers", params: { sources: [{ type: "static", addresses: [PEER] }] } },
    ]);
  });

  test("16.6: DiscoverPeers on a node without peers submits nothing and fails", async () => {
    await world.createTask("no-peers", "DiscoverPeers", "val", { discoverPeers: {} });
    const task = await world.untilEnded("no-peers", "Failed");
    assert.equal(condition(task, "Failed")?.reason, "ParamsBuildFailed");
    assert.match(task.status?.task?.err ?? "", /no usable peer sources/);
    assert.deepEqual(postsOf("val", task), []);
  });

  test("AwaitNodesAtHeight and AwaitCondition are complete when the node has reached the height, and the action stops seid", async () => {
    const { seid } = simulated("rpc");
    const targetHeight = seid.height + 3;
    await world.createTask("height", "AwaitNodesAtHeight", "rpc", { awaitNodesAtHeight: { targetHeight } });
    const reached = await world.untilEnded("height", "Complete");
    assert.ok(seid.height >= targetHeight);
    const params = { condition: "height", targetHeight };
    assert.deepEqual(postsOf("rpc", reached), [{ type: "await-condition", params }]);
    assert.equal(reached.status?.outputs, undefined, "the sidecar has no result to tell");

    const starts = () =>
      world.pod("rpc")?.status?.containerStatuses?.find(({ name }) => name === "seid")?.restartCount;
    const before = starts() ?? 0;
    const awaitCondition = { height: { targetHeight: 1 }, action: "SIGTERM_SEID" as const };
    await world.createTask("halt", "AwaitCondition", "rpc", { awaitCondition });
    const halted = await world.untilEnded("halt", "Complete");
    assert.deepEqual(postsOf("rpc", halted)[0]?.params, {
      condition: "height",
      targetHeight: 1,
      action: "SIGTERM_SEID",
    });
    await world.until(
      world.pods,
      { namespace: NAMESPACE, name: "rpc-0" },
      "seid was restarted",
      () => (starts() ?? 0) > before,
    );
    await world.untilReady("rpc");
  });

  test("GovVote signs with the ceremony's key; a sidecar without results leaves the outputs empty", async () => {
    await world.createTask("vote", "GovVote", "val", { govVote });
    const task = await world.untilEnded("vote", "Complete");
    assert.deepEqual(postsOf("val", task), [
      { type: "gov-vote", params: { ...govVote, keyName: "validator" } },
    ]);
    assert.equal(task.status?.outputs, undefined);
  });

  test("16.10: GovSoftwareUpgrade and GovVote show what a newer sidecar tells of the transaction, also when it failed", async () => {
    simulated("val-new").sidecar.version = "new";
    await world.createNode("val-new", { validator: {} });
    await world.untilReady("val-new");
    const txHash = "ab".repeat(32);
    simulated("val-new").script("gov-software-upgrade", {
      succeed: true,
      result: { txHash, height: 12, proposalId: "3" },
    });
    await world.createTask("propose", "GovSoftwareUpgrade", "val-new", { govSoftwareUpgrade: upgrade });
    const proposed = await world.untilEnded("propose", "Complete");
    assert.deepEqual(proposed.status?.outputs, {
      govSoftwareUpgrade: { txHash: txHash.toUpperCase(), height: 12, proposalId: 3 },
    });
    assert.deepEqual(postsOf("val-new", proposed), [
      { type: "gov-software-upgrade", params: { ...upgrade, keyName: "validator" } },
    ]);
    const fail = "transaction failed in its block: insufficient fee";
    simulated("val-new").script("gov-vote", {
      fail,
      result: { txHash, height: 13, inclusionStatus: "committed_failed" },
    });
    await world.createTask("vote-failed", "GovVote", "val-new", { govVote });
    const failed = await world.untilEnded("vote-failed", "Failed");
    assert.equal(failed.status?.task?.err, fail);
    assert.deepEqual(failed.status?.outputs, { govVote: { txHash: txHash.toUpperCase(), height: 13 } });
  });

  test("16.8: UpdateNodeImage sets the image and is complete only when the node runs it; the value told is the one compared", async () => {
    await world.createTask("image", "UpdateNodeImage", "rpc", { updateNodeImage: { image: IMAGE_V2 } });
    await world.untilNode("rpc", "has the new image", (node) => node.spec.image === IMAGE_V2);
    const task = await world.untilEnded("image", "Complete");
    assert.deepEqual(task.status?.outputs, { updateNodeImage: { appliedImage: IMAGE_V2 } });
    const node = world.nodes.get({ namespace: NAMESPACE, name: "rpc" });
    assert.equal(node?.status?.currentImage, IMAGE_V2);
    assert.equal(node?.spec.chainId, "pacific-1", "nothing else was touched");
  });

  test("the columns say whether a task is done, and if not, why", async () => {
    const { stdout } = await world.controlPlane.kubectl(["-n", NAMESPACE, "get", "snt", "-o", "wide"]);
    const row = (name: string) => stdout.split("\n").find((line) => line.startsWith(`${name} `)) ?? "";
    assert.match(stdout, /^NAME +KIND +TARGET +PHASE +REASON +MESSAGE +AGE/);
    assert.match(row("restart"), /RestartSeid +rpc +Complete +TaskComplete /);
    assert.match(row("no-peers"), /DiscoverPeers +val +Failed +ParamsBuildFailed +no usable peer sources/);
    await world.createTask("far", "AwaitNodesAtHeight", "rpc", { awaitNodesAtHeight: { targetHeight: 1e9 } });
    await world.untilTask("far", "runs", (task) => condition(task, "Reconciling")?.reason === "Executing");
    const far = await kubectl(world, ["get", "snt", "far", "-o", "wide"]);
    assert.match(far, /Running +Executing +waiting for the sidecar to finish await-condition/);
  });
});

test("each sample task ends Complete as it stands, and kubectl wait returns for it", async () => {
  const files = (await readdir(SAMPLES)).filter((name) => name.startsWith("task-"));
  const samples = await Promise.all(
    files.map(async (name) => parse(await readFile(join(SAMPLES, name), "utf8")) as SeiNodeTask),
  );
  assert.equal(new Set(samples.map(({ spec }) => spec.kind)).size, 8, "one for each kind");
  const nodes = new Set(samples.map(({ spec }) => spec.target.nodeRef.name));
  for (const name of nodes) {
    const chained = samples.find(
      ({ spec }) => spec.target.nodeRef.name === name && (spec.govVote ?? spec.govSoftwareUpgrade),
    );
    // The genesis of a chain of its own is the affair of a ceremony.
    simulated(name).script("configure-genesis", { succeed: true });
    simulated(name).seid.configure({ blockMs: 1 });
    const mode =
      chained === undefined
        ? { peers: [{ static: { addresses: [PEER] } }] }
        : { chainId: "devnet-7", validator: {} };
    await world.createNode(name, mode);
  }
  await Promise.all([...nodes].map((name) => world.untilReady(name)));
  for (const name of files) await kubectl(world, ["apply", "-f", join(SAMPLES, name)]);
  const names = samples.map(({ metadata }) => `snt/${metadata.name}`);
  const said = await kubectl(world, ["wait", "--for=condition=Ready", "--timeout=60s", ...names]);
  assert.equal(said.trim().split("\n").length, names.length);
});

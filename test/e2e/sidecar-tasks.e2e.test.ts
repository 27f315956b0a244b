/** Sidecar tasks: once per attempt, results honoured, one bad sidecar harms nobody else (D1, D7, D8, D14, design 4.1). */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { SeiNode } from "#api";
import type { DeepReadonly } from "#kube";
import { endWorld } from "../harness/manners.ts";
import { condition, IMAGE_V2, NAMESPACE, World } from "../harness/world.ts";

let world: World;
before(async () => {
  world = await World.start();
});
after(() => endWorld(world));

const simulated = (name: string) => world.simulator.node(NAMESPACE, name);

function task(node: DeepReadonly<SeiNode>, type: string) {
  return node.status?.plan?.tasks.find((candidate) => candidate.type === type);
}

function executions(name: string, type: string): number {
  const ids = new Set(
    simulated(name)
      .posts(type)
      .map((post) => post.id),
  );
  return [...ids].reduce((sum, id) => sum + simulated(name).executionsOf(id), 0);
}

const failed = (name: string) => world.untilNode(name, "Failed", (node) => node.status?.phase === "Failed");

describe("sidecar tasks", { concurrency: 4 }, () => {
  test("D1: a task that fails between two polls is not run again: plan and node fail with the sidecar's own text", async () => {
    simulated("fails").script("config-apply", { fail: "disk is full", untilPoll: 2 });
    await world.createNode("fails");
    const node = await failed("fails");
    assert.equal(node.status?.plan?.failedTaskDetail?.type, "config-apply");
    assert.equal(node.status?.plan?.failedTaskDetail?.error, "disk is full");
    assert.equal(executions("fails", "config-apply"), 1);
    assert.equal(condition(node, "Stalled")?.status, "True");
    assert.match(condition(node, "Ready")?.message ?? "", /config-apply failed: disk is full/);
    await world.untilEvent("fails", "NodeFailed");
  });

  test("D1: a task with a retry budget is run once per attempt, with the same id, and the retries are counted", async () => {
    simulated("retries").script("configure-genesis", { fail: "genesis.json is not there yet", times: 1 });
    await world.createNode("retries");
    const waiting = await world.untilNode(
      "retries",
      "waits for its retry",
      (node) => task(node, "configure-genesis")?.retryCount === 1,
    );
    assert.equal(task(waiting, "configure-genesis")?.status, "Pending");
    assert.equal(task(waiting, "configure-genesis")?.submittedAt, undefined);
    await world.untilReady("retries");
    const posts = simulated("retries").posts("configure-genesis");
    assert.equal(new Set(posts.map((post) => post.id)).size, 1);
    assert.equal(executions("retries", "configure-genesis"), 2);
    assert.equal(posts.length, 2);
  });

  test("4.1: a task interrupted by the sidecar's own shutdown is posted again and costs no retry", async () => {
    simulated("drained").script("snapshot-restore", { delayMs: 600_000, times: 1 });
    const peers = [{ static: { addresses: [`${"0123456789".repeat(4)}@peer.example.org:26656`] } }];
    await world.createNode("drained", { peers, fullNode: { snapshot: { s3: { targetHeight: 1000 } } } });
    await world.untilNode(
      "drained",
      "restoring",
      (node) => (task(node, "snapshot-restore")?.submittedAt ?? "") !== "",
    );
    simulated("drained").sidecar.restart();
    const node = await world.untilReady("drained");
    assert.equal(node.status?.phase, "Running");
    assert.equal(executions("drained", "snapshot-restore"), 2);
  });

  test("4.1: a lost answer to the POST is found out by asking, not by posting again", async () => {
    simulated("lost-answer").fault({ kind: "loseAnswer" }, { path: "/v0/tasks", times: 1 });
    await world.createNode("lost-answer");
    await world.untilReady("lost-answer");
    assert.deepEqual(
      [...simulated("lost-answer").postCounts.values()].filter((count) => count !== 1),
      [],
    );
  });

  test("D8: an override key that nobody knows fails the plan at once, naming it, and nothing is posted", async () => {
    await world.createNode("bad-override", { overrides: { "evm.http_prot": "8545" } });
    const node = await failed("bad-override");
    assert.match(node.status?.plan?.failedTaskDetail?.error ?? "", /evm\.http_prot/);
    assert.deepEqual(simulated("bad-override").posts("config-apply"), []);
  });

  test("D8: a task that the sidecar rejects with 400 fails the plan with its text", async () => {
    const body = JSON.stringify({ error: "unknown task type: config-apply" });
    const cure = simulated("rejected").fault(
      { kind: "status", status: 400, body },
      { method: "POST", path: "/v0/tasks" },
    );
    await world.createNode("rejected");
    const node = await failed("rejected");
    assert.match(node.status?.plan?.failedTaskDetail?.error ?? "", /unknown task type/);
    cure();
  });

  test("D8: a failed update plan is kept and shown, and a change of the spec rebuilds it at once", async () => {
    await world.createNode("failed-update");
    await world.untilReady("failed-update");
    simulated("failed-update").script("config-patch", { fail: "config.toml is not valid TOML" });
    await world.patchNode("failed-update", { spec: { image: "sei:v2-broken" } });
    const kept = await world.untilNode(
      "failed-update",
      "shows the failed plan",
      (node) => node.status?.plan?.phase === "Failed",
    );
    const reported = await world.untilNode(
      "failed-update",
      "tells that the update failed",
      (node) => condition(node, "NodeUpdateInProgress")?.reason === "UpdateFailed",
    );
    assert.equal(reported.status?.phase, "Running");
    assert.equal(reported.status?.plan?.id, kept.status?.plan?.id);
    assert.match(condition(reported, "Stalled")?.message ?? "", /config\.toml is not valid TOML/);
    simulated("failed-update").script("config-patch");
    await world.patchNode("failed-update", { spec: { image: IMAGE_V2 } });
    await world.untilReady("failed-update", IMAGE_V2);
  });

  test("D8: sei.io/retry rebuilds a failed update plan without a change of the spec", async () => {
    await world.createNode("retried-update");
    await world.untilReady("retried-update");
    simulated("retried-update").script("config-validate", {
      fail: "config validation failed: p2p",
      times: 1,
    });
    await world.patchNode("retried-update", { spec: { image: IMAGE_V2 } });
    // D14: the verdict of config-validate counts.
    await world.untilNode(
      "retried-update",
      "UpdateFailed",
      (node) => condition(node, "NodeUpdateInProgress")?.reason === "UpdateFailed",
    );
    await world.patchNode("retried-update", { metadata: { annotations: { "sei.io/retry": "1" } } });
    const node = await world.untilReady("retried-update", IMAGE_V2);
    assert.equal(node.status?.observedRetry, "1");
  });

  test("D14: a mark-ready that fails fails the plan instead of being fired and forgotten", async () => {
    simulated("unmarked").script("mark-ready", { fail: "not yet" });
    await world.createNode("unmarked");
    const node = await failed("unmarked");
    assert.equal(node.status?.plan?.failedTaskDetail?.type, "mark-ready");
  });

  test("D7: sidecars that accept and never answer do not hold up other nodes", async () => {
    const hung = Array.from({ length: 8 }, (_, i) => `hung-${i}`);
    for (const name of hung) simulated(name).fault({ kind: "hang" });
    await Promise.all(hung.map((name) => world.createNode(name)));
    await Promise.all(
      hung.map((name) =>
        world.untilNode(name, "asks its sidecar", () => simulated(name).requests().length > 0),
      ),
    );
    await world.createNode("beside-hung");
    await world.untilReady("beside-hung");
    const still = hung.map((name) => world.nodes.get({ namespace: NAMESPACE, name })?.status?.phase);
    assert.deepEqual([...new Set(still)], ["Initializing"]);
    for (const name of hung) simulated(name).heal();
  });

  test("a sidecar that refuses connections for a while delays its node and nothing else", async () => {
    const cure = simulated("refusing").fault({ kind: "refuse" });
    await world.createNode("refusing");
    await world.untilNode("refusing", "asked", () => simulated("refusing").requests().length > 2);
    cure();
    const node = await world.untilReady("refusing");
    assert.equal(node.status?.phase, "Running");
  });
});

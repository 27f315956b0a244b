/** A group founds a chain, on the real control plane with simulated sidecars that meet in one bucket. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type SeiNode, seiNodes } from "#api";
import type { DeepReadonly } from "#kube";
import { endWorld } from "../harness/manners.ts";
import { condition, NAMESPACE, World } from "../harness/world.ts";

let world: World;
before(async () => {
  world = await World.start();
});
after(() => endWorld(world));

const account = "sei1zg69v7ys40x77y352eufp27daufrg4nckx5hjn";

function node(name: string): DeepReadonly<SeiNode> {
  const found = world.nodes.get({ namespace: NAMESPACE, name });
  assert.ok(found, `SeiNode ${name}`);
  return found;
}

function found(name: string, chainId: string, more: object = {}, replicas = 4) {
  return world.createGroup(name, {
    replicas,
    genesis: { chainId, ...more },
    template: { chainId, validator: {} },
  });
}

test("four validators found a chain: assembled once, each the peer of all, the ceremony complete", async () => {
  await found("val", "devnet-1", { overrides: { "gov.voting_params.voting_period": "60s" } });
  const group = await world.untilGroupReady("val");
  assert.equal(condition(group, "GenesisCeremonyComplete")?.reason, "Complete");
  assert.equal(condition(group, "PlanInProgress")?.reason, "PlanComplete");
  assert.equal(group.status?.plan, undefined);
  assert.equal(group.status?.genesisS3URI, "s3://dev-genesis/devnet-1/genesis.json");
  const names = ["val-0", "val-1", "val-2", "val-3"];
  const assembled = names.map(
    (name) => world.simulator.node(NAMESPACE, name).posts("assemble-and-upload-genesis").length,
  );
  for (const name of names) {
    // Each waited for the assembly instead of failing and backing off.
    assert.equal(world.simulator.node(NAMESPACE, name).posts("configure-genesis").length, 1, name);
  }
  assert.deepEqual(assembled, [1, 0, 0, 0]);
  const [post] = world.simulator.node(NAMESPACE, "val-0").posts("assemble-and-upload-genesis");
  assert.deepEqual(post?.params, {
    accountBalance: group.spec.genesis?.accountBalance,
    namespace: NAMESPACE,
    nodes: names.map((name) => ({ name })),
    overrides: { "gov.voting_params.voting_period": "60s" },
  });
  for (const [index, name] of names.entries()) {
    assert.equal(node(name).spec.validator?.genesisCeremony?.index, index);
    const [source, ...others] = node(name).spec.peers ?? [];
    assert.deepEqual(others, []);
    assert.equal(source?.static?.addresses.length, 4);
    assert.match(
      source?.static?.addresses[3] ?? "",
      /^[0-9a-f]{40}@val-3-0\.val-3\.sei\.svc\.cluster\.local:26656$/,
    );
  }
});

test("a bad account is told before anything is stored; nothing is assembled", async () => {
  const accounts = [{ address: `${account}x`, balance: "1usei" }];
  await found("typo", "devnet-2", { accounts }, 1);
  const group = await world.untilGroup(
    "typo",
    "refused",
    (candidate) => condition(candidate, "Stalled")?.reason === "PlanBuildFailed",
  );
  assert.match(condition(group, "Stalled")?.message ?? "", /accounts\[0\]\.address/);
  assert.equal(group.status?.plan, undefined);
  assert.equal((await world.untilEvent("typo", "PlanBuildFailed")).type, "Warning");
});

test("a validator deleted in mid-ceremony comes back and takes part", async () => {
  world.simulator.node(NAMESPACE, "hurt-1").script("generate-gentx", { delayMs: 600_000 });
  await found("hurt", "devnet-3", {}, 2);
  await world.untilNode(
    "hurt-1",
    "in generate-gentx",
    (candidate) =>
      (candidate.status?.plan?.tasks.find(({ type }) => type === "generate-gentx")?.submittedAt ?? "") !== "",
  );
  world.simulator.node(NAMESPACE, "hurt-1").script("generate-gentx");
  const { uid } = node("hurt-1").metadata;
  await world.rest.delete(seiNodes, { namespace: NAMESPACE, name: "hurt-1" });
  const group = await world.untilGroupReady("hurt");
  assert.notEqual(node("hurt-1").metadata.uid, uid);
  assert.equal(condition(group, "GenesisCeremonyComplete")?.status, "True");
  assert.equal(world.simulator.node(NAMESPACE, "hurt-0").posts("assemble-and-upload-genesis").length, 1);
});

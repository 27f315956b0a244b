/** Passes over a group that founds a chain. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type TaskPlan, TaskTypes } from "#api";
import { conditionOf, GroupWorld } from "./group-world.ts";
import { type SpecOptions, V1, V2, validators } from "./testing.ts";

const MINUTE = 60_000;
/** From BIP 173's rules: `sei1` and a right checksum. */
const ACCOUNT = "sei1qypqxpq9qcrsszg2pvxq6rs0zqg3yyc5jwagqa";

const genesis = {
  chainId: "devnet-1",
  stakingAmount: "10000000usei",
  accountBalance: "1000usei,5uatom",
};

function founding(options: SpecOptions = {}): GroupWorld {
  const template = { chainId: "devnet-1", ...options.template };
  return new GroupWorld(validators({ genesis, ...options, template }));
}

const done = (type: string) => ({ type, id: type, status: "Complete" as const });

/** The node's own plan is past the upload of its artifacts. */
function handIn(world: GroupWorld, name: string): void {
  world.settle(name);
  const { generation = 1 } = world.node(name).metadata;
  const plan: TaskPlan = { id: "p", phase: "Active", tasks: [done(TaskTypes.uploadGenesisArtifacts)] };
  const conditions = [conditionOf("Ready", "False", "Initializing", generation)];
  world.setStatus(name, { phase: "Initializing", plan, conditions });
}

const names = ["rpc-0", "rpc-1", "rpc-2"];

test("the ceremony: three tasks in order, assemble with budget 180, all nodes named, the namespace passed", async () => {
  const world = founding();
  await world.pass();
  assert.equal(world.told("PlanInProgress"), "True/PlanStarted");
  assert.equal(world.told("GenesisCeremonyComplete"), "False/InProgress");
  assert.equal(world.status().phase, "Initializing");
  const tasks = world.status().plan?.tasks ?? [];
  assert.deepEqual(world.tasks(), [
    "assemble-and-upload-genesis:Pending",
    "collect-and-set-peers:Pending",
    "await-nodes-running:Pending",
  ]);
  assert.equal(tasks[0]?.maxRetries, 180);
  assert.deepEqual(
    tasks.map(({ params }) => params),
    [
      { accountBalance: genesis.accountBalance, namespace: "sei", nodes: names.map((name) => ({ name })) },
      { groupName: "rpc", namespace: "sei", nodeNames: names },
      { groupName: "rpc", namespace: "sei", expected: 3, nodeNames: names },
    ],
  );
  assert.deepEqual(world.node("rpc-1").spec.validator?.genesisCeremony, {
    ...genesis,
    index: 1,
  });
});

test("accounts, several and of many denominations, and overrides propagate verbatim; without them their keys are absent", async () => {
  const accounts = [
    { address: ACCOUNT, balance: "1usei,2uatom" },
    { address: ACCOUNT.toUpperCase(), balance: "3usei" },
  ];
  const overrides = { "gov.a": [1, { b: null }], "staking.b": "x" };
  const world = founding({ genesis: { ...genesis, accounts, overrides } });
  await world.pass();
  const params = world.status().plan?.tasks[0]?.params;
  assert.deepEqual(params, {
    accountBalance: genesis.accountBalance,
    namespace: "sei",
    nodes: names.map((name) => ({ name })),
    accounts,
    overrides,
  });
});

test("the genesis is assembled once, by the first node, when every node has handed in its part", async () => {
  const world = founding();
  world.sidecar("rpc-0").result = { genesisHash: "ab12" };
  await world.pass();
  handIn(world, "rpc-0");
  handIn(world, "rpc-1");
  await world.elapse(MINUTE);
  assert.deepEqual(world.sidecar("rpc-0").posted, []);
  handIn(world, "rpc-2");
  await world.elapse(MINUTE);
  assert.deepEqual(world.sidecar("rpc-0").posted, ["assemble-and-upload-genesis"]);
  assert.deepEqual(world.sidecar("rpc-1").posted, []);
  assert.equal(world.status().genesisHash, "ab12");
  assert.equal(world.status().genesisS3URI, "s3://dev-genesis/devnet-1/genesis.json");
});

test("each node gets one static source with all peers, itself included; a template without peers leaves them alone after", async () => {
  const world = founding();
  await world.pass();
  for (const name of names) handIn(world, name);
  await world.converge();
  const addresses = names.map((name) => `${name}-id@${name}-0.${name}.sei.svc.cluster.local:26656`);
  for (const name of names) assert.deepEqual(world.node(name).spec.peers, [{ static: { addresses } }]);
  assert.equal(world.told("GenesisCeremonyComplete"), "True/Complete");
  assert.equal(world.told("PlanInProgress"), "False/PlanComplete");
  assert.equal(world.status().phase, "Ready");
  world.edit((spec) => {
    spec.template.metadata = { labels: { a: "b" } };
  });
  await world.converge();
  assert.deepEqual(world.node("rpc-1").spec.peers, [{ static: { addresses } }]);
  assert.equal(world.node("rpc-1").metadata.labels?.a, "b");
});

test("the ceremony stays complete for the life of the object, even if genesis were cleared", async () => {
  const world = founding();
  await world.pass();
  for (const name of names) handIn(world, name);
  await world.converge();
  world.edit((spec) => {
    delete spec.genesis;
  });
  await world.converge();
  assert.equal(world.told("GenesisCeremonyComplete"), "True/Complete");
});

test("a genesis account that is no sei address is told before anything is stored, once", async () => {
  const accounts = [{ address: "cosmos1zg69v7ys40x77y352eufp27daufrg4nckx5hjn", balance: "1usei" }];
  const world = founding({ genesis: { ...genesis, accounts } });
  await world.elapse(5 * MINUTE);
  assert.equal(world.status().plan, undefined);
  assert.equal(world.told("Stalled"), "True/PlanBuildFailed");
  assert.match(world.condition("Stalled").message, /accounts\[0\]\.address.*prefix cosmos/);
  assert.equal(world.eventReasons().filter((reason) => reason === "PlanBuildFailed").length, 1);
  assert.equal(world.nodes().length, 3, "the nodes are kept all the same");
});

test("nodes made before genesis was set are named: they have no part in the ceremony", async () => {
  const world = new GroupWorld(validators({ template: { chainId: "devnet-1" } }));
  await world.converge();
  world.edit((spec) => {
    spec.genesis = genesis;
  });
  await world.elapse(MINUTE);
  assert.equal(world.told("Stalled"), "True/PlanBuildFailed");
  assert.match(world.condition("Stalled").message, /rpc-0, rpc-1, rpc-2 was made without/);
});

test("a failed node fails the plan visibly; it backs off, and does not assemble again what is assembled", async () => {
  const world = founding();
  await world.pass();
  for (const name of names) handIn(world, name);
  await world.elapse(10_000);
  assert.deepEqual(world.sidecar("rpc-0").posted, ["assemble-and-upload-genesis"]);
  const first = world.status().plan;
  world.setStatus("rpc-1", { phase: "Failed" });
  await world.elapse(10_000);
  assert.equal(world.told("PlanInProgress"), "False/PlanFailed");
  assert.match(world.condition("PlanInProgress").message, /await-nodes-running: SeiNode rpc-1 is Failed/);
  assert.equal(world.told("GenesisCeremonyComplete"), "False/NotStarted");
  assert.ok(world.eventReasons().includes("PlanFailed"));
  await world.elapse(60 * MINUTE);
  assert.equal(
    world.eventReasons().filter((reason) => reason === "PlanFailed").length,
    1,
    "not over and over",
  );
  assert.match(world.condition("Stalled").message, /rpc-1 is Failed/);

  handIn(world, "rpc-1");
  await world.elapse(MINUTE);
  const second = world.status().plan;
  assert.deepEqual(world.tasks(), ["collect-and-set-peers:Complete", "await-nodes-running:Pending"]);
  assert.notEqual(second?.id, first?.id);
  const ids = new Set([...(first?.tasks ?? []), ...(second?.tasks ?? [])].map(({ id }) => id));
  assert.equal(ids.size, 5, "rebuilt plans have new plan and task ids");
  await world.converge();
  assert.equal(world.told("GenesisCeremonyComplete"), "True/Complete");
  assert.deepEqual(world.sidecar("rpc-0").posted, ["assemble-and-upload-genesis"]);
});

test("the duration of a ceremony is told from the plan on, the wait for its nodes included", async () => {
  const world = founding();
  await world.pass();
  await world.elapse(2 * MINUTE);
  for (const name of names) handIn(world, name);
  await world.converge();
  const [told, ...more] = world.metrics.filter((line) => line.startsWith("planDuration"));
  assert.deepEqual(more, []);
  const [, seconds = ""] = /^planDuration sei genesis complete (\d+)/.exec(told ?? "") ?? [];
  assert.ok(Number(seconds) >= 120, `${told}`);
});

test("a failing assembly is tried again within its budget, one POST per attempt", async () => {
  const world = founding();
  world.sidecar("rpc-0").failures.push("gentx missing", "gentx missing");
  await world.pass();
  for (const name of names) handIn(world, name);
  await world.elapse(MINUTE);
  assert.equal(world.sidecar("rpc-0").posted.length, 3);
  assert.ok(world.status().genesisS3URI);
});

test("a node deleted during the ceremony is made again, with its part", async () => {
  const world = founding();
  await world.pass();
  world.removeNode("rpc-1");
  await world.elapse(1_000);
  assert.equal(world.node("rpc-1").spec.validator?.genesisCeremony?.index, 1);
});

test("an image edit during the ceremony opens no rollout then, and one after it (QUIRK 9)", async () => {
  const world = founding();
  await world.pass();
  world.edit((spec) => {
    spec.template.spec.image = V2;
  });
  await world.elapse(MINUTE);
  assert.equal(world.status().rollout, undefined);
  assert.deepEqual(world.images(), [V1, V1, V1]);
  for (const name of names) handIn(world, name);
  await world.converge();
  assert.deepEqual(world.images(), [V2, V2, V2]);
  assert.ok(world.eventReasons().includes("RolloutComplete"));
});

test("a ceremony that takes longer than maxCeremonyDuration is told once and goes on", async () => {
  const world = founding({ genesis: { ...genesis, maxCeremonyDuration: "20m" } });
  await world.elapse(19 * MINUTE);
  assert.ok(!world.eventReasons().includes("GenesisCeremonyTimeout"));
  await world.elapse(2 * MINUTE);
  assert.equal(world.told("Stalled"), "True/GenesisCeremonyTimeout");
  world.restart();
  await world.elapse(60 * MINUTE);
  assert.equal(world.eventReasons().filter((reason) => reason === "GenesisCeremonyTimeout").length, 1);
  for (const name of names) handIn(world, name);
  await world.converge();
  assert.equal(world.told("GenesisCeremonyComplete"), "True/Complete");
});

test("without maxCeremonyDuration 15 minutes count, and a duration that cannot be read says nothing", async () => {
  const world = founding();
  await world.elapse(16 * MINUTE);
  assert.ok(world.eventReasons().includes("GenesisCeremonyTimeout"));
  const odd = founding({ genesis: { ...genesis, maxCeremonyDuration: "soon" } });
  await odd.elapse(60 * MINUTE);
  assert.ok(!odd.eventReasons().includes("GenesisCeremonyTimeout"));
});

test("a ceremony waits for all its nodes: with one name taken there is no plan", async () => {
  const world = founding();
  const { node } = { node: { apiVersion: "sei.io/v1alpha1", kind: "SeiNode" } };
  const owner = { apiVersion: "v1", kind: "ConfigMap", name: "x", uid: "x", controller: true };
  world.kube.put({
    ...node,
    metadata: { name: "rpc-2", namespace: "sei", uid: "x", resourceVersion: "1", ownerReferences: [owner] },
    spec: {},
  } as never);
  await world.elapse(MINUTE);
  assert.equal(world.status().plan, undefined);
});

test("the plan of a failed ceremony is built again after a back-off that doubles, not at once", async () => {
  const world = founding();
  await world.pass();
  for (const [round, waitMs] of [30_000, 60_000, 120_000].entries()) {
    world.setStatus("rpc-1", { phase: "Failed" });
    await world.elapse(6_000);
    assert.equal(world.told("PlanInProgress"), "False/PlanFailed", `round ${round}`);
    handIn(world, "rpc-1");
    await world.elapse(waitMs - 10_000);
    assert.equal(world.status().plan, undefined, `round ${round}`);
    await world.elapse(11_000);
    assert.equal(world.told("PlanInProgress"), "True/PlanStarted", `round ${round}`);
  }
});

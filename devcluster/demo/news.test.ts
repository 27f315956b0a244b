import assert from "node:assert/strict";
import { test } from "node:test";
import { ceremonyNews, founderNews, rolloutNews, sayOnce, taskNews } from "./news.ts";
import { someCondition, someGroup, someNode, somePlan, someTask } from "./testing.ts";

test("a line is said the first time it comes and never again", () => {
  const said: string[] = [];
  const say = sayOnce((line) => said.push(line));
  say(["a"]);
  say(["a", "b"]);
  assert.deepEqual(said, ["a", "b"]);
});

test("a founder has news once its artifacts are uploaded, also when its plan is over by then", () => {
  const tasks = ["generate-gentx", "upload-genesis-artifacts", "configure-genesis"];
  const news = ["rpc-0 handed in its identity and its gentx"];
  assert.deepEqual(founderNews(someNode({ phase: "Initializing", plan: somePlan(tasks, 1) })), []);
  assert.deepEqual(founderNews(someNode({ phase: "Initializing", plan: somePlan(tasks, 2) })), news);
  assert.deepEqual(founderNews(someNode({ phase: "Running" })), news);
});

test("a ceremony tells of the assembled genesis, of the peers and of its end, as far as it came", () => {
  const tasks = ["assemble-and-upload-genesis", "collect-and-set-peers", "await-nodes-running"];
  const genesisS3URI = "s3://bucket/devnet-7/genesis.json";
  const assembled = "the genesis is assembled: s3://bucket/devnet-7/genesis.json";
  const peers = "each validator has the others as its peers";
  assert.deepEqual(ceremonyNews(someGroup({ plan: somePlan(tasks, 0) })), []);
  assert.deepEqual(ceremonyNews(someGroup({ plan: somePlan(tasks, 1), genesisS3URI })), [assembled]);
  assert.deepEqual(ceremonyNews(someGroup({ plan: somePlan(tasks, 2), genesisS3URI })), [assembled, peers]);
  const conditions = [someCondition("GenesisCeremonyComplete", "True", "Complete")];
  assert.deepEqual(ceremonyNews(someGroup({ genesisS3URI, conditions })), [
    assembled,
    peers,
    "condition GenesisCeremonyComplete is True",
  ]);
});

test("a rollout tells of each wave with its nodes, and of its end", () => {
  const rollout = (...waves: (number | undefined)[]) => ({
    targetHash: "h",
    startedAt: "2026-01-01T00:00:00Z",
    nodes: waves.map((wave, index) => ({ name: `rpc-${index}`, ...(wave !== undefined && { wave }) })),
  });
  assert.deepEqual(rolloutNews(someGroup({ rollout: rollout(undefined, undefined) })), []);
  assert.deepEqual(rolloutNews(someGroup({ rollout: rollout(0, 1, 0, undefined) })), [
    "wave 0: rpc-0, rpc-2 (not Ready anyway: all at once, this costs no capacity)",
    "wave 1: rpc-1",
  ]);
  const over = (reason: string) =>
    rolloutNews(someGroup({ conditions: [someCondition("RolloutInProgress", "False", reason)] }));
  assert.deepEqual(over("RolloutComplete"), ["condition RolloutInProgress: RolloutComplete"]);
  assert.deepEqual(over("NotStarted"), []);
});

test("a task tells its phase and why it is in it, and nothing before it has one", () => {
  assert.deepEqual(taskNews(someTask()), []);
  const conditions = [someCondition("Reconciling", "True", "Executing")];
  assert.deepEqual(taskNews(someTask({ phase: "Running", conditions })), [
    "SeiNodeTask restart (RestartSeid): Running, Executing",
  ]);
});

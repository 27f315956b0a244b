import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { FakeCluster } from "../kubelet/testing/fake-cluster.ts";
import { RequestLog } from "../sidecar/index.ts";
import { NodeHandle } from "./node-handle.ts";

let cluster: FakeCluster;
let node: NodeHandle;

beforeEach(async () => {
  cluster = new FakeCluster();
  cluster.bindClaim("data-a");
  cluster.createPod("a", { claim: "data-a" });
  await cluster.clock.advance(20);
  await cluster.markReady("a");
  const simulated = cluster.nodes.get("a");
  assert.ok(simulated);
  node = new NodeHandle(simulated, cluster.kubelet, new RequestLog());
});

const submit = (type: string) =>
  cluster.kubelet.podsOf("ns", "a").at(-1)?.processes?.sidecar?.engine.submit({ type });

test("halt makes the pod NotReady with seid still running, resume makes it Ready again", async () => {
  node.seid.halt();
  await cluster.clock.advance(5);
  assert.equal(cluster.condition("a-0", "Ready"), "False");
  assert.equal(node.seid.state, "halted");
  assert.notEqual(cluster.container("a-0", "seid")?.state?.running, undefined);
  node.seid.resume();
  await cluster.clock.advance(5);
  assert.equal(cluster.condition("a-0", "Ready"), "True");
});

test("seid settings act on the running process: a lag takes the pod out of Ready", async () => {
  node.seid.configure({ lag: 1000 });
  await cluster.clock.advance(5);
  assert.equal(cluster.condition("a-0", "Ready"), "False");
  node.seid.configure({ lag: 0 });
  await cluster.clock.advance(5);
  assert.equal(cluster.condition("a-0", "Ready"), "True");
});

test("a crashed sidecar runs its task again and a restarted one of v0.0.56 has failed it", async () => {
  submit("snapshot-upload");
  await cluster.clock.advance(0);
  node.sidecar.crash();
  await cluster.clock.advance(5);
  assert.equal(node.sidecar.ready, false);
  const [task] = node.tasks;
  assert.equal(task?.status, "running");
  assert.equal(node.executionsOf(task?.id ?? ""), 2);
  assert.equal(node.postCounts.get(task?.id ?? ""), 1);
  node.sidecar.restart();
  await cluster.clock.advance(11_000);
  assert.deepEqual([node.tasks[0]?.status, node.tasks[0]?.error], ["failed", "context canceled"]);
});

test("a killed sidecar stays dead over pods until it is revived, which takes effect at once", async () => {
  node.sidecar.kill();
  await cluster.clock.advance(3_600_000);
  assert.equal(cluster.container("a-0", "sei-sidecar")?.state?.waiting?.reason, "CrashLoopBackOff");
  assert.equal(node.seid.state, "running", "seid does not need the sidecar");
  node.sidecar.revive();
  await cluster.clock.advance(5);
  assert.notEqual(cluster.container("a-0", "sei-sidecar")?.state?.running, undefined);
});

test("a script holds for the node's next executions and heal ends it", async () => {
  node.script("config-validate", { fail: "scripted" });
  submit("config-validate");
  await cluster.clock.advance(0);
  assert.deepEqual([node.tasks[0]?.status, node.tasks[0]?.error], ["failed", "scripted"]);
  node.heal();
  submit("config-validate");
  await cluster.clock.advance(0);
  assert.equal(node.tasks[0]?.status, "completed");
  assert.equal(node.posts("config-validate").length, 2);
});

test("losing the volume forgets tasks, identity and height, and the evidence of earlier posts stays", async () => {
  await cluster.clock.advance(40_000);
  const before = node.nodeId;
  assert.match(before ?? "", /^[0-9a-f]{40}$/);
  node.loseVolume();
  await cluster.clock.advance(5);
  assert.deepEqual(node.tasks, []);
  assert.equal(node.nodeId, undefined);
  assert.equal(node.sidecar.ready, false);
  assert.equal(node.seid.height, 0);
  assert.equal(node.posts("mark-ready").length, 1);
});

test("image rules act on running containers and are taken back at once", async () => {
  cluster.images.halt("sei/seid:*");
  await cluster.clock.advance(5);
  assert.equal(node.seid.state, "halted");
  cluster.images.clear();
  await cluster.clock.advance(5);
  assert.equal(node.seid.state, "running");
  cluster.images.crashLoop(/seid/);
  await cluster.clock.advance(60_000);
  assert.equal(cluster.container("a-0", "seid")?.state?.waiting?.reason, "CrashLoopBackOff");
  cluster.images.clear();
  await cluster.clock.advance(5);
  assert.equal(cluster.condition("a-0", "Ready"), "True");
});

test("what needs a running container says so when there is none", async () => {
  cluster.deletePod("a-0");
  await cluster.clock.advance(20);
  assert.equal(node.seid.state, "absent");
  assert.throws(() => node.seid.halt(), /ns\/a has no running seid container/);
  assert.throws(() => node.sidecar.crash(), /container sei-sidecar is not running/);
});

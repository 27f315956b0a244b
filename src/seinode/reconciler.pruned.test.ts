/** Passes on a cluster with the CRD of the Go operator: the server drops the status fields it does not know. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { PassWorld, running } from "./pass-world.ts";
import { seiNode } from "./testing.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const prunes = ["observedGeneration", "observedRetry", "failedRun"];

const postTimes = (world: PassWorld) => world.sidecar.posts.map(({ atMs }) => Math.round(atMs / SECOND));

test("D8: the back-off of a failed update holds although observedGeneration is pruned", async () => {
  const { observedGeneration: _, ...status } = running;
  const world = new PassWorld(seiNode({ image: "sei:v2" }, status), { prunes });
  world.sidecar.rejects.add("config-patch");
  await world.elapse(8 * MINUTE);
  assert.deepEqual(postTimes(world), [0, 30, 90, 210, 450]);
});

test("D8: sei.io/retry rebuilds a failed update of a Running node once although observedRetry is pruned", async () => {
  const { observedGeneration: _, ...status } = running;
  const world = new PassWorld(seiNode({ image: "sei:v2" }, status), { prunes });
  world.sidecar.rejects.add("config-patch");
  await world.elapse(5 * SECOND);
  world.edit({ annotations: { "sei.io/retry": "1" } });
  await world.elapse(5 * SECOND);
  assert.deepEqual(postTimes(world), [0, 5], "at once");
  await world.elapse(50 * SECOND);
  assert.deepEqual(postTimes(world), [0, 5], "and the next one waits for the back-off again");
  world.edit({ annotations: { "sei.io/retry": "2" } });
  await world.elapse(5 * SECOND);
  assert.deepEqual(postTimes(world), [0, 5, 60], "another value asks once more");
});

test("D10: sei.io/retry re-plans a Failed node once although observedRetry is pruned", async () => {
  const { statefulSet } = running;
  const plan = { id: "x", phase: "Failed" as const, tasks: [] };
  const failed = { phase: "Failed" as const, plan, ...(statefulSet && { statefulSet }) };
  const world = new PassWorld(seiNode({}, failed), { prunes });
  world.sidecar.rejects.add("configure-genesis");
  await world.elapse(MINUTE);
  assert.deepEqual(world.sidecar.posted, [], "nothing happens without being asked for");
  world.edit({ annotations: { "sei.io/retry": "1" } });
  await world.elapse(30 * MINUTE);
  assert.deepEqual(world.sidecar.posted, ["configure-genesis"]);
  assert.equal(world.status().phase, "Failed");
  assert.equal(world.events.filter((event) => event.startsWith("NodeFailed")).length, 1);
});

test("nothing is written to a settled node whose status loses fields", async () => {
  const world = new PassWorld(seiNode({}, running), { prunes });
  await world.elapse(MINUTE);
  const writes = world.kube.writes.length;
  await world.elapse(10 * MINUTE);
  assert.equal(world.kube.writes.length, writes);
  assert.equal(world.condition("Ready").status, "True");
});

test("a task that the sidecar forgot is POSTed again, in peace, although failedRun is pruned", async () => {
  const id = "0a0a0a0a-0000-4000-8000-000000000102";
  const task = { type: "configure-genesis", id, status: "Pending" as const, retryCount: 2, maxRetries: 180 };
  const plan = { id: "0a0a0a0a-0000-4000-8000-000000000001", phase: "Active" as const, tasks: [task] };
  const { statefulSet } = running;
  const status = { phase: "Initializing" as const, plan, ...(statefulSet && { statefulSet }) };
  const world = new PassWorld(seiNode({}, status), { prunes });
  world.sidecar.forgetsTasks = true;
  await world.elapse(10 * SECOND);
  assert.ok(world.sidecar.posts.length >= 1, "it is sent again");
  await world.elapse(10 * MINUTE);
  const { length } = world.sidecar.posts;
  assert.ok(length >= 15 && length <= 35, `about one every 30 s, not ${length}`);
  assert.deepEqual([...new Set(world.sidecar.posts.map((post) => post.id))], [id]);
  assert.equal(world.plan()?.tasks[0]?.retryCount, 2, "no retry is consumed");

  world.sidecar.forgetsTasks = false;
  await world.elapse(MINUTE);
  assert.equal(world.plan()?.tasks[0]?.status ?? "Complete", "Complete");
});

/** Passes over a node whose sidecar does not behave. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { SidecarError } from "#sidecar";
import { nodeKey, PassWorld, running, withContainer } from "./pass-world.ts";
import { pod, seiNode } from "./testing.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;

/** The distances between the POSTs of the type, in whole seconds. */
function gaps(world: PassWorld, type: string): number[] {
  const times = world.sidecar.posts.filter((post) => post.type === type).map(({ atMs }) => atMs / SECOND);
  return times.slice(1).map((time, index) => Math.round(time - (times[index] ?? 0)));
}

test("a sidecar that stays 503 after its mark-ready completed is marked ready at growing distances", async () => {
  const world = new PassWorld(seiNode({}, running));
  world.sidecar.ready = false;
  world.sidecar.staysNotReady = true;
  await world.elapse(SECOND);
  assert.deepEqual(world.sidecar.posted, ["mark-ready"], "the first one is due at once");
  await world.elapse(5 * MINUTE);
  assert.deepEqual(gaps(world, "mark-ready"), [5, 10, 20, 40, 60, 60, 60]);
  assert.ok(
    world.sidecar.probes <= 20,
    `nor is its health asked in between, but it was ${world.sidecar.probes} times`,
  );
  const ids = world.sidecar.posts.map(({ id }) => id);
  assert.equal(new Set(ids).size, ids.length, "each is a plan of its own, with an id of its own");
});

test("a sidecar that gets ready between two of them is left alone, and its next loss is cured at once", async () => {
  const world = new PassWorld(seiNode({}, running));
  world.sidecar.ready = false;
  world.sidecar.staysNotReady = true;
  await world.elapse(MINUTE);
  world.sidecar.ready = true;
  await world.elapse(2 * MINUTE);
  assert.equal(world.condition("Ready").status, "True");
  const before = world.sidecar.posts.length;
  world.sidecar.ready = false;
  await world.elapse(MINUTE);
  assert.deepEqual(
    gaps(world, "mark-ready").slice(before, before + 2),
    [5, 10],
    "not the distance reached before",
  );
});

test("a restarted sidecar process is marked ready at once, whatever distance the last one had reached", async () => {
  const world = new PassWorld(seiNode({}, running));
  world.sidecar.ready = false;
  world.sidecar.staysNotReady = true;
  await world.elapse(2 * MINUTE);
  const before = world.sidecar.posts.length;
  world.kube.put(withContainer(pod(), "sei-sidecar", { restartCount: 1 }));
  await world.elapse(SECOND);
  assert.equal(world.sidecar.posts.length, before + 1);
});

test("what a sidecar that answers 500 says is in the conditions, and stalls the node when it lasts", async () => {
  const world = new PassWorld(seiNode({ image: "sei:v2" }, running));
  await world.pass();
  const message = "GET task: the sidecar of sei/rpc-0 answered 500: database is locked";
  world.sidecar.brokenTasks = new SidecarError(message, { class: "unavailable" });
  await world.elapse(10 * SECOND);
  for (const type of ["Ready", "Reconciling"])
    assert.match(world.condition(type).message, /database is locked/);
  assert.equal(world.condition("Stalled").status, "False");
  const writes = world.statusWrites;
  await world.elapse(4 * MINUTE);
  assert.equal(world.condition("Stalled").status, "False", "not before 5 minutes");
  assert.equal(world.statusWrites, writes, "the same failure is written once");
  await world.elapse(2 * MINUTE);
  assert.equal(world.condition("Stalled").reason, "TaskCannotRun");
  assert.match(world.condition("Stalled").message, /database is locked/);
  assert.equal(
    world.status().plan?.tasks.find((task) => task.type === "config-patch")?.retryCount,
    undefined,
  );
});

test("a sidecar that does not answer at all says so without an address, and the plan goes on when it does", async () => {
  const world = new PassWorld(seiNode({ image: "sei:v2" }, running), { rollsOut: true });
  await world.pass();
  world.sidecar.broken = new SidecarError("connect 10.0.0.7:8443 refused", { class: "unreachable" });
  await world.elapse(10 * SECOND);
  assert.match(world.condition("Ready").message, /config-patch .* waits for the sidecar to run$/);
  world.sidecar.broken = undefined;
  await world.elapse(MINUTE);
  assert.equal(world.condition("Ready").status, "True");
  assert.equal(world.status().currentImage, "sei:v2");
});

test("a call that cannot even be made is no error and costs no retry: it is tried again within 5 s, as the same task", async () => {
  const world = new PassWorld(seiNode({ image: "sei:v2" }, running));
  await world.pass();
  const message = "no token for sidecar calls: /token cannot be read";
  world.sidecar.broken = new SidecarError(message, { class: "unauthorized" });
  await world.elapse(MINUTE);
  const last = world.passes.at(-1);
  assert.equal(last?.error, undefined);
  assert.ok(last?.requeueAfterMs !== undefined && last.requeueAfterMs <= 5 * SECOND);
  const task = world.plan()?.tasks.find(({ type }) => type === "config-patch");
  assert.deepEqual([task?.status, task?.retryCount, task?.submittedAt], ["Pending", undefined, undefined]);
  assert.match(world.condition("Ready").message, /cannot be read/);
  world.sidecar.broken = undefined;
  await world.elapse(10 * SECOND);
  assert.deepEqual(world.sidecar.posted, ["config-patch", "config-validate"]);
  assert.equal(world.sidecar.posts[0]?.id, task?.id);
});

test("a Running node without a pod has no sidecar to ask: none is asked, and the condition says so", async () => {
  const world = new PassWorld(seiNode({}, running), { pod: null });
  await world.elapse(MINUTE);
  assert.equal(world.sidecar.probes, 0);
  assert.equal(world.condition("SidecarReady").status, "Unknown");
  assert.match(world.condition("SidecarReady").message, /not running/);
});

test("a deleted Service or ConfigMap of a Running node comes back in the next pass", async () => {
  const world = new PassWorld(seiNode({}, running));
  await world.elapse(SECOND);
  const configKey = { ...nodeKey, name: "rpc-0-rbac-proxy-config" };
  for (const [kind, key] of [
    ["Service", nodeKey],
    ["ConfigMap", configKey],
  ] as const) {
    assert.ok(world.kube.live(kind, key), `${kind} is there`);
    world.kube.remove(kind, key);
    await world.pass();
    assert.ok(world.kube.live(kind, key), `${kind} is back`);
  }
  const applies = world.writes("apply").length;
  await world.elapse(5 * MINUTE);
  assert.equal(world.writes("apply").length, applies, "and is left alone from then on");
});

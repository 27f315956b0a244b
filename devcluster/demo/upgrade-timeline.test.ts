import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualClock } from "#clock";
import { NEW, OLD, type PodFacts, someNode, somePlan, somePod } from "./testing.ts";
import { UpgradeTimeline } from "./upgrade-timeline.ts";

const tasks = ["apply-statefulset", "replace-pod", "observe-image", "mark-ready"];

function setUp() {
  const clock = new ManualClock();
  const told: string[] = [];
  const timeline = new UpgradeTimeline({ oldPodUid: "old", newImage: NEW }, clock, (what, ms) =>
    told.push(`${ms} ${what}`),
  );
  const pod = (facts: PodFacts, type: "added" | "modified" | "deleted" = "modified") =>
    timeline.observePod({ type, object: somePod(facts) });
  const node = (...args: Parameters<typeof someNode>) => timeline.observeNode(someNode(...args));
  return { clock, told, timeline, pod, node };
}

/** Up to the patch: seen Ready, then halted for a second. */
async function halted() {
  const world = setUp();
  world.pod({ ready: true });
  world.node({ ready: true });
  assert.equal(world.timeline.halted, false);
  world.pod({});
  assert.equal(world.timeline.halted, false, "the node has not said so yet");
  world.node({ ready: false });
  assert.equal(world.timeline.halted, true);
  await world.clock.advance(1000);
  world.timeline.begin();
  return world;
}

test("an upgrade is timed from the patch, each milestone by the event that first showed it", async () => {
  const { clock, told, timeline, pod, node } = await halted();
  await clock.advance(30);
  node({ ready: false, plan: somePlan(tasks, 0) }, NEW);
  await clock.advance(20);
  pod({ deleted: true });
  await clock.advance(5);
  pod({ deleted: true });
  pod({ deleted: true }, "deleted");
  await clock.advance(10);
  pod({ uid: "new", image: NEW, seid: "absent", phase: "Pending" }, "added");
  await clock.advance(15);
  pod({ uid: "new", image: NEW, seid: "running" });
  await clock.advance(5);
  node({ ready: false, plan: somePlan(tasks, 3), currentImage: NEW }, NEW);
  await clock.advance(5);
  node({ ready: false, plan: somePlan(tasks, 4), currentImage: NEW }, NEW);
  await clock.advance(5);
  node({ ready: false, currentImage: NEW }, NEW);
  await clock.advance(25);
  node({ ready: true, currentImage: NEW }, NEW);
  assert.deepEqual(told, [
    "30 plan built",
    "50 old pod deleted",
    "55 old pod gone",
    "65 new pod created",
    "80 new pod started",
    "85 observe-image: status.currentImage is the new image",
    "90 mark-ready: the new pod's sidecar may start seid",
    "95 plan settled",
    "120 node Ready on the new image",
  ]);
  assert.deepEqual(
    timeline.timings.map(({ what, ms }) => `${ms} ${what}`),
    told,
  );
  assert.deepEqual(timeline.missing, []);
  assert.deepEqual(timeline.violations, []);
});

test("what came before the patch counts for nothing", async () => {
  const { told, timeline } = await halted();
  assert.deepEqual(told, []);
  assert.equal(timeline.missing.length, 9);
});

test("a pod that goes without being seen terminating was deleted all the same", async () => {
  const { clock, told, pod } = await halted();
  await clock.advance(40);
  pod({}, "deleted");
  assert.deepEqual(told, ["40 old pod deleted", "40 old pod gone"]);
});

test("a plan that is settled in one write with mark-ready reaches both", async () => {
  const { clock, told, node } = await halted();
  node({ ready: false, plan: somePlan(tasks, 0) }, NEW);
  await clock.advance(9);
  node({ ready: false, currentImage: NEW }, NEW);
  assert.deepEqual(told.slice(1), [
    "9 observe-image: status.currentImage is the new image",
    "9 mark-ready: the new pod's sidecar may start seid",
    "9 plan settled",
  ]);
});

test("no plan yet is not a settled plan, and Ready on the old image is not the end", async () => {
  const { told, node, timeline } = await halted();
  node({ ready: false }, NEW);
  node({ ready: true }, NEW);
  assert.deepEqual(told, []);
  assert.ok(timeline.missing.includes("node Ready on the new image"));
});

test("readiness between halt and replacement is a violation, of the pod and of the node, told once each", async () => {
  const { timeline, pod, node } = await halted();
  pod({ ready: true });
  pod({ ready: true });
  node({ ready: true, currentImage: OLD });
  assert.deepEqual(timeline.violations, [
    "pod rpc-0-0 became Ready again on the old image",
    "SeiNode rpc-0 was Ready between halt and replacement",
  ]);
});

test("the new pod becoming Ready is no violation", async () => {
  const { timeline, pod, node } = await halted();
  pod({ uid: "new", image: NEW, ready: true });
  node({ ready: true, currentImage: NEW }, NEW);
  assert.deepEqual(timeline.violations, []);
});

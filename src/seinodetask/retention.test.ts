import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { SeiNodeTask } from "#api";
import { timeLeftMs } from "./retention.ts";
import { seiNodeTask, type TaskWorld, taskKey, world } from "./testing.ts";

async function ended(ttlSecondsAfterFinished?: number): Promise<TaskWorld> {
  const w = world("RestartSeid", ttlSecondsAfterFinished === undefined ? {} : { ttlSecondsAfterFinished });
  w.sidecar.instantly = () => ({});
  await w.passes(1);
  return w;
}

const deletions = (w: TaskWorld) => w.kube.writes.filter(({ verb }) => verb === "delete");

describe("ttlSecondsAfterFinished", () => {
  test("absent: the task is kept for ever", async () => {
    const w = await ended();
    assert.deepEqual(await w.pass(), {});
    await w.clock.advance(365 * 24 * 3_600_000);
    assert.deepEqual(await w.pass(), {});
    assert.deepEqual(deletions(w), []);
  });

  test("a finished task is deleted when it is over, by uid and version", async () => {
    const w = await ended(60);
    assert.deepEqual(await w.pass(), { requeueAfterMs: 60_000 });
    await w.clock.advance(59_999);
    assert.deepEqual(await w.pass(), { requeueAfterMs: 1 });
    assert.deepEqual(deletions(w), []);
    await w.clock.advance(1);
    const { resourceVersion } = w.task.metadata;
    await w.pass();
    assert.deepEqual(
      deletions(w).map(({ name, options }) => ({ name, options })),
      [{ name: "task", options: { preconditions: { uid: "task-uid", resourceVersion } } }],
    );
  });

  test("a task that has not ended is not deleted, however old", async () => {
    const w = world("AwaitNodesAtHeight", { ttlSecondsAfterFinished: 0 });
    await w.passes(2);
    await w.clock.advance(24 * 3_600_000);
    await w.pass();
    assert.deepEqual(deletions(w), []);
  });

  test("0: deleted at once; a failed task counts as finished", async () => {
    const w = world("RestartSeid", { ttlSecondsAfterFinished: 0 });
    w.sidecar.instantly = () => ({ error: "boom" });
    await w.passes(2);
    assert.equal(w.status.phase, "Failed");
    await w.pass();
    assert.equal(deletions(w).length, 1);
  });

  test("more time given a moment ago, which the cache does not show yet, is respected", async () => {
    const w = await ended(60);
    await w.pass();
    const held = structuredClone(w.task);
    await w.clock.advance(60_000);
    w.editTask({ ttlSecondsAfterFinished: 3_600 });
    w.kube.cacheShows("SeiNodeTask", taskKey, held);
    assert.deepEqual(await w.pass(), { requeueAfterMs: 1_000 });
    w.kube.cacheShows("SeiNodeTask", taskKey, w.task);
    const { requeueAfterMs = 0 } = await w.pass();
    assert.ok(requeueAfterMs > 3_000_000);
    assert.equal(w.task.metadata.uid, "task-uid");
  });

  test("a task of an older controller without phaseTransitionTime counts from its last condition", () => {
    const condition = {
      type: "Ready",
      status: "True",
      reason: "TaskComplete",
      message: "",
      lastTransitionTime: "2026-01-01T00:00:00Z",
    } as const;
    const task: SeiNodeTask = seiNodeTask(
      "RestartSeid",
      { ttlSecondsAfterFinished: 10 },
      { phase: "Complete", conditions: [condition] },
    );
    assert.equal(timeLeftMs(task, Date.parse("2026-01-01T00:00:04Z")), 6_000);
    assert.equal(timeLeftMs({ ...task, status: { phase: "Complete" } }, 0), undefined);
  });
});

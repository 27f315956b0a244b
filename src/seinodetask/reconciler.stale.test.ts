/** A manager that starts on a cache which shows an older state of a task that has long gone on, or ended. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { SeiNodeTask, SeiNodeTaskSpec } from "#api";
import { formatKey, type KubeObject } from "#kube";
import { nodePod, payloads, seiNode, seiNodeTask, TaskWorld, taskKey } from "./testing.ts";

const KINDS = Object.keys(payloads) as SeiNodeTaskSpec["kind"][];

/** Plays the task to its end, and returns what it looked like after each write. */
async function play(w: TaskWorld): Promise<readonly KubeObject[]> {
  const states = [structuredClone(w.task)];
  for (let passes = 0; w.status.phase !== "Complete"; passes++) {
    assert.ok(passes < 200, JSON.stringify(w.status));
    const { requeueAfterMs = 100 } = await w.pass();
    // Later, so that it is seen running, too.
    for (const id of passes > 2 ? w.sidecar.running : []) w.sidecar.finish(id);
    if (w.imageWrites.length > 0) w.changeNode({ status: { currentImage: "sei:v2" } });
    if (w.task.metadata.resourceVersion !== states.at(-1)?.metadata.resourceVersion)
      states.push(structuredClone(w.task));
    await w.clock.advance(requeueAfterMs);
  }
  return states;
}

for (const kind of KINDS) {
  test(`${kind}: of a task that is done, an older state in the cache submits nothing and writes nothing`, async () => {
    const peers = [{ static: { addresses: [`${"0123456789".repeat(4)}@peer.example.org:26656`] } }];
    const w = new TaskWorld(seiNodeTask(kind), seiNode({ peers }), nodePod());
    const states = await play(w);
    assert.ok(states.length >= 3, `only ${states.length} states`);
    // Nothing but the task's own record tells any more that it was done.
    w.sidecar.forgetAll();
    w.changeNode({ spec: { image: "sei:v1" } });
    const before = { task: w.task, posts: w.sidecar.posts.length, images: w.imageWrites.length };
    for (const state of states) {
      w.kube.put(before.task).cacheShows("SeiNodeTask", taskKey, state);
      w.restart();
      for (let passes = 0; passes < 5; passes++) {
        await w.pass();
        await w.clock.advance(1_000);
      }
      assert.deepEqual(
        { task: w.task, posts: w.sidecar.posts.length, images: w.imageWrites.length },
        before,
        `${formatKey(taskKey)} as of ${(state as SeiNodeTask).status?.phase}`,
      );
    }
  });
}

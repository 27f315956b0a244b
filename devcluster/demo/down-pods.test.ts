import assert from "node:assert/strict";
import { test } from "node:test";
import { DownPods } from "./down-pods.ts";
import { type PodFacts, somePod } from "./testing.ts";

function setUp() {
  const down = new DownPods();
  const see = (name: string, facts: PodFacts, type: "added" | "modified" | "deleted" = "modified") => {
    const pod = somePod(facts);
    down.observe({ type, object: { ...pod, metadata: { ...pod.metadata, name } } });
  };
  return { down, see };
}

test("a pod is down from when it is not Ready, over its deletion, until its successor is Ready", () => {
  const { down, see } = setUp();
  see("a", {});
  see("a", {}, "deleted");
  see("a", { uid: "new" }, "added");
  see("a", { uid: "new", ready: true });
  see("b", {});
  see("c", {});
  assert.equal(down.mostAtOnce, 2);
  assert.deepEqual(down.ever, ["a", "b", "c"]);
});

test("a pod that is being deleted is down although it still says Ready", () => {
  const { down, see } = setUp();
  see("a", { ready: true, deleted: true });
  assert.deepEqual([down.mostAtOnce, down.ever], [1, ["a"]]);
});

test("pods that are Ready all the time are never down", () => {
  const { down, see } = setUp();
  see("a", { ready: true });
  see("a", { ready: true });
  assert.deepEqual([down.mostAtOnce, down.ever], [0, []]);
});

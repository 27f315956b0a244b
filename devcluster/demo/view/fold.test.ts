import assert from "node:assert/strict";
import { test } from "node:test";
import { foldings } from "./fold.ts";
import type { Screen } from "./screen.ts";
import { midRollout } from "./screens.ts";

const [all, noNotes, noPods, noNodes] = foldings(midRollout);

const notes = (screen: Screen | undefined) => screen?.steps.flatMap(({ notes }) => notes);
const nodesIn = (screen: Screen | undefined) =>
  screen?.groups.map(({ nodes }) => nodes.map(({ name, pods }) => `${name} ${pods.length}`));

test("first nothing is left out", () => assert.equal(all, midRollout));

test("then the notes of steps before the last", () => {
  assert.deepEqual(notes(noNotes), ["wave 0: devnet-rpc-1"]);
  assert.deepEqual(nodesIn(noNotes), nodesIn(all));
});

test("then the pods of nodes that are well; a node with work going on keeps its pod", () => {
  assert.deepEqual(nodesIn(noPods), [["devnet-0 0"], ["devnet-rpc-0 1", "devnet-rpc-1 1"]]);
  assert.deepEqual(noPods?.nodes[0]?.pods, []);
});

test("then the nodes of groups that are well", () => {
  assert.deepEqual(nodesIn(noNodes), [[], ["devnet-rpc-0 1", "devnet-rpc-1 1"]]);
});

test("at last all but the newest three steps, and all but the newest four notes", () => {
  const [last] = midRollout.steps.slice(-1);
  assert.ok(last);
  const talkative = { ...last, title: "five", notes: ["1", "2", "3", "4", "5"] };
  const least = foldings({ ...midRollout, steps: [...midRollout.steps, talkative] }).at(-1);
  assert.deepEqual(
    least?.steps.map(({ title, notes }) => `${title} ${notes.join("")}`),
    ["three ", "four ", "five 2345"],
  );
});

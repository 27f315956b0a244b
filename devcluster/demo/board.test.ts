import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualClock } from "#clock";
import type { KubeObject } from "#kube";
import { Board, type Watched } from "./board.ts";
import { someGroup, someNode, somePod, someTask } from "./testing.ts";

function nodeNamed(name: string, group?: string) {
  const node = someNode({ ready: true });
  const labels = group === undefined ? {} : { "sei.io/nodedeployment": group };
  return { ...node, metadata: { ...node.metadata, name, labels } };
}

function boardWith(objects: Partial<Record<keyof Watched, readonly KubeObject[]>>) {
  const board = new Board("Demo", new ManualClock());
  const tellers: (() => void)[] = [];
  const informer = (kind: keyof Watched) => ({
    list: () => objects[kind] ?? [],
    onEvent: (handler: () => void) => tellers.push(handler),
  });
  const watched = {
    groups: informer("groups"),
    nodes: informer("nodes"),
    pods: informer("pods"),
    tasks: informer("tasks"),
  };
  board.show(watched as unknown as Watched);
  return { board, tellers };
}

test("nodes stand under their group by number, with their pods and tasks; those of no group, or of one that is gone, alone", () => {
  const { board } = boardWith({
    groups: [someGroup()],
    nodes: [
      nodeNamed("rpc-10", "rpc"),
      nodeNamed("rpc-2", "rpc"),
      nodeNamed("rpc-0"),
      nodeNamed("lost-0", "gone"),
    ],
    pods: [somePod()],
    tasks: [someTask({}, "rpc-2"), someTask({}, "nobody")],
  });
  const { nodes, groups } = board.forest();
  assert.deepEqual(
    nodes.map(({ name, pods, tasks }) => [name, pods.length, tasks.length]),
    [
      ["rpc-0", 1, 0],
      ["lost-0", 0, 0],
    ],
  );
  assert.deepEqual(
    groups.map(({ name, nodes }) => [name, nodes.map((node) => [node.name, node.tasks.length])]),
    [
      [
        "rpc",
        [
          ["rpc-2", 1],
          ["rpc-10", 0],
        ],
      ],
    ],
  );
});

test("a change of any object is told, until the listener leaves", () => {
  const { board, tellers } = boardWith({});
  let told = 0;
  const leave = board.onChange(() => {
    told += 1;
  });
  for (const tell of tellers) tell();
  assert.equal(told, 4);
  leave();
  tellers[0]?.();
  assert.equal(told, 4);
});

test("before anything is watched there is an empty screen", () => {
  const { nodes, groups, steps } = new Board("Demo", new ManualClock()).screen();
  assert.deepEqual([nodes, groups, steps], [[], [], []]);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { claimsFrom, type Evidence, type KeyEvidence } from "./evidence.ts";
import { NEW, OLD } from "./testing.ts";

const good: Evidence = {
  node: "rpc-0",
  oldPodUid: "11111111-a",
  newPodUid: "22222222-b",
  readinessViolations: [],
  wantedImage: NEW,
  currentImage: NEW,
  podImage: NEW,
  podImageId: "docker.io/sei@sha256:0",
  posts: new Map([
    ["rpc-0", new Map([["a", 1]])],
    ["rpc-1", new Map([["b", 1]])],
  ]),
  keys: [{ node: "val", checks: [{ what: "node key", validated: true, readAt: 5 }], firstTaskAt: 6 }],
  others: [{ node: "rpc-1", before: "3", after: "3" }],
  refusals: [],
  simulatorViolations: [],
};

const keys = (change: Partial<KeyEvidence["checks"][number]>) =>
  good.keys.map((one) => ({ ...one, checks: one.checks.map((check) => ({ ...check, ...change })) }));

const broken = (change: Partial<Evidence>) =>
  claimsFrom({ ...good, ...change })
    .filter(({ holds }) => !holds)
    .map(({ text }) => text);

test("with good evidence every claim holds", () => {
  assert.deepEqual(
    claimsFrom(good).map(({ holds, text }) => `${holds} ${text}`),
    [
      "true the pod of rpc-0 was replaced although it was not Ready: uid 11111111 became 22222222",
      "true nothing waited for readiness: neither pod nor node was Ready between the halt and the replacement",
      `true status.currentImage tells the truth: ${NEW}, and the new pod has shown that it runs it`,
      "true keys brought by the user were validated before the sidecar got a task: val (node key)",
      "true each sidecar task was sent exactly once: 2 tasks on 2 nodes",
      "true the pods of the other nodes were left alone: rpc-1",
      "true the manager did it under its shipped roles: no request of it was refused (no 403)",
      "true never did two seid processes share a volume",
    ],
  );
});

const lies: readonly [situation: string, change: Partial<Evidence>, text: string][] = [
  ["the pod is the same", { newPodUid: "11111111-a" }, "the pod of rpc-0 was not replaced: uid 11111111"],
  ["there is no pod", { newPodUid: "" }, "the pod of rpc-0 was not replaced: uid 11111111"],
  ["the pod was Ready in between", { readinessViolations: ["it was Ready"] }, "it was Ready"],
  [
    "currentImage is ahead of the pod",
    { podImage: OLD },
    `status.currentImage is ${NEW}, the pod runs ${OLD}, wanted was ${NEW}`,
  ],
  [
    "the pod never showed its image",
    { podImageId: "" },
    `status.currentImage is ${NEW}, the pod runs ${NEW}, wanted was ${NEW}`,
  ],
  ["a key was not validated", { keys: keys({ validated: false }) }, "val: the node key was not validated"],
  [
    "a key was read after the first task",
    { keys: keys({ readAt: 7 }) },
    "val: the node key was not read before the first task",
  ],
  [
    "a key was never read",
    { keys: keys({ readAt: undefined }) },
    "val: the node key was not read before the first task",
  ],
  ["no node brought keys", { keys: [] }, "no node brought keys of its own"],
  [
    "a task was sent twice",
    { posts: new Map([["rpc-0", new Map([["a", 2]])]]) },
    "rpc-0: task a POSTed 2 times",
  ],
  ["a node got no task at all", { posts: new Map([["rpc-0", new Map()]]) }, "rpc-0 got no task"],
  [
    "another node's pod was replaced",
    { others: [{ node: "rpc-1", before: "3", after: "4" }] },
    "the pod of rpc-1 was replaced, too",
  ],
  ["a request was refused", { refusals: ["list secrets: 403"] }, "list secrets: 403"],
  ["two seids shared a volume", { simulatorViolations: ["two on data-rpc-0"] }, "two on data-rpc-0"],
];

for (const [situation, change, text] of lies) {
  test(`when ${situation}, exactly that claim falls`, () => assert.deepEqual(broken(change), [text]));
}

import assert from "node:assert/strict";
import { test } from "node:test";
import { claimsFrom, type Evidence, type KeyEvidence } from "./evidence.ts";
import { NEW, OLD } from "./testing.ts";
import type { UpgradeEvidence } from "./upgrade-claims.ts";

const upgrade: UpgradeEvidence = {
  node: "rpc-0",
  pod: "rpc-0-0",
  oldPodUid: "11111111-a",
  newPodUid: "22222222-b",
  readinessViolations: [],
  wantedImage: NEW,
  currentImage: NEW,
  podImage: NEW,
  podImageId: "docker.io/sei@sha256:0",
};

const good: Evidence = {
  upgrades: [upgrade, { ...upgrade, node: "rpc-1", pod: "rpc-1-0", oldPodUid: "3", newPodUid: "4" }],
  deletions: new Map([
    ["rpc-0-0", 1],
    ["rpc-1-0", 1],
  ]),
  capacity: { halted: ["rpc-0-0", "rpc-1-0"], mostDownAtOnce: 2, everDown: ["rpc-1-0", "rpc-0-0"] },
  ceremony: {
    chainId: "devnet-7",
    assemblies: [{ node: "val-0", posts: 1, executions: 1 }],
    founders: [
      { node: "val-0", genesisOf: "devnet-7" },
      { node: "val-1", genesisOf: "devnet-7" },
    ],
  },
  peers: { seekers: [{ node: "rpc-0", missing: [] }], wanted: ["val-0", "val-1"] },
  restart: {
    node: "rpc-0",
    phase: "Complete",
    posts: 1,
    executions: 1,
    startsBefore: 1,
    startsAfter: 2,
    podBefore: "p",
    podAfter: "p",
    height: 7,
  },
  posts: new Map([
    ["rpc-0", new Map([["a", 1]])],
    ["rpc-1", new Map([["b", 1]])],
  ]),
  keys: [{ node: "val", checks: [{ what: "node key", validated: true, readAt: 5 }], firstTaskAt: 6 }],
  others: [{ node: "val-0", before: "3", after: "3" }],
  refusals: [],
  simulatorViolations: [],
};

test("with good evidence every claim holds", () => {
  assert.deepEqual(
    claimsFrom(good).map(({ holds, text }) => `${holds} ${text}`),
    [
      "true keys brought by the user were validated before the sidecar got a task: val (node key)",
      "true the genesis of devnet-7 was assembled exactly once, by val-0, and is that of all 2 validators",
      "true rpc-0 found their peers by label: val-0, val-1",
      "true halted pods were replaced although they were not Ready: rpc-0 (uid 11111111 became 22222222), rpc-1 (uid 3 became 4)",
      "true each old pod was deleted exactly once, and no other pod: rpc-0-0, rpc-1-0",
      "true nothing waited for readiness: no such pod or node was Ready between its halt and its replacement",
      `true status.currentImage tells the truth: ${NEW}, and each new pod has shown that it runs it`,
      "true the rollout cost no capacity: at most 2 pods were down at once, the 2 that had halted",
      "true RestartSeid was POSTed once to rpc-0: seid started once more in the same pod and serves RPC again",
      "true each sidecar task was sent exactly once: 2 tasks on 2 nodes",
      "true the pods of the other nodes were left alone: val-0",
      "true the manager did it under its shipped roles: no request of it was refused (no 403)",
      "true never did two seid processes share a volume",
    ],
  );
});

const upgraded = (change: Partial<UpgradeEvidence>) => ({ upgrades: [{ ...upgrade, ...change }] });
const keys = (change: Partial<KeyEvidence["checks"][number]>) => ({
  keys: good.keys.map((one) => ({ ...one, checks: one.checks.map((check) => ({ ...check, ...change })) })),
});
const ceremony = (change: Partial<Evidence["ceremony"]>) => ({ ceremony: { ...good.ceremony, ...change } });
const capacity = (change: Partial<Evidence["capacity"]>) => ({ capacity: { ...good.capacity, ...change } });
const restart = (change: Partial<Evidence["restart"]>) => ({ restart: { ...good.restart, ...change } });

const lies: readonly [situation: string, change: Partial<Evidence>, text: string][] = [
  ["a key was not validated", keys({ validated: false }), "val: the node key was not validated"],
  [
    "a key was read after the first task",
    keys({ readAt: 7 }),
    "val: the node key was not read before the first task",
  ],
  [
    "a key was never read",
    keys({ readAt: undefined }),
    "val: the node key was not read before the first task",
  ],
  ["no node brought keys", { keys: [] }, "no node brought keys of its own"],
  [
    "nobody assembled the genesis",
    ceremony({ assemblies: [] }),
    "the genesis of devnet-7 was never assembled",
  ],
  [
    "the assembly was sent to two sidecars",
    ceremony({
      assemblies: [
        { node: "val-0", posts: 1, executions: 1 },
        { node: "val-1", posts: 1, executions: 0 },
      ],
    }),
    "the genesis of devnet-7 was asked for 2 times, made 1 times",
  ],
  [
    "the assembly was sent twice to one sidecar, which knew it",
    ceremony({ assemblies: [{ node: "val-0", posts: 2, executions: 1 }] }),
    "the genesis of devnet-7 was asked for 2 times, made 1 times",
  ],
  [
    "one POST of the assembly ran twice",
    ceremony({ assemblies: [{ node: "val-0", posts: 1, executions: 2 }] }),
    "the genesis of devnet-7 was asked for 1 times, made 2 times",
  ],
  [
    "a validator has a placeholder for a genesis",
    ceremony({ founders: [{ node: "val-0", genesisOf: "" }] }),
    "val-0 does not have the genesis of devnet-7",
  ],
  [
    "a peer was not found",
    { peers: { ...good.peers, seekers: [{ node: "rpc-0", missing: ["val-1"] }] } },
    "rpc-0 does not have val-1 as a peer",
  ],
  ["nobody looked for peers", { peers: { ...good.peers, seekers: [] } }, "nobody looked for peers"],
  [
    "a pod is the same",
    { upgrades: good.upgrades.map((each) => ({ ...each, newPodUid: each.oldPodUid })) },
    "the pod of rpc-0 was not replaced: uid 11111111; the pod of rpc-1 was not replaced: uid 3",
  ],
  [
    "there is no pod",
    { upgrades: good.upgrades.map((each) => ({ ...each, newPodUid: "" })) },
    "the pod of rpc-0 was not replaced: uid 11111111; the pod of rpc-1 was not replaced: uid 3",
  ],
  [
    "an old pod was deleted twice",
    {
      deletions: new Map([
        ["rpc-0-0", 2],
        ["rpc-1-0", 1],
      ]),
    },
    "pod rpc-0-0 was deleted 2 times",
  ],
  [
    "an old pod went without the manager",
    { deletions: new Map([["rpc-0-0", 1]]) },
    "pod rpc-1-0 was deleted 0 times",
  ],
  [
    "another pod was deleted",
    { deletions: new Map([...good.deletions, ["val-0-0", 1]]) },
    "pod val-0-0 was deleted, too",
  ],
  [
    "a pod was Ready in between",
    { ...upgraded({ readinessViolations: ["it was Ready"] }), deletions: new Map([["rpc-0-0", 1]]) },
    "it was Ready",
  ],
  [
    "currentImage is ahead of the pod",
    { ...upgraded({ podImage: OLD }), deletions: new Map([["rpc-0-0", 1]]) },
    `status.currentImage of rpc-0 is ${NEW}, the pod runs ${OLD}, wanted was ${NEW}`,
  ],
  [
    "a pod never showed its image",
    { ...upgraded({ podImageId: "" }), deletions: new Map([["rpc-0-0", 1]]) },
    `status.currentImage of rpc-0 is ${NEW}, the pod runs ${NEW}, wanted was ${NEW}`,
  ],
  [
    "a Ready pod was taken down in the rollout",
    capacity({ everDown: ["rpc-0-0", "val-0-0"] }),
    "pod val-0-0 was taken down, too",
  ],
  [
    "more pods were down than had halted",
    capacity({ mostDownAtOnce: 3 }),
    "3 pods were down at once, 2 had halted",
  ],
  ["the restart failed", restart({ phase: "Failed" }), "the task is Failed"],
  [
    "the restart was sent twice",
    restart({ posts: 2 }),
    "restart-seid was POSTed 2 times and carried out 1 times",
  ],
  [
    "the restart was carried out twice",
    restart({ executions: 2 }),
    "restart-seid was POSTed 1 times and carried out 2 times",
  ],
  ["seid was not restarted", restart({ startsAfter: 1 }), "seid started 0 times"],
  ["the restart cost the pod", restart({ podAfter: "q" }), "the pod of rpc-0 was replaced"],
  ["seid stays away", restart({ height: undefined }), "seid of rpc-0 does not serve RPC"],
  [
    "a task was sent twice",
    { posts: new Map([["rpc-0", new Map([["a", 2]])]]) },
    "rpc-0: task a POSTed 2 times",
  ],
  ["a node got no task at all", { posts: new Map([["rpc-0", new Map()]]) }, "rpc-0 got no task"],
  [
    "another node's pod was replaced",
    { others: [{ node: "val-0", before: "3", after: "4" }] },
    "the pod of val-0 was replaced, too",
  ],
  ["a request was refused", { refusals: ["list secrets: 403"] }, "list secrets: 403"],
  ["two seids shared a volume", { simulatorViolations: ["two on data-rpc-0"] }, "two on data-rpc-0"],
];

for (const [situation, change, text] of lies) {
  test(`when ${situation}, exactly that claim falls`, () => {
    const broken = claimsFrom({ ...good, ...change }).filter(({ holds }) => !holds);
    assert.deepEqual(
      broken.map((claim) => claim.text),
      [text],
    );
  });
}

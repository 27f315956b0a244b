import assert from "node:assert/strict";
import { test } from "node:test";
import { accessReport, failureReport, storyReport } from "./report.ts";
import { NEW, someNode } from "./testing.ts";
import { readyNode } from "./view/screens.ts";

const paper = { columns: 100, colour: false };
const story = {
  timings: [
    {
      of: `rpc-0 to ${NEW}`,
      parts: [
        { ms: 52, what: "old pod deleted" },
        { ms: 12_340, what: "node Ready on the new image" },
      ],
    },
    { of: "the group", parts: [{ ms: 900, what: "rpc-1: old pod deleted" }] },
  ],
  claims: [{ holds: true, text: "the pod was replaced" }],
  elapsed: "8.04 s",
};

test("the story's report shows times, claims and a verdict", () => {
  assert.equal(
    storyReport(story, paper).join("\n"),
    `
How long it took to carry rpc-0 to ghcr.io/sei-protocol/sei:v6.4.0, from sending the patch:

    0.05 s  old pod deleted
    12.3 s  node Ready on the new image

How long it took to carry the group, from sending the patch:

    0.90 s  rpc-1: old pod deleted

What this proved:

  ✔ the pod was replaced

The demo ran through in 8.04 s: all 1 claims hold.`,
  );
});

test("a claim that does not hold is marked and counted", () => {
  const claims = [...story.claims, { holds: false, text: "task a POSTed 2 times" }];
  assert.deepEqual(storyReport({ ...story, claims }, paper).slice(-4), [
    "  ✔ the pod was replaced",
    "  ✖ task a POSTed 2 times",
    "",
    "The demo ran through in 8.04 s, and 1 of 2 claims do NOT hold.",
  ]);
});

const access = {
  kubeconfig: "/tmp/a b/admin.kubeconfig",
  kubectl: "/cache/kubectl",
  kubectlCache: "/tmp/x/kubectl-cache",
  namespace: "sei",
  node: "rpc-1",
  group: "devnet-rpc",
  samples: "config/samples",
  image: NEW,
  managerLog: "/tmp/x/manager.log",
};

test("the commands can be copied as they are, with quoted paths and a kubectl for who has none", () => {
  assert.equal(
    accessReport(access).join("\n"),
    `
The cluster keeps running. In another terminal:

export KUBECONFIG='/tmp/a b/admin.kubeconfig' KUBECACHEDIR=/tmp/x/kubectl-cache
alias kubectl=/cache/kubectl  # you have none on PATH
kubectl get snd,snode,snt,sts,pod -n sei
kubectl describe snd devnet-rpc -n sei
kubectl patch snode rpc-1 -n sei --type=merge -p '{"spec":{"image":"ghcr.io/sei-protocol/sei:v6.4.0"}}'
kubectl wait snode rpc-1 -n sei --for=condition=Ready
kubectl apply -f config/samples/task-update-node-image.yaml -f config/samples/task-gov-vote.yaml -n sei
kubectl wait snt --all -n sei --for=condition=Ready
kubectl get events -n sei --sort-by=.lastTimestamp
tail -f /tmp/x/manager.log

What you change shows below. Ctrl-C stops everything and removes it.
`,
  );
});

test("who has a kubectl gets no alias", () => {
  assert.ok(
    !accessReport({ ...access, kubectl: undefined })
      .join("\n")
      .includes("alias"),
  );
});

test("a failure shows what did not happen, the last state with its reasons, and the end of the log", () => {
  const failure = {
    message: "not within 60 s: SeiNode rpc-0 is Ready",
    forest: { nodes: [readyNode], groups: [] },
    nodes: [someNode({ ready: false }), someNode({ ready: true }), someNode()],
    logTail: '{"msg":"last words"}',
  };
  assert.equal(
    failureReport(failure, paper).join("\n"),
    `
The demo did not get through: not within 60 s: SeiNode rpc-0 is Ready

The last state:

  NAME         STATE    READY  PLAN  IMAGE       INFO
✔ archive      Running  True         sei:v6.3.0
└─✔ archive-0  Running  True         sei:v6.3.0  revision 5d5cbc5d68
  rpc-0: seid waits for a chain upgrade; set spec.image

The manager's log ends:

{"msg":"last words"}`,
  );
});

test("a failure before there was anything shows only the message", () => {
  const failure = { message: "no etcd", forest: { nodes: [], groups: [] }, nodes: [], logTail: undefined };
  assert.deepEqual(failureReport(failure, paper), ["", "The demo did not get through: no etcd"]);
});

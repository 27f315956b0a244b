/** Screens for the tests of this folder. */
import type { GroupView, NodeView, Screen, TaskView } from "./screen.ts";

export const readyNode: NodeView = {
  name: "archive",
  mark: "ok",
  phase: "Running",
  task: "",
  image: "sei:v6.3.0",
  ready: "True",
  health: "",
  keys: "",
  pods: [
    {
      name: "archive-0",
      mark: "ok",
      state: "Running",
      ready: true,
      revision: "5d5cbc5d68",
      image: "sei:v6.3.0",
    },
  ],
  tasks: [],
};

export const updatingNode: NodeView = {
  name: "rpc-0",
  mark: "busy",
  phase: "Running",
  task: "6/7 observe-image",
  image: "sei:v6.3.0 → v6.4.0",
  ready: "False",
  health: "Updating",
  keys: "",
  pods: [
    {
      name: "rpc-0-0",
      mark: "busy",
      state: "Pending",
      ready: false,
      revision: "6d696496f4",
      image: "sei:v6.4.0",
    },
  ],
  tasks: [],
};

export const failedNode: NodeView = {
  name: "rpc-1",
  mark: "bad",
  phase: "Failed",
  task: "2/8 apply-statefulset failed",
  image: "→ sei:v6.3.0",
  ready: "False",
  health: "Stalled: InitializationFailed",
  keys: "signing key ✔, node key ✖",
  pods: [],
  tasks: [],
};

export const midUpgrade: Screen = {
  title: "Sei operator demo",
  elapsedMs: 8230,
  steps: [
    { title: "create SeiNodes", state: "done", elapsedMs: 590, notes: [] },
    {
      title: "patch spec.image",
      state: "running",
      elapsedMs: 120,
      notes: ["+0.04 s  plan built", "+0.11 s  old pod deleted"],
    },
  ],
  nodes: [readyNode, updatingNode, failedNode],
  groups: [],
  notices: ["simulator: a word"],
};

export const empty: Screen = {
  title: "Sei operator demo",
  elapsedMs: 0,
  steps: [],
  nodes: [],
  groups: [],
  notices: [],
};

export const runningTask: TaskView = {
  name: "restart-seid",
  mark: "busy",
  kind: "RestartSeid",
  phase: "Running",
  ready: "",
  reason: "Executing",
};

const named = (node: NodeView, name: string): NodeView => ({
  ...node,
  name,
  pods: node.pods.map((pod) => ({ ...pod, name: `${name}-0` })),
});

export const readyGroup: GroupView = {
  name: "devnet",
  mark: "ok",
  phase: "Ready",
  task: "",
  image: "sei:v6.3.0",
  ready: "True",
  count: "1 of 1 Ready",
  health: "",
  nodes: [named(readyNode, "devnet-0")],
};

export const upgradingGroup: GroupView = {
  name: "devnet-rpc",
  mark: "busy",
  phase: "Upgrading",
  task: "2/3 await-spec-update",
  image: "→ sei:v6.4.0",
  ready: "False",
  count: "1 of 2 Ready",
  health: "RollingOut",
  nodes: [{ ...named(readyNode, "devnet-rpc-0"), tasks: [runningTask] }, named(updatingNode, "devnet-rpc-1")],
};

/** In the middle of a rollout, with a group that is well and one that is upgraded. */
export const midRollout: Screen = {
  title: "Sei operator demo",
  elapsedMs: 12_000,
  steps: [
    { title: "one", state: "done", elapsedMs: 590, notes: ["seen on the way"] },
    { title: "two", state: "done", elapsedMs: 90, notes: [] },
    { title: "three", state: "done", elapsedMs: 90, notes: [] },
    { title: "four", state: "running", elapsedMs: 120, notes: ["wave 0: devnet-rpc-1"] },
  ],
  nodes: [readyNode],
  groups: [readyGroup, upgradingGroup],
  notices: [],
};

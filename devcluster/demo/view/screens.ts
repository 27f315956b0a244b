/** Screens for the tests of this folder. */
import type { NodeView, Screen } from "./screen.ts";

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
  notices: ["simulator: a word"],
};

export const empty: Screen = { title: "Sei operator demo", elapsedMs: 0, steps: [], nodes: [], notices: [] };

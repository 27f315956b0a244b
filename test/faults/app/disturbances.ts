/**
 * What can be wrong with the sidecar or seid of one node at one task of its plan, what a person must be told of it, and what
 * comes of it. A new kind is one more entry of this table.
 */
import type { NodeHandle } from "#devcluster";
import { sidecarTaskType } from "#sidecar";
import { RESET, type RelayAnswer, type SidecarRequest } from "../../harness/faults/index.ts";
import type { Answer, Stage } from "./traffic.ts";

export interface Disturbance {
  /** Follows "the sidecar". */
  readonly name: string;
  readonly stages: readonly Stage[];
  /** False for tasks at which it cannot happen or says nothing. */
  readonly appliesTo?: (task: string) => boolean;
  /** Every request of the node from the stage on, until the cure. */
  readonly answer?: Answer;
  /** Only so many requests. */
  readonly times?: number;
  /** How many it must meet before the cure. Default 3. */
  readonly enough?: number;
  /** Before the plan comes to the task. */
  readonly prepare?: (node: NodeHandle, task: string) => void;
  readonly onBegin?: (node: NodeHandle) => void;
  /** What condition Ready says before there is a cure. Absent: it passes by itself. */
  readonly tells?: RegExp;
  /** Whether that text also names the task. Default true. */
  readonly namesTask?: boolean;
  readonly cure?: (node: NodeHandle) => void;
  /** Failed: with this error, and after the cure another try is asked for. Default: Ready. */
  readonly fails?: string;
  /** How often the work of the task is begun. Default 1. */
  readonly executions?: number;
}

const ANY: readonly Stage[] = ["POST", "GET"];
const AT_POST: readonly Stage[] = ["POST"];
const AT_GET: readonly Stage[] = ["GET"];
const DISK_FULL = "disk is full";

export const budgetOf = (task: string) => sidecarTaskType(task)?.maxRetries ?? 0;

/** Its outcome is asked for; otherwise there is no GET. */
const isPolled = (task: string) => sidecarTaskType(task)?.completesOn === "result";
const isRetried = (task: string) => isPolled(task) && budgetOf(task) > 0;
const isMarkReady = (task: string) => task === "mark-ready";

const says = (body: string, contentType = "application/json", status?: number): Answer =>
  async function answer({ method }) {
    return {
      status: status ?? (method === "POST" ? 201 : 200),
      headers: { "content-type": contentType },
      body,
    };
  };

const hangs: Answer = async ({ signal }) => {
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
  return RESET;
};

/** The sidecar does its work, and the answer is another one. */
const rewrites = (rewrite: (answer: RelayAnswer, request: SidecarRequest) => RelayAnswer): Answer =>
  async function answer(request, forward) {
    return rewrite(await forward(), request);
  };

const withoutRun = rewrites((answer) =>
  typeof answer.body === "string" ? { ...answer, body: answer.body.replace(/"run":\d+,?/, "") } : answer,
);

const inMidTask = {
  stages: AT_GET,
  appliesTo: isPolled,
  prepare: (node: NodeHandle, task: string) => node.script(task, { hang: true, times: 1 }),
  executions: 2,
};

export const disturbances: readonly Disturbance[] = [
  // What can become of any request. The sidecar does not see it.
  { name: "refuses", stages: ANY, answer: async () => RESET, tells: /the sidecar to run/ },
  { name: "accepts and hangs", stages: ANY, answer: hangs, enough: 2, tells: /the sidecar to run/ },
  { name: "answers 500", stages: ANY, answer: says("boom", "text/plain", 500), tells: /answered 500/ },
  {
    name: "answers 401",
    stages: AT_POST,
    answer: says("Unauthorized", "text/plain", 401),
    tells: /does not accept the operator's token \(401\); check/,
  },
  {
    name: "answers 403",
    stages: AT_GET,
    answer: says("Forbidden", "text/plain", 403),
    tells: /forbidden \(403\); grant the operator's service account/,
  },
  { name: "answers malformed JSON", stages: AT_GET, answer: says('{"id":"'), tells: /makes no sense/ },
  { name: "answers JSON of another shape", stages: AT_GET, answer: says("[1]"), tells: /makes no sense/ },
  { name: "answers HTML", stages: AT_POST, answer: says("<p>log in", "text/html"), tells: /makes no sense/ },
  {
    name: "answers about another task",
    stages: AT_GET,
    appliesTo: isPolled,
    answer: says('{"id":"00000000-0000-4000-8000-000000000000","type":"x","status":"completed","run":1}'),
    tells: /makes no sense/,
  },
  {
    name: "answers with 4 MiB",
    stages: AT_POST,
    answer: says(JSON.stringify({ padding: "x".repeat(4 << 20) })),
    tells: /more than 1 MiB/,
  },
  // What becomes of an answer after the sidecar has done its work.
  { name: "does it and the answer is lost", stages: ANY, times: 2, answer: lost },
  {
    name: "does it and the answer is cut short",
    stages: ANY,
    times: 2,
    answer: rewrites((answer) => ({ ...answer, body: String(answer.body).slice(0, 9) })),
  },
  {
    name: "answers under a wrong content type",
    stages: AT_POST,
    answer: rewrites((answer) => ({ ...answer, headers: { "content-type": "text/html" } })),
  },
  { name: "reports no run numbers", stages: AT_POST, answer: withoutRun },
  {
    name: "is slow",
    stages: AT_POST,
    prepare: (node, task) => {
      node.script(task, { delayMs: 1500 });
      node.fault({ kind: "slow", ms: 400 });
    },
  },
  // What becomes of the sidecar.
  { name: "forgets its tasks", ...inMidTask, onBegin: (node) => node.sidecar.forget() },
  { name: "crashes in mid-task", ...inMidTask, onBegin: (node) => node.sidecar.crash() },
  { name: "is stopped in mid-task", ...inMidTask, onBegin: (node) => node.sidecar.restart() },
  {
    name: "dies and stays dead",
    ...inMidTask,
    onBegin: (node) => node.sidecar.kill(),
    // An update does not wait for it: the pod is replaced, and the next task that needs a sidecar is told.
    namesTask: false,
    tells: /sidecar/,
    cure: (node) => node.sidecar.revive(),
  },
  {
    name: "cannot write to its database",
    stages: AT_POST,
    onBegin: (node) => {
      node.sidecar.databaseBroken = true;
    },
    tells: /answered 400: persist task/,
    cure: (node) => {
      node.sidecar.databaseBroken = false;
    },
  },
  // What becomes of the task.
  {
    name: "fails the task once",
    stages: AT_GET,
    appliesTo: isRetried,
    prepare: (node, task) => node.script(task, { fail: DISK_FULL, times: 1 }),
    tells: /retry 1 of \d+ of [\w-]+ after: disk is full/,
    executions: 2,
  },
  {
    name: "fails the task once without a run number",
    stages: AT_POST,
    appliesTo: isRetried,
    prepare: (node, task) => node.script(task, { fail: DISK_FULL, times: 1 }),
    answer: withoutRun,
    enough: 1,
    tells: /retry 1 of \d+ of [\w-]+ after: disk is full/,
    executions: 2,
  },
  {
    name: "fails the task beyond its budget",
    stages: AT_GET,
    appliesTo: isPolled,
    prepare: (node, task) => node.script(task, { fail: DISK_FULL }),
    fails: DISK_FULL,
  },
  {
    name: "rejects the task",
    stages: AT_POST,
    answer: says('{"error":"unknown task type: x"}', "application/json", 400),
    fails: "unknown task type: x",
  },
  // What becomes of seid, whose start the last task allows.
  {
    name: "is fine and seid's RPC is stuck",
    stages: AT_POST,
    appliesTo: isMarkReady,
    onBegin: (node) => node.seid.configure({ rpcReachable: false }),
    namesTask: false,
    tells: /seid runs but does not report ready.*set spec\.image/,
    cure: (node) => node.seid.configure({ rpcReachable: true }),
  },
  {
    name: "is fine and seid catches up again",
    stages: AT_POST,
    appliesTo: isMarkReady,
    onBegin: (node) => node.seid.configure({ catchingUp: true, lag: 100_000 }),
    namesTask: false,
    tells: /seid runs but does not report ready.*catching up/,
    cure: (node) => node.seid.configure({ catchingUp: false, lag: 0 }),
  },
  {
    // Only a SeiNodeTask asks seid for its chain: the node itself must come up, and stay calm about it.
    name: "is fine and seid is of another chain",
    stages: AT_POST,
    appliesTo: isMarkReady,
    onBegin: (node) => node.seid.configure({ network: "another-1" }),
  },
];

async function lost(_: SidecarRequest, forward: () => Promise<unknown>): Promise<typeof RESET> {
  await forward();
  return RESET;
}

/** Whether it can be tried at the first request of this stage of the task. */
export function applies(disturbance: Disturbance, task: string, stage: Stage): boolean {
  if (!disturbance.stages.includes(stage)) return false;
  if (stage === "GET" && !isPolled(task)) return false;
  return disturbance.appliesTo?.(task) ?? true;
}

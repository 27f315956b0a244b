/** Waits until every node's sidecar is marked ready, and marks those that nobody else marks (7.4, task 2). */
import { SeiNodeConditions } from "#api";
import { findCondition } from "#kube";
import { type TaskOutcome, type TaskRun, uuidV5 } from "#plan";
import { SidecarError } from "#sidecar";
import { type Child, isTerminating, nameList } from "../children.ts";
import type { GroupRuntime } from "../deps.ts";
import { isRunning, isSettled } from "../images.ts";
import type { Pass } from "../pass.ts";
import { rolloutNames } from "../rollout.ts";
import { sidecarOf } from "./node-sidecar.ts";

const PER_NODE_IDS = "d4a7e1f3-8b29-4c6d-a5e0-2f1d3c4b5a6e";
const POLL_MS = 5_000;

export async function markNodesReady(runtime: GroupRuntime, pass: Pass, run: TaskRun): Promise<TaskOutcome> {
  const confirmed = await Promise.all(
    rolloutNames(pass).map(async (name) => {
      const child = pass.children.named(name);
      const ready = child !== undefined && (saysReady(child) || (await askOrMark(runtime, pass, child, run)));
      return { name, ready };
    }),
  );
  const waiting = confirmed.filter(({ ready }) => !ready).map(({ name }) => name);
  if (waiting.length === 0) return { state: "complete" };
  return {
    state: "running",
    pollAfterMs: POLL_MS,
    waitingFor: `the sidecars of ${nameList(waiting)} to be marked ready`,
  };
}

/** The node's own controller has asked: no need to ask again. */
function saysReady(child: Child): boolean {
  return (
    isSettled(child) &&
    isRunning(child) &&
    findCondition(child.status?.conditions, SeiNodeConditions.sidecarReady)?.status === "True"
  );
}

/**
 * While a node has a plan of its own, that plan marks it, when its config is in place: opening the gate before would start
 * seid without (design D5).
 */
async function askOrMark(runtime: GroupRuntime, pass: Pass, child: Child, run: TaskRun): Promise<boolean> {
  if (!isSettled(child) || !isRunning(child) || isTerminating(child)) return false;
  const sidecar = await sidecarOf(runtime, child, pass.signal);
  if (sidecar === undefined) return false;
  try {
    if (await sidecar.isReady(pass.signal)) return true;
    const id = uuidV5(PER_NODE_IDS, `${child.metadata.name}/mark-ready/${run.task.id}`);
    await sidecar.submit({ id, type: "mark-ready" }, pass.signal);
  } catch (error) {
    if (!(error instanceof SidecarError) || error.class === "fenced" || error.class === "aborted")
      throw error;
    pass.log.info(
      { error, node: child.metadata.name },
      "sidecar could not be marked ready, will be tried again",
    );
  }
  return false;
}

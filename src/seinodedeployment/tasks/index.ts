/** The tasks a group's plan may hold, each bound to the pass it runs in. */
import { TaskTypes } from "#api";
import type { Task, TaskOutcome, TaskRegistry, TaskRun } from "#plan";
import { nameList, ordinalInName } from "../children.ts";
import type { GroupRuntime } from "../deps.ts";
import { isSettled, runs } from "../images.ts";
import type { Pass } from "../pass.ts";
import { admitWave, moveAdmitted, rolloutNames, targetNames } from "../rollout.ts";
import { assembleGenesis } from "./assemble-genesis.ts";
import { collectAndSetPeers } from "./collect-and-set-peers.ts";
import { markNodesReady } from "./mark-nodes-ready.ts";

export function taskRegistry(runtime: GroupRuntime, pass: Pass): TaskRegistry {
  const tasks: Readonly<Record<string, Task>> = {
    [TaskTypes.updateNodeSpecs]: () => updateNodeSpecs(runtime, pass),
    [TaskTypes.awaitSpecUpdate]: () => awaitSpecUpdate(runtime, pass),
    [TaskTypes.markNodesReady]: (run) => markNodesReady(runtime, pass, run),
    [TaskTypes.assembleAndUploadGenesis]: (run) => assembleGenesis(runtime, pass, run),
    [TaskTypes.collectAndSetPeers]: (run) => collectAndSetPeers(runtime, pass, run),
    [TaskTypes.awaitNodesRunning]: async (run) => awaitNodesRunning(pass, run),
  };
  return (type) => tasks[type];
}

/** Pending until the last wave was moved. A wave is written before it is moved, so that its nodes are known after a crash. */
async function updateNodeSpecs(runtime: GroupRuntime, pass: Pass): Promise<TaskOutcome> {
  await moveAdmitted(runtime, pass);
  if (admitWave(pass)) return { state: "running", pollAfterMs: 1 };
  const target = pass.group.spec.template.spec;
  const known = new Map((pass.status.rollout?.nodes ?? []).map(({ name, wave }) => [name, wave]));
  const waiting = rolloutNames(pass).filter((name) => {
    const child = pass.children.named(name);
    return known.get(name) === undefined && !(child !== undefined && runs(child, target));
  });
  if (waiting.length === 0) return { state: "complete" };
  const moving = rolloutNames(pass).filter((name) => known.get(name) !== undefined && !isDone(pass, name));
  return { state: "running", waitingFor: `${nameList(moving)} to be Ready on the new images` };
}

/** What runs the target may still be moved off it, by hand or by a task: it is put back on it. */
async function awaitSpecUpdate(runtime: GroupRuntime, pass: Pass): Promise<TaskOutcome> {
  await moveAdmitted(runtime, pass);
  // In a plan of the Go operator, which knows no waves.
  if (admitWave(pass)) return { state: "running", pollAfterMs: 1 };
  const waiting = rolloutNames(pass).filter((name) => !isDone(pass, name));
  if (waiting.length === 0) return { state: "complete" };
  return { state: "running", waitingFor: `${nameList(waiting)} to run the new images` };
}

function isDone(pass: Pass, name: string): boolean {
  const child = pass.children.named(name);
  return child !== undefined && runs(child, pass.group.spec.template.spec) && isSettled(child);
}

function awaitNodesRunning(pass: Pass, run: TaskRun): TaskOutcome {
  const named = targetNames(run.plan);
  const phases = new Map(named.map((name) => [name, pass.children.named(name)?.status?.phase]));
  const failed = named.filter((name) => phases.get(name) === "Failed");
  if (failed.length > 0) return { state: "failed", error: `SeiNode ${nameList(failed)} is Failed` };
  const params = run.task.params as { expected?: unknown } | undefined;
  const expected = typeof params?.expected === "number" ? params.expected : named.length;
  // Nodes that were scaled away since do not come.
  const coming = named.filter(
    (name) => phases.has(name) && ordinalInName(pass.group, name) < pass.group.spec.replicas,
  );
  const running = named.filter((name) => phases.get(name) === "Running");
  if (running.length >= Math.min(expected, coming.length)) return { state: "complete" };
  const waiting = named.filter((name) => phases.get(name) !== "Running");
  return { state: "running", waitingFor: `${nameList(waiting)} to be Running` };
}

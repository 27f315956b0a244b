/** Has one node's sidecar make the genesis of all (spec/seinodedeployment.md 9.3, task 0). */
import { SeiNodeDeploymentConditions, TaskTypes } from "#api";
import { findCondition, isJsonObject } from "#kube";
import { nextPollDelayMs, type TaskOutcome, type TaskRun } from "#plan";
import { type Child, nameList } from "../children.ts";
import type { GroupRuntime } from "../deps.ts";
import type { Pass } from "../pass.ts";
import { targetNames } from "../rollout.ts";
import { sidecarOf } from "./node-sidecar.ts";

/**
 * Sent when every node has handed in its part, not before: a POST that is bound to fail costs an attempt and half a minute.
 * Where the genesis is kept, and its hash if the sidecar says, are recorded: with that record it is never assembled again.
 */
export async function assembleGenesis(runtime: GroupRuntime, pass: Pass, run: TaskRun): Promise<TaskOutcome> {
  const named = targetNames(run.plan);
  const failed = named.filter((name) => pass.children.named(name)?.status?.phase === "Failed");
  if (failed.length > 0) return { state: "terminal", error: `SeiNode ${nameList(failed)} is Failed` };
  if (run.task.submittedAt === undefined) {
    const missing = named.filter((name) => !hasHandedIn(pass.children.named(name)));
    if (missing.length > 0) {
      const waitingFor = `${nameList(missing)} to upload the genesis artifacts`;
      return { state: "running", waitingFor, pollAfterMs: paceMs(runtime, pass) };
    }
  }
  // By name as text, as the Go operator has it: a task of its plan is known to this sidecar and to no other.
  const assembler = [...pass.children.all].sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))[0];
  const sidecar = assembler && (await sidecarOf(runtime, assembler, pass.signal));
  if (assembler === undefined || sidecar === undefined) {
    const name = assembler?.metadata.name ?? "the first node";
    return {
      state: "running",
      waitingFor: `the sidecar of ${name} to run`,
      pollAfterMs: paceMs(runtime, pass),
    };
  }
  const outcome = await runtime.sidecarTasks(sidecar, TaskTypes.assembleAndUploadGenesis)(run);
  if (outcome.state === "complete") recordGenesis(runtime, pass, outcome.result);
  return outcome;
}

function hasHandedIn(child: Child | undefined): boolean {
  if (child?.status?.phase === "Running") return true;
  return (
    child?.status?.plan?.tasks.some(
      ({ type, status }) => type === TaskTypes.uploadGenesisArtifacts && status === "Complete",
    ) ?? false
  );
}

function recordGenesis(runtime: GroupRuntime, pass: Pass, result: unknown): void {
  const { status, group } = pass;
  const { name } = runtime.settings.genesisBucket;
  status.genesisS3URI = `s3://${name}/${group.spec.genesis?.chainId ?? ""}/genesis.json`;
  if (isJsonObject(result) && typeof result.genesisHash === "string") status.genesisHash = result.genesisHash;
}

/** Progress inside a node's plan wakes nobody: it is looked at again at the pace of a task of the plan's age. */
function paceMs(runtime: GroupRuntime, pass: Pass): number {
  const started = findCondition(pass.status.conditions, SeiNodeDeploymentConditions.planInProgress);
  const age = runtime.clock.now() - Date.parse(started?.lastTransitionTime ?? "");
  // At least 200 ms: the first looks of a task that may take hours are not worth 20 ms.
  return nextPollDelayMs(Number.isNaN(age) ? 1_000 : Math.max(1_000, age));
}

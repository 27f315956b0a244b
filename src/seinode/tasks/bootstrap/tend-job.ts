/**
 * Looks after the bootstrap pod while the sidecar tasks of the first half wait for it. A Job that failed can never run
 * them. One that is gone is made again: nothing is lost, the tasks that ended are remembered on the volume.
 */
import { TaskTypes } from "#api";
import { type DeepReadonly, type Job, jobs, keyOf, unlessNotFound } from "#kube";
import type { TaskOutcome, TaskRun } from "#plan";
import { observeBootstrap } from "../../bootstrap-pod.ts";
import type { Pass } from "../../pass.ts";
import { podProblem } from "../../pod-state.ts";
import { renderBootstrapJob } from "../../render/index.ts";
import { deployBootstrapJob } from "./deploy-job.ts";
import { endOf } from "./job-state.ts";
import { deleteJob } from "./remove-job.ts";
import type { BootstrapRuntime } from "./runtime.ts";

/** For a task whose pod runs no sidecar. `undefined`: it is on its way. */
export async function tendBootstrapJob(
  runtime: BootstrapRuntime,
  pass: Pass,
  { task, plan }: Pick<TaskRun, "task" | "plan">,
): Promise<TaskOutcome | undefined> {
  const { client } = runtime;
  const { pod, signal } = pass;
  // Made in this very pass, it was not there when the pass began.
  const job = pass.bootstrapJob ?? (await observeBootstrap(client, pass.node, signal)).job;
  if (job === undefined) {
    const made = await deployBootstrapJob(runtime, pass, plan.id);
    return made.state === "complete" ? undefined : made;
  }
  if (endOf(job) !== undefined) {
    const live = await unlessNotFound(client.live.get(jobs, keyOf(job), signal));
    const end = live?.metadata.uid === job.metadata.uid ? endOf(live) : undefined;
    if (end?.state === "failed") return { state: "terminal", error: end.message };
    // seid only ever gets to its height behind the gate that mark-ready opens: it was faster than our look at the task.
    if (end?.state === "succeeded" && task.type === TaskTypes.markReady) return { state: "complete" };
    if (end?.state === "succeeded") {
      return {
        state: "terminal",
        error: `bootstrap Job ${job.metadata.name} ended before the sidecar's tasks were done`,
      };
    }
  }
  // D24: what keeps the pod from starting may have been corrected since.
  if (pod !== undefined && podProblem(pod) !== undefined && isOutdated(runtime, pass, job)) {
    await deleteJob(client, job, signal);
    return { state: "running", waitingFor: `the outdated bootstrap Job ${job.metadata.name} to be gone` };
  }
  return undefined;
}

/** In its images only: they are what keeps a pod from starting, and what the API server never rewrites in a Job. */
function isOutdated(runtime: BootstrapRuntime, pass: Pass, job: DeepReadonly<Job>): boolean {
  const wanted = imagesOf(renderBootstrapJob(pass.node, runtime.settings));
  const made = imagesOf(job);
  return Object.entries(wanted).some(([name, image]) => made[name] !== undefined && made[name] !== image);
}

function imagesOf(job: Pick<DeepReadonly<Job>, "spec">): Readonly<Record<string, string>> {
  const spec = job.spec?.template.spec;
  const containers = [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])];
  return Object.fromEntries(containers.map(({ name, image = "" }) => [name, image]));
}

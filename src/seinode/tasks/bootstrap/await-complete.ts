/** `await-bootstrap-complete`: the Job has reached its height, or has failed. */
import { isControlledBy } from "#kube";
import type { TaskOutcome } from "#plan";
import { readBootstrapJob } from "../../bootstrap-pod.ts";
import type { Pass } from "../../pass.ts";
import { podProblem } from "../../pod-state.ts";
import { bootstrapJobName, snapshotOf } from "../../render/index.ts";
import { endOf } from "./job-state.ts";
import { keepMarkedReady } from "./keep-marked-ready.ts";
import type { BootstrapSidecarRuntime } from "./runtime.ts";

/**
 * The watch says when to look; an end is believed only when it is read live, because a cache that is behind may show the
 * Job of an earlier plan, or none. A Job that is gone has failed: how it ended cannot be known any more (quirk Q-22).
 */
export async function awaitBootstrapComplete(
  runtime: BootstrapSidecarRuntime,
  pass: Pass,
  planId: string | undefined,
): Promise<TaskOutcome> {
  const { client } = runtime;
  const { node, signal, pod } = pass;
  const cached = await readBootstrapJob(client, node, signal);
  if (cached !== undefined && isControlledBy(cached, node.metadata.uid) && endOf(cached) === undefined) {
    await keepMarkedReady(runtime, pass, planId);
    const problem = pod && podProblem(pod);
    return { state: "running", waitingFor: problem?.message ?? goal(pass) };
  }
  const live = await readBootstrapJob(client.live, node, signal);
  const name = bootstrapJobName(node.metadata.name);
  if (live === undefined) {
    return { state: "failed", error: `bootstrap Job ${name} is gone, so its end is not known` };
  }
  if (!isControlledBy(live, node.metadata.uid)) {
    return { state: "failed", error: `bootstrap Job ${name} was replaced by one that is not this SeiNode's` };
  }
  const end = endOf(live);
  if (end === undefined) return { state: "running", waitingFor: goal(pass) };
  return end.state === "succeeded" ? { state: "complete" } : { state: "failed", error: end.message };
}

function goal(pass: Pass): string {
  const height = snapshotOf(pass.node)?.s3?.targetHeight;
  return height === undefined ? "the bootstrap Job to end" : `the bootstrap Job to reach height ${height}`;
}

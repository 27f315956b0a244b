/** Removes the node's bootstrap Job, and knows when its pod is gone too (design D16, quirk Q-13). */
import type { SeiNode } from "#api";
import { type Client, type DeepReadonly, isControlledBy, isNotFound, type Job, jobs, keyOf } from "#kube";
import { listBootstrapPods, readBootstrapJob } from "../../bootstrap-pod.ts";

/** `undefined` once neither Job nor pod is there, by a live read; otherwise what is waited for. */
export async function removeBootstrapJob(
  client: Client,
  node: DeepReadonly<SeiNode>,
  signal: AbortSignal,
): Promise<string | undefined> {
  // Live: a cache that is behind shows a Job that is gone, or none where a pod still writes to the volume.
  const job = await readBootstrapJob(client.live, node, signal);
  if (job !== undefined && isControlledBy(job, node.metadata.uid)) {
    await deleteJob(client, job, signal);
    return `bootstrap Job ${job.metadata.name} and its pod to be gone`;
  }
  const [pod] = await listBootstrapPods(client.live, node, signal);
  if (pod === undefined) return undefined;
  return `pod ${pod.metadata.name} of the bootstrap to be gone`;
}

/** In the foreground: the Job stays until its pod has ended, with the grace period seid needs. */
export async function deleteJob(client: Client, job: DeepReadonly<Job>, signal: AbortSignal): Promise<void> {
  if (job.metadata.deletionTimestamp !== undefined) return;
  const { uid } = job.metadata;
  try {
    await client.delete(
      jobs,
      keyOf(job),
      { preconditions: { uid }, propagationPolicy: "Foreground" },
      signal,
    );
  } catch (error) {
    // Gone, or its finalizer is being handled at this moment: the next look decides.
    if (!isNotFound(error)) throw error;
  }
}

/** Finds the bootstrap Job and its pod, as the cache shows them (design D16). */
import { Components, Labels, type SeiNode } from "#api";
import {
  type Client,
  controllerOf,
  type DeepReadonly,
  isControlledBy,
  type Job,
  jobs,
  type Pod,
  pods,
  type Reader,
  unlessNotFound,
} from "#kube";
import { isTerminating } from "./pod-state.ts";
import { bootstrapJobName } from "./render/index.ts";

/** By name, whoever owns it. */
export function readBootstrapJob(
  reader: Reader,
  node: DeepReadonly<SeiNode>,
  signal: AbortSignal,
): Promise<DeepReadonly<Job> | undefined> {
  const { name, namespace = "" } = node.metadata;
  return unlessNotFound(reader.get(jobs, { namespace, name: bootstrapJobName(name) }, signal));
}

/** Pods of bootstrap Jobs of this node, of whichever Job of that name, terminating and finished ones included. */
export async function listBootstrapPods(
  reader: Reader,
  node: DeepReadonly<SeiNode>,
  signal: AbortSignal,
): Promise<readonly DeepReadonly<Pod>[]> {
  const { name, namespace = "" } = node.metadata;
  // By node alone, as every list of ours (D20).
  const labelled = await reader.list(pods, { namespace, labels: { [Labels.node]: name } }, signal);
  return labelled.filter((pod) => {
    if (pod.metadata.labels?.[Labels.component] !== Components.bootstrap) return false;
    const controller = controllerOf(pod);
    const ofTheJob = controller?.kind === jobs.kind && controller.name === bootstrapJobName(name);
    // Cut loose from its Job it still has the volume, until it ends.
    return ofTheJob || (controller === undefined && !isFinished(pod));
  });
}

export interface BootstrapSeen {
  readonly job?: DeepReadonly<Job>;
  readonly pod?: DeepReadonly<Pod>;
}

/** Our Job, and its pod that is not terminating. */
export async function observeBootstrap(
  client: Client,
  node: DeepReadonly<SeiNode>,
  signal: AbortSignal,
): Promise<BootstrapSeen> {
  const job = await readBootstrapJob(client, node, signal);
  if (job === undefined || !isControlledBy(job, node.metadata.uid)) return {};
  const owned = (await listBootstrapPods(client, node, signal)).filter(
    (pod) => isControlledBy(pod, job.metadata.uid) && !isTerminating(pod),
  );
  const pod = owned.find((candidate) => !isFinished(candidate)) ?? owned[0];
  return { job, ...(pod !== undefined && { pod }) };
}

function isFinished(pod: DeepReadonly<Pod>): boolean {
  return pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed";
}

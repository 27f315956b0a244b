/** `teardown-bootstrap`: frees volume and DNS name for the node's own pod. */
import { Components, Labels, type SeiNode, type TaskPlan, TaskTypes } from "#api";
import {
  type Client,
  type DeepReadonly,
  isControlledBy,
  isNotFound,
  keyOf,
  type Service,
  services,
  unlessNotFound,
} from "#kube";
import type { TaskOutcome } from "#plan";
import type { Pass } from "../../pass.ts";
import { removeBootstrapJob } from "./remove-job.ts";
import type { BootstrapRuntime } from "./runtime.ts";

/** Complete when Job, pod and bootstrap Service are gone, by live reads. Only what this node controls is deleted. */
export async function teardownBootstrap(runtime: BootstrapRuntime, pass: Pass): Promise<TaskOutcome> {
  const { client } = runtime;
  const { node, signal } = pass;
  // The Job is the only evidence of its end. Deleted before that is on record, a crash would leave a plan that makes it again.
  if (!isEndRecorded(node.status?.plan)) {
    return { state: "running", waitingFor: "the end of the bootstrap Job to be recorded", pollAfterMs: 1 };
  }
  const job = await removeBootstrapJob(client, node, signal);
  const service = await removeService(client, node, signal);
  const waitingFor = job ?? service;
  return waitingFor === undefined ? { state: "complete" } : { state: "running", waitingFor };
}

/** In the plan as it was read, not as this pass has advanced it. A plan that only tears down awaits nothing. */
function isEndRecorded(plan: DeepReadonly<TaskPlan> | undefined): boolean {
  const awaited = plan?.tasks.find(({ type }) => type === TaskTypes.awaitBootstrapComplete);
  return awaited === undefined || awaited.status === "Complete";
}

async function removeService(
  client: Client,
  node: DeepReadonly<SeiNode>,
  signal: AbortSignal,
): Promise<string | undefined> {
  const service = await unlessNotFound(client.live.get(services, keyOf(node), signal));
  if (service === undefined || !isBootstrapService(service, node)) return undefined;
  if (service.metadata.deletionTimestamp === undefined) {
    const { uid } = service.metadata;
    try {
      await client.delete(services, keyOf(service), { preconditions: { uid } }, signal);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
    // Nothing holds a Service back by rule, but a finalizer may.
    const left = await unlessNotFound(client.live.get(services, keyOf(node), signal));
    if (left?.metadata.uid !== uid) return undefined;
  }
  return `the bootstrap Service ${service.metadata.name} to be gone`;
}

/** The node's own Service has the same name and stays. */
function isBootstrapService(service: DeepReadonly<Service>, node: DeepReadonly<SeiNode>): boolean {
  return (
    isControlledBy(service, node.metadata.uid) &&
    service.metadata.labels?.[Labels.component] === Components.bootstrap
  );
}

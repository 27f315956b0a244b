/** What a planner puts into a plan, before ids are given. */
import { type SeiNode, TaskTypes } from "#api";
import type { DeepReadonly } from "#kube";
import type { TaskSpec } from "#plan";
import { maxRetriesOf } from "#sidecar";

const REPLACE_POD_RETRIES = 3;

/** Params are informational: the task works on the live node (spec/seinode.md 4.6). */
export function controllerTask(type: string, node: DeepReadonly<SeiNode>, more: object = {}): TaskSpec {
  const { name, namespace = "" } = node.metadata;
  return {
    type,
    params: { nodeName: name, namespace, ...more },
    ...(type === TaskTypes.replacePod && { maxRetries: REPLACE_POD_RETRIES }),
  };
}

/** Params are frozen here, under the sidecar's wire keys. */
export function sidecarTask(type: string, params: object = {}): TaskSpec {
  return { type, params, maxRetries: maxRetriesOf(type) };
}

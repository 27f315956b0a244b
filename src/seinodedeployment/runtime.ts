/** The memories of one controller instance: made here, and dropped here when their group is gone. A new one belongs in both. */
import {
  FieldOwners,
  Finalizers,
  formerUpdateManagers,
  type SeiNodeDeployment,
  seiNodeDeployments,
  seiNodes,
} from "#api";
import { Applier, FreshList, FreshReader, formatKey, type ObjectKey, StatusWriter } from "#kube";
import { PlanRetries } from "#plan";
import type { GroupDeps, GroupRuntime } from "./deps.ts";
import { createNetworkingRuntime } from "./networking/index.ts";

export function createRuntime(deps: GroupDeps): GroupRuntime {
  return {
    ...deps,
    reader: new FreshReader(deps.client, seiNodeDeployments, Finalizers.seiNodeDeployment),
    nodes: new FreshList(deps.client, seiNodes),
    appliers: new Map(),
    conflictsTold: new Map(),
    statusWriter: new StatusWriter<SeiNodeDeployment>(deps.client, seiNodeDeployments),
    retries: new PlanRetries(deps.clock),
    networking: createNetworkingRuntime(deps),
  };
}

/** One per group, so that what it remembers of the nodes goes with the group. */
export function applierOf(runtime: GroupRuntime, key: string): Applier {
  let applier = runtime.appliers.get(key);
  if (applier === undefined) {
    applier = new Applier(runtime.client, FieldOwners.seiNodeDeployment, formerUpdateManagers);
    runtime.appliers.set(key, applier);
  }
  return applier;
}

/** Nothing in memory, and no series, outlives its object. */
export function forgetGroup(runtime: GroupRuntime, key: ObjectKey): void {
  const text = formatKey(key);
  runtime.reader.forget(text);
  runtime.nodes.forget(text);
  runtime.appliers.delete(text);
  runtime.conflictsTold.delete(text);
  runtime.statusWriter.forget(text);
  runtime.retries.forget(text);
  runtime.networking.forget(key);
  runtime.metrics.forget(key.namespace ?? "", key.name);
}

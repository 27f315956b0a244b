/** The memories of one controller instance: made here, and dropped here when their node is gone. A new one belongs in both. */
import { Finalizers, formerUpdateManagers, type SeiNode, seiNodes } from "#api";
import {
  Applier,
  configMaps,
  FreshReader,
  formatKey,
  type ObjectKey,
  parseKey,
  StatusWriter,
  services,
  statefulSets,
} from "#kube";
import { PlanRetries } from "#plan";
import { AnnotationRequests } from "./annotation-requests.ts";
import { CrashLoops } from "./crash-loops.ts";
import type { SeiNodeDeps, SeiNodeRuntime } from "./deps.ts";
import { NodeIds } from "./node-ids.ts";
import { SidecarProbes } from "./probe.ts";
import { Reapprovals } from "./reapprovals.ts";
import { rbacProxyConfigName } from "./render/index.ts";
import { probeLabel } from "./sidecar-condition.ts";
import { StallTimers } from "./stall-timers.ts";
import { FIELD_MANAGER } from "./statefulset.ts";

export function createRuntime(deps: SeiNodeDeps): SeiNodeRuntime {
  return {
    ...deps,
    applier: new Applier(deps.client, FIELD_MANAGER, formerUpdateManagers),
    statusWriter: new StatusWriter<SeiNode>(deps.client, seiNodes),
    reader: new FreshReader(deps.client, seiNodes, Finalizers.seiNode),
    nodeIds: new NodeIds(deps.sidecars, deps.clock),
    probes: new SidecarProbes(deps.clock, (key, state) =>
      deps.metrics.sidecarProbe(parseKey(key).namespace ?? "", probeLabel(state)),
    ),
    retries: new PlanRetries(deps.clock),
    reapprovals: new Reapprovals(deps.clock),
    crashLoops: new CrashLoops(deps.clock),
    retryRequests: AnnotationRequests.retry(),
    applyRequests: AnnotationRequests.applyConfig(),
    stalls: new StallTimers(deps.clock),
  };
}

/** Nothing in memory, and no series, outlives its object. */
export function forgetNode(runtime: SeiNodeRuntime, key: ObjectKey): void {
  const text = formatKey(key);
  const { namespace = "", name } = key;
  runtime.statusWriter.forget(text);
  runtime.reader.forget(text);
  runtime.nodeIds.forget(text);
  runtime.probes.forget(text);
  runtime.retries.forget(text);
  runtime.reapprovals.forget(text);
  runtime.crashLoops.forget(text);
  runtime.retryRequests.forget(text);
  runtime.applyRequests.forget(text);
  runtime.stalls.forget(text);
  runtime.applier.forget(statefulSets, { namespace, name });
  runtime.applier.forget(services, { namespace, name });
  runtime.applier.forget(configMaps, { namespace, name: rbacProxyConfigName(name) });
  runtime.metrics.forget(namespace, name);
}

/** From a SeiNodeDeployment and a SeiNodeTask in the cluster to what is shown of them. Pure. */
import {
  type SeiNodeDeployment,
  SeiNodeDeploymentConditions,
  type SeiNodeTask,
  SeiNodeTaskConditions,
} from "#api";
import { type DeepReadonly, findCondition } from "#kube";
import type { GroupView, Mark, NodeView, TaskView } from "./screen.ts";
import { planInWords, shortImage } from "./words.ts";

export function viewGroup(
  { metadata, spec, status }: DeepReadonly<SeiNodeDeployment>,
  nodes: readonly NodeView[],
): GroupView {
  const ready = findCondition(status?.conditions, SeiNodeDeploymentConditions.ready);
  const stalled = findCondition(status?.conditions, SeiNodeDeploymentConditions.stalled);
  const isStalled = stalled?.status === "True";
  const unready = ready === undefined || ready.status === "True" ? "" : ready.reason;
  const mark = isStalled || status?.phase === "Failed" ? "bad" : ready?.status === "True" ? "ok" : "busy";
  const image = shortImage(spec?.template.spec.image ?? "");
  return {
    name: metadata.name,
    mark,
    phase: metadata.deletionTimestamp === undefined ? (status?.phase ?? "New") : "Terminating",
    task: planInWords(status?.plan),
    image: status?.rollout === undefined ? image : `→ ${image}`,
    ready: ready?.status ?? "",
    count: `${nodes.filter(({ ready }) => ready === "True").length} of ${spec?.replicas ?? 0} Ready`,
    health: isStalled ? `Stalled: ${stalled.reason}` : unready,
    nodes,
  };
}

export function viewTask({ metadata, spec, status }: DeepReadonly<SeiNodeTask>): TaskView {
  const ready = findCondition(status?.conditions, SeiNodeTaskConditions.ready);
  const reconciling = findCondition(status?.conditions, SeiNodeTaskConditions.reconciling);
  const failed = findCondition(status?.conditions, SeiNodeTaskConditions.failed);
  return {
    name: metadata.name,
    mark: TASK_MARKS[status?.phase ?? ""] ?? "busy",
    kind: spec?.kind ?? "",
    phase: status?.phase ?? "New",
    ready: ready?.status ?? "",
    reason: (failed?.status === "True" ? failed : reconciling)?.reason ?? "",
  };
}

const TASK_MARKS: Readonly<Record<string, Mark>> = { Complete: "ok", Failed: "bad" };

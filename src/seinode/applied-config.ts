/**
 * What was written to the configuration on the data volume (design D23): key by key, as hashes, taken from the params that
 * the sidecar got and not from spec, which may have been edited since. Pure.
 */
import { type SeiNodeStatus, type TaskPlan, TaskTypes } from "#api";
import { type DeepReadonly, isJsonObject, type JsonObject } from "#kube";
import { EXTERNAL_ADDRESS } from "./config-intent.ts";
import { shortHash } from "./short-hash.ts";

type Plan = DeepReadonly<TaskPlan>;
type AppliedConfig = NonNullable<NonNullable<SeiNodeStatus["applied"]>["config"]>;

/**
 * Takes into `status` what the tasks that became Complete between `before` and `after` have done. To be flushed together
 * with `after`: a crash in between then finds the task Pending and asks the sidecar again. `seidRun`: the run of seid now
 * under way.
 */
export function recordConfigWrites(
  status: SeiNodeStatus,
  before: Plan,
  after: Plan,
  seidRun: string | undefined,
): void {
  after.tasks.forEach((task, index) => {
    if (task.status !== "Complete" || before.tasks[index]?.status === "Complete") return;
    const known = status.applied?.config;
    const config = afterTask(known, task, seidMayRun(after, index) ? seidRun : undefined);
    if (config !== undefined && config !== known) status.applied = { ...status.applied, config };
  });
}

function afterTask(
  known: AppliedConfig | undefined,
  task: Plan["tasks"][number],
  seidRun: string | undefined,
): AppliedConfig | undefined {
  switch (task.type) {
    case TaskTypes.configApply: {
      const { overrides, incremental } = fieldsOf(task.params);
      // Written whole, the configuration has the address only if the overrides do.
      const kept = incremental === true ? known?.keys : { [EXTERNAL_ADDRESS]: shortHash("") };
      return written(known, { ...kept, ...hashes(fieldsOf(overrides)) }, seidRun);
    }
    case TaskTypes.configPatch: {
      // One key more says nothing about the others: without a record of them there stays none.
      if (known === undefined) return undefined;
      const { p2p } = fieldsOf(fieldsOf(fieldsOf(task.params).files)["config.toml"]);
      const address = fieldsOf(p2p)["external-address"];
      return written(known, { ...known.keys, ...hashes({ [EXTERNAL_ADDRESS]: address }) }, seidRun);
    }
    case TaskTypes.restartSeid:
      return known && { keys: known.keys };
    default:
      return known;
  }
}

function written(
  known: AppliedConfig | undefined,
  keys: Record<string, string>,
  seidRun: string | undefined,
): AppliedConfig {
  // Rewritten as it was, it is nothing new to seid; without a record it has to be taken for new.
  const changed = known === undefined || Object.keys(keys).some((key) => known.keys[key] !== keys[key]);
  const seid = changed ? seidRun : known.seid;
  return seid === undefined ? { keys } : { keys, seid };
}

/** Whether seid may have read its configuration before the task at `index`: not while its gate was closed. */
function seidMayRun(plan: Plan, index: number): boolean {
  if (plan.failedPhase !== undefined) return false;
  return !plan.tasks.slice(0, index).some((task) => task.type === TaskTypes.replacePod);
}

/** Read as they are: what the sidecar has accepted is not to be judged again. */
function fieldsOf(value: unknown): JsonObject {
  return isJsonObject(value) ? value : {};
}

function hashes(values: JsonObject): Record<string, string> {
  const known = Object.entries(values).filter(([, value]) => typeof value === "string");
  return Object.fromEntries(known.map(([key, value]) => [key, shortHash(value)]));
}

/**
 * Params of config-apply in an init plan that is made again on the same volume (design D10). configure-state-sync works once per
 * volume: later runs see its marker and do nothing, while a whole config-apply discards what it wrote. seid would then start
 * from genesis beside its restored snapshot. So once state sync is configured, the configuration is edited. Pure.
 */
import { type SeiNode, type TaskPlan, TaskTypes } from "#api";
import { type DeepReadonly, isJsonObject } from "#kube";
import {
  type ConfigApplyParams,
  type ConfigUpdateParams,
  configApplyParams,
  configUpdateParams,
  EXTERNAL_ADDRESS,
} from "./config-intent.ts";
import { InvalidSpec } from "./errors.ts";

/**
 * `ended`: the plan before, if any. Throws InvalidSpec when a value was taken out of the spec since: an edit cannot take it out
 * of the configuration, and what the default was is known to the sidecar alone.
 */
export function keptConfigApplyParams(
  node: DeepReadonly<SeiNode>,
  ended: DeepReadonly<TaskPlan> | undefined,
): ConfigApplyParams | ConfigUpdateParams {
  if (!isStateSyncConfigured(ended)) return configApplyParams(node).params;
  const applied = overridesIn(appliedBy(ended));
  // An address that was taken away can be taken back: it is written empty.
  const params: ConfigUpdateParams =
    EXTERNAL_ADDRESS in applied
      ? configUpdateParams(node)
      : { ...configApplyParams(node).params, incremental: true };
  const removed = Object.keys(applied).filter((key) => !(key in params.overrides));
  if (removed.length > 0) {
    throw new InvalidSpec(
      `state sync is configured on the volume already, so the configuration is edited and not made anew, and ${removed.sort().join(", ")} ` +
        "cannot be taken out of it: set it in spec.overrides to the value it shall have, or delete this SeiNode and create it again",
    );
  }
  return params;
}

/** An edit was only planned because it was so before: then it still is, however far that plan got. */
function isStateSyncConfigured(plan: DeepReadonly<TaskPlan> | undefined): boolean {
  const task = plan?.tasks.find(({ type }) => type === TaskTypes.configureStateSync);
  return (
    task?.status === "Complete" || (task !== undefined && field(appliedBy(plan), "incremental") === true)
  );
}

function appliedBy(plan: DeepReadonly<TaskPlan> | undefined): unknown {
  return plan?.tasks.find(({ type }) => type === TaskTypes.configApply)?.params;
}

function overridesIn(params: unknown): Readonly<Record<string, unknown>> {
  const overrides = field(params, "overrides");
  return isJsonObject(overrides) ? overrides : {};
}

/** In any letter case: the reference operator writes `Overrides`. */
function field(params: unknown, lowerCaseKey: string): unknown {
  if (!isJsonObject(params)) return undefined;
  return Object.entries(params).find(([key]) => key.toLowerCase() === lowerCaseKey)?.[1];
}

/**
 * Brings one SeiNodeDeployment to what its spec says: observe, decide, act, flush (spec/seinodedeployment.md 3, design 4.4).
 * The order of the steps is load-bearing; each says why it stands where it does.
 */
import { Finalizers, type SeiNodeDeployment, SeiNodeDeploymentHealth, seiNodeDeployments } from "#api";
import {
  addFinalizer,
  formatKey,
  hasFinalizer,
  isConflict,
  type ObjectKey,
  type Reconcile,
  type ReconcileContext,
  type ReconcileResult,
} from "#kube";
import { Children } from "./children.ts";
import { seedConditions } from "./conditions.ts";
import { deleteGroup } from "./deletion.ts";
import type { GroupDeps, GroupRuntime } from "./deps.ts";
import { detect } from "./detection.ts";
import { describeFailure } from "./failures.ts";
import { finishPass } from "./finish.ts";
import { isRolledOut, isSettled } from "./images.ts";
import { keepChildren, observeChildren, restoreMissing, syncPaused } from "./keep-children.ts";
import { type NetworkingResult, reconcileNetworking } from "./networking/index.ts";
import { type Group, openPass, type Pass, setPassCondition } from "./pass.ts";
import { drivePlan, dropPlan, rightPlanCondition, startCeremonyPlan, startRolloutPlan } from "./planning.ts";
import {
  clearRefusal,
  endRollout,
  openRollout,
  refreshRolloutNodes,
  refuseRollout,
  targetNames,
} from "./rollout.ts";
import { createRuntime, forgetGroup } from "./runtime.ts";

export function createGroupReconciler(deps: GroupDeps): Reconcile {
  const runtime = createRuntime(deps);
  return async (key, context) => {
    try {
      return await reconcile(runtime, key, context);
    } catch (error) {
      if (!isConflict(error) && !context.signal.aborted) deps.metrics.reconcileError(key.namespace ?? "");
      throw error;
    }
  };
}

async function reconcile(
  runtime: GroupRuntime,
  key: ObjectKey,
  context: ReconcileContext,
): Promise<ReconcileResult> {
  const { signal } = context;
  const given = await runtime.reader.read(key, signal);
  if (given === undefined) {
    forgetGroup(runtime, key);
    return {};
  }
  if (given.metadata.deletionTimestamp !== undefined) return deleteGroup(runtime, given, context);
  const text = formatKey(key);
  if (given.spec === undefined) {
    const message = "spec is missing: a SeiNodeDeployment needs at least a template and an updateStrategy";
    const failure = { reason: SeiNodeDeploymentHealth.invalidSpec, message };
    const pass = openPass(runtime, text, given, new Children([]), context);
    return finishPass(runtime, pass, {}, undefined, failure);
  }

  // Before the pass opens, because it changes the resourceVersion that the status flush carries.
  const group = hasFinalizer(given, Finalizers.seiNodeDeployment)
    ? given
    : await holdGroup(runtime, given, signal);
  const pass = openPass(runtime, text, group, await observeChildren(runtime, group, signal), context);
  let result: ReconcileResult = {};
  let error: unknown;
  try {
    result = await advance(runtime, pass);
  } catch (cause) {
    error = cause;
  }
  return finishPass(runtime, pass, result, error, error === undefined ? undefined : describeFailure(error));
}

async function holdGroup(
  { client, reader }: GroupRuntime,
  group: Group,
  signal: AbortSignal,
): Promise<Group> {
  const { seiNodeDeployment } = Finalizers;
  const held = await addFinalizer<SeiNodeDeployment>(
    client,
    seiNodeDeployments,
    group,
    seiNodeDeployment,
    signal,
  );
  reader.confirm(held);
  return held;
}

async function advance(runtime: GroupRuntime, pass: Pass): Promise<ReconcileResult> {
  seedConditions(runtime, pass);
  // Under a plan too: a plan that waits for paused nodes would wait for ever.
  await syncPaused(runtime, pass);
  // Before the nodes: a surplus load balancer goes before its node. Neither pause nor a plan holds it up.
  const networking = await keepNetworking(runtime, pass);
  const result = await advanceNodes(runtime, pass);
  // Only now: no node waits for its networking.
  if (networking.error !== undefined) throw networking.error;
  const due = [result.requeueAfterMs, networking.requeueAfterMs].filter((delay) => delay !== undefined);
  return due.length === 0 ? {} : { requeueAfterMs: Math.min(...due) };
}

function keepNetworking(runtime: GroupRuntime, pass: Pass): Promise<NetworkingResult> {
  const { group, status, signal, afterFlush } = pass;
  return reconcileNetworking(runtime.networking, group, status, {
    signal,
    afterFlush,
    setCondition: (update) => setPassCondition(pass, update),
  });
}

async function advanceNodes(runtime: GroupRuntime, pass: Pass): Promise<ReconcileResult> {
  const { group, status } = pass;
  if (group.spec.paused === true) return {};

  rightPlanCondition(runtime, pass);
  if (status.rollout?.nodes === undefined) refreshRolloutNodes(pass);
  // Before the nodes are touched: what would be rolled out must not reach them as drift.
  const started = startRollout(runtime, pass);
  if (started !== undefined) return started;

  if (status.plan !== undefined) {
    await restoreMissing(runtime, pass, targetNames(status.plan));
    return drivePlan(runtime, pass);
  }
  if (status.rollout !== undefined && !settleWithoutPlan(runtime, pass))
    return startRolloutPlan(runtime, pass);
  await keepChildren(runtime, pass);
  return startCeremonyPlan(runtime, pass) ?? {};
}

/** Opens or supersedes a rollout if the template calls for it, and builds its plan in the same pass. */
function startRollout(runtime: GroupRuntime, pass: Pass): ReconcileResult | undefined {
  const detection = detect(pass.group, pass.status, pass.children.all);
  switch (detection.action) {
    case "none":
      clearRefusal(pass);
      return undefined;
    case "refuse":
      if (detection.drops) dropPlan(runtime, pass);
      rightPlanCondition(runtime, pass);
      refuseRollout(runtime, pass, detection);
      return undefined;
    case "open":
    case "supersede":
      openRollout(runtime, pass, detection);
      return startRolloutPlan(runtime, pass);
  }
}

/** A rollout that lost its plan: its nodes may have got there all the same (7.4, safety net). */
function settleWithoutPlan(runtime: GroupRuntime, pass: Pass): boolean {
  const target = pass.group.spec.template.spec;
  if (!pass.children.all.every((child) => isRolledOut(child, target) && isSettled(child))) return false;
  endRollout(runtime, pass, "complete", "");
  return true;
}

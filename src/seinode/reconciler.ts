/**
 * Brings one SeiNode to what its spec says: observe, decide, act, flush (spec/seinode.md 3, design section 2). The order
 * of the steps is load-bearing; each says why it stands where it does.
 */
import {
  ControllerNames,
  Finalizers,
  type SeiNode,
  SeiNodeConditions,
  SeiNodeHealth,
  SeiNodeReasons,
  seiNodes,
} from "#api";
import {
  addFinalizer,
  type DeepReadonly,
  findCondition,
  formatKey,
  hasFinalizer,
  isConflict,
  keyOf,
  type ObjectKey,
  type Reconcile,
  type ReconcileContext,
  type ReconcileResult,
  statefulSets,
  unlessNotFound,
} from "#kube";
import { isBootstrapping, isHeldForBootstrap } from "./bootstrap-plan.ts";
import { deleteNode } from "./deletion.ts";
import type { SeiNodeDeps, SeiNodeRuntime } from "./deps.ts";
import { executePlan } from "./execution.ts";
import { describeFailure } from "./failures.ts";
import { finishPass } from "./finish.ts";
import { guardIdentity } from "./identity-guard.ts";
import { type Images, podImages } from "./images.ts";
import { confirmPod, observePod, openPass, type Pass, setPassCondition } from "./pass.ts";
import { resolvePeers } from "./peer-resolution.ts";
import { requireValid } from "./planner.ts";
import { planNext } from "./planning.ts";
import { hasStarted, podProblem, revisionOf, SEID_CONTAINER, SIDECAR_CONTAINER } from "./pod-state.ts";
import { sidecarImage } from "./render/index.ts";
import { createRuntime, forgetNode } from "./runtime.ts";
import { probeSidecar } from "./sidecar-condition.ts";
import { readStatefulSet, syncStatefulSet } from "./statefulset.ts";
import { applyProxyConfig, applyService } from "./tasks/apply-owned.ts";
import { ForeignObject } from "./tasks/foreign-object.ts";
import { replaceOutdatedPods } from "./tasks/replace-pod.ts";

export function createSeiNodeReconciler(deps: SeiNodeDeps): Reconcile {
  const runtime = createRuntime(deps);
  return async (key, context) => {
    try {
      return await reconcile(runtime, key, context);
    } catch (error) {
      if (!isConflict(error) && !context.signal.aborted) {
        deps.metrics.reconcileError(ControllerNames.seiNode, key.namespace ?? "");
      }
      throw error;
    }
  };
}

async function reconcile(
  runtime: SeiNodeRuntime,
  key: ObjectKey,
  context: ReconcileContext,
): Promise<ReconcileResult> {
  const { metrics } = runtime;
  const given = await runtime.reader.read(key, context.signal);
  if (given === undefined) {
    forgetNode(runtime, key);
    return {};
  }
  if (given.metadata.deletionTimestamp !== undefined) return deleteNode(runtime, given, context);
  if (given.status?.phase !== undefined) metrics.phase(key.namespace ?? "", key.name, given.status.phase);

  if (given.spec === undefined)
    return tellMissingSpec(runtime, openPass(runtime, formatKey(key), given, context));

  // Before the pass opens, because it changes the resourceVersion that the status flush carries.
  const node = hasFinalizer(given, Finalizers.seiNode) ? given : await holdNode(runtime, given, context);
  const pass = openPass(runtime, formatKey(key), node, context);
  let result: ReconcileResult = {};
  let error: unknown;
  try {
    result = await advance(runtime, pass);
  } catch (cause) {
    error = cause;
  }
  return finishPass(runtime, pass, result, error, error === undefined ? undefined : describeFailure(error));
}

async function holdNode(
  { client, reader }: SeiNodeRuntime,
  node: DeepReadonly<SeiNode>,
  { signal }: ReconcileContext,
): Promise<DeepReadonly<SeiNode>> {
  const held = await addFinalizer<SeiNode>(client, seiNodes, node, Finalizers.seiNode, signal);
  reader.confirm(held);
  return held;
}

/** The CRD does not demand a spec. Nothing is done for such an object until it gets one. */
function tellMissingSpec(runtime: SeiNodeRuntime, pass: Pass): Promise<ReconcileResult> {
  const message = "spec is missing: a SeiNode needs at least chainId, image and a mode";
  return finishPass(runtime, pass, {}, undefined, { reason: SeiNodeHealth.invalidSpec, message });
}

async function advance(runtime: SeiNodeRuntime, pass: Pass): Promise<ReconcileResult> {
  const { node, status } = pass;
  setPaused(pass);
  seedUpdateCondition(pass);
  // Terminal until a person asks for another try (D10). Pausing a Failed node changes nothing either.
  if (status.phase === "Failed" && runtime.retryRequests.pending(pass.key, node, status) === undefined)
    return {};

  // Not a pod is made for a node that could not be brought up. One that exists already is kept in shape.
  if (status.phase === undefined && status.statefulSet === undefined) requireValid(node);

  const wanted: Images = { seid: node.spec.image, sidecar: sidecarImage(node, runtime.settings) };
  pass.wanted = wanted;
  await observePod(runtime, pass);
  // Before anything is rendered.
  const changed = await guardIdentity(runtime.client, node, pass.signal);
  if (changed !== undefined) {
    pass.blocked = { reason: changed.reason, message: changed.message };
    return {};
  }
  const shape = await bringStatefulSetInShape(runtime, pass);
  if (shape !== true) return shape;
  // Once more: the StatefulSet may have been recorded only now.
  await observePod(runtime, pass);
  await confirmPod(runtime, pass, wanted);
  // Paused: the StatefulSet is at 0 by now; plan, probe and peers stand still.
  if (node.spec.paused === true) return {};

  await keepServiceInShape(runtime, pass);
  await resolvePeers(runtime, node, status, pass);
  await probeSidecar(runtime, pass);
  recordImagesSeen(pass, wanted);
  const step = planNext(runtime, pass, wanted);
  // A plan is visible before it acts: it is persisted in this pass and executed in the next.
  if (step === "persist") return { requeueAfterMs: 1 };
  if (step === "idle") return {};
  await replaceHopelessPod(runtime, pass);
  const result = await executePlan(runtime, pass);
  recordImagesSeen(pass, wanted);
  return result;
}

function setPaused(pass: Pass): void {
  const paused = pass.node.spec.paused === true;
  setPassCondition(pass, {
    type: SeiNodeConditions.paused,
    status: paused ? "True" : "False",
    reason: paused ? SeiNodeReasons.paused : SeiNodeReasons.notPaused,
    message: paused ? "spec.paused is true" : "spec.paused is not set",
  });
}

/** So that a tool can wait for it from the first pass on. */
function seedUpdateCondition(pass: Pass): void {
  const type = SeiNodeConditions.nodeUpdateInProgress;
  if (findCondition(pass.status.conditions, type) !== undefined) return;
  setPassCondition(pass, { type, status: "False", reason: SeiNodeReasons.notStarted, message: "" });
}

/** A StatefulSet without our label is in no cache and wakes nobody: whether it is gone has to be asked. */
const FOREIGN_POLL_MS = 10_000;

/** True: applied and recorded. Otherwise the result to come back with; when blocked, the pass says why. */
async function bringStatefulSetInShape(runtime: SeiNodeRuntime, pass: Pass): Promise<true | ReconcileResult> {
  const { node, status } = pass;
  let existing = await readStatefulSet(runtime.client, node, pass.signal);
  if (existing === undefined && wasForeign(status)) {
    // Asked, so that it is not applied to again and again only to be refused.
    existing = await unlessNotFound(runtime.client.live.get(statefulSets, keyOf(node), pass.signal));
  }
  pass.held = isHeldForBootstrap(node, status);
  const deps = { ...runtime, held: pass.held };
  const outcome = await syncStatefulSet(deps, node, existing, status.statefulSet?.uid, pass.signal);
  if (outcome.state === "applied") {
    const { name, uid } = outcome.statefulSet.metadata;
    pass.statefulSet = outcome.statefulSet;
    status.statefulSet = { name, uid };
    return true;
  }
  if (outcome.state === "forget") {
    // Flushed before the next one is created: a crash between the two must never make us delete our own fresh object.
    pass.log.info({ statefulSet: status.statefulSet?.uid }, outcome.message);
    delete status.statefulSet;
    return { requeueAfterMs: 1 };
  }
  const passing = outcome.reason === SeiNodeHealth.statefulSetTerminating;
  pass.blocked = { reason: outcome.reason, message: outcome.message, passing };
  return { requeueAfterMs: FOREIGN_POLL_MS };
}

function wasForeign(status: Pass["status"]): boolean {
  return (
    findCondition(status.conditions, SeiNodeConditions.ready)?.reason === SeiNodeHealth.foreignStatefulSet
  );
}

/** Init plans make these; a Running node gets them back when somebody deletes or changes them. */
async function keepServiceInShape(runtime: SeiNodeRuntime, pass: Pass): Promise<void> {
  if (pass.status.phase !== "Running") return;
  for (const apply of [applyProxyConfig, applyService]) {
    try {
      await apply(runtime, pass);
    } catch (error) {
      if (!(error instanceof ForeignObject)) throw error;
      // The first is told; the other object is kept in shape all the same.
      pass.foreign ??= error.message;
    }
  }
}

/** D21: what the pod proves fills what was never recorded. It never overwrites: that is observe-image's. */
function recordImagesSeen(pass: Pass, wanted: Images): void {
  const { status, pod, statefulSet } = pass;
  if (status.phase !== "Running" || pod === undefined) return;
  const made = podImages(pod, statefulSet);
  if (made.seid === wanted.seid && hasStarted(pod, SEID_CONTAINER)) status.currentImage ||= wanted.seid;
  if (made.sidecar === wanted.sidecar && hasStarted(pod, SIDECAR_CONTAINER)) {
    status.currentSidecarImage ||= wanted.sidecar;
  }
}

/** D24: while initialising, an outdated pod that cannot start would never get on; a healthy one is left for mark-ready. */
async function replaceHopelessPod(runtime: SeiNodeRuntime, pass: Pass): Promise<void> {
  const { pod, statefulSet, status } = pass;
  if (status.phase !== "Initializing" || pod === undefined || podProblem(pod) === undefined) return;
  // The Job's pod has no revision; the bootstrap tasks look after it themselves.
  if (isBootstrapping(status.plan)) return;
  // Unknown yet: a fresh pod is often unschedulable for a moment, because its volume is made after its StatefulSet.
  const wanted = statefulSet?.status?.updateRevision;
  if (!wanted || revisionOf(pod) === wanted) return;
  await replaceOutdatedPods(runtime.client, pass.node, status.statefulSet?.uid, pass.signal);
  // The plan's next task is not for the one that goes.
  await observePod(runtime, pass);
}

/** What happens to a SeiNode that is being deleted (spec/seinode.md 3.3, design D25). */
import { Finalizers, Labels, type SeiNode, SeiNodeEvents, seiNodes } from "#api";
import {
  controllerOf,
  type DeepReadonly,
  hasFinalizer,
  isControlledBy,
  isNotFound,
  keyOf,
  type PersistentVolumeClaim,
  persistentVolumeClaims,
  type ReconcileContext,
  type ReconcileResult,
  removeFinalizer,
  unlessNotFound,
} from "#kube";
import type { SeiNodeRuntime } from "./deps.ts";
import { ownClaimName } from "./render/index.ts";

/** Set by the API server for `kubectl delete --cascade=orphan`: the pod goes on, and so must its volume. */
const ORPHAN_FINALIZER = "orphan";

/**
 * Says Terminating, deletes the node's own volume, gives up the finalizer. Everything else goes by owner references.
 * Each step may have happened before: a crash between any two repeats it without harm. Works whatever the phase is.
 */
export async function deleteNode(
  runtime: SeiNodeRuntime,
  given: DeepReadonly<SeiNode>,
  context: ReconcileContext,
): Promise<ReconcileResult> {
  if (!hasFinalizer(given, Finalizers.seiNode)) return {};
  const { signal } = context;
  const node = await runtime.statusWriter.flush(given, { ...given.status, phase: "Terminating" }, signal);
  await deleteOwnVolume(runtime, node, context);
  // Another finalizer may hold the object for long; what it says of itself is over.
  runtime.metrics.forget(node.metadata.namespace ?? "", node.metadata.name);
  try {
    await removeFinalizer<SeiNode>(runtime.client, seiNodes, node, Finalizers.seiNode, signal);
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
  return {};
}

async function deleteOwnVolume(
  runtime: SeiNodeRuntime,
  node: DeepReadonly<SeiNode>,
  { signal, log }: ReconcileContext,
): Promise<void> {
  const imported = node.spec?.dataVolume?.import?.pvcName;
  if (imported) {
    log.info({ pvc: imported }, "imported volume skipped on delete");
    return;
  }
  if (hasFinalizer(node, ORPHAN_FINALIZER)) {
    log.info({}, "own volume kept: the deletion asks to orphan what the node owns");
    return;
  }
  const { name: nodeName, namespace = "" } = node.metadata;
  const key = { namespace, name: ownClaimName(nodeName) };
  // Live: an object that is deleted for good is never judged by a cache.
  const claim = await unlessNotFound(runtime.client.live.get(persistentVolumeClaims, key, signal));
  if (claim === undefined || claim.metadata.deletionTimestamp !== undefined) return;
  if (!isOwnVolume(claim, node)) {
    const message = `PersistentVolumeClaim ${key.name} is kept: it is not controlled by this SeiNode and does not carry its label`;
    runtime.recorder.event(node, "Warning", SeiNodeEvents.dataVolumeKept, message);
    return;
  }
  const { uid, resourceVersion } = claim.metadata;
  try {
    await runtime.client.delete(
      persistentVolumeClaims,
      keyOf(claim),
      { preconditions: { uid, resourceVersion } },
      signal,
    );
  } catch (error) {
    // A conflict says that somebody changed it since we judged it: the next pass judges it again.
    if (!isNotFound(error)) throw error;
  }
}

function isOwnVolume(claim: DeepReadonly<PersistentVolumeClaim>, node: DeepReadonly<SeiNode>): boolean {
  if (isControlledBy(claim, node.metadata.uid)) return true;
  const ownerless = controllerOf(claim) === undefined && (claim.metadata.ownerReferences ?? []).length === 0;
  return ownerless && claim.metadata.labels?.[Labels.node] === node.metadata.name;
}

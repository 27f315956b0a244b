/** What becomes of a group that is deleted (spec/seinodedeployment.md 11.2). Ignores pause and plans. */
import {
  Finalizers,
  Labels,
  type SeiNode,
  type SeiNodeDeployment,
  SeiNodeDeploymentEvents,
  seiNodeDeployments,
  seiNodes,
} from "#api";
import {
  hasFinalizer,
  isConflict,
  isNotFound,
  isOwnStop,
  keyOf,
  type ReconcileContext,
  type ReconcileResult,
  releaseFromOwner,
  removeFinalizer,
} from "#kube";
import type { GroupRuntime } from "./deps.ts";
import { deleteNetworking, retainNetworking } from "./networking/index.ts";
import type { Group } from "./pass.ts";
import { forgetGroup } from "./runtime.ts";

/**
 * Says Terminating, lets go of what is to stay or deletes what is not to wait for the garbage collector, gives up the
 * finalizer. Each step may have happened before: a crash between any two repeats it without harm.
 */
export async function deleteGroup(
  runtime: GroupRuntime,
  given: Group,
  { signal }: ReconcileContext,
): Promise<ReconcileResult> {
  if (!hasFinalizer(given, Finalizers.seiNodeDeployment)) return {};
  const retains = given.spec?.deletionPolicy === "Retain";
  const first = given.status?.phase !== "Terminating";
  const status = { ...given.status, phase: "Terminating" as const };
  const group = await runtime.statusWriter.flush(given, status, signal);
  if (retains && first) {
    const message = "the SeiNodes and their networking stay, without an owner";
    runtime.recorder.event(group, "Normal", SeiNodeDeploymentEvents.retainResources, message);
  }
  try {
    if (retains) await retain(runtime, group, signal);
    else await deleteNetworking(runtime.client, group, signal);
  } catch (error) {
    // A conflict says that somebody changed an object since it was judged: the next pass judges it again.
    if (!isConflict(error) && !isOwnStop(error) && !signal.aborted) {
      const message = `what the group owns could not be ${retains ? "released" : "deleted"}, it is tried again: ${textOf(error)}`;
      runtime.recorder.event(group, "Warning", SeiNodeDeploymentEvents.deleteFailed, message);
    }
    throw error;
  }
  // Another finalizer may hold the object for long; what it says of itself is over.
  forgetGroup(runtime, keyOf(group));
  try {
    await removeFinalizer<SeiNodeDeployment>(
      runtime.client,
      seiNodeDeployments,
      group,
      Finalizers.seiNodeDeployment,
      signal,
    );
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
  return {};
}

/** Live: a node that the cache has not shown yet would go with the group. */
async function retain(runtime: GroupRuntime, group: Group, signal: AbortSignal): Promise<void> {
  const { client } = runtime;
  const { namespace = "", name, uid } = group.metadata;
  const labels = { [Labels.nodeDeployment]: name };
  const nodes = await client.live.list<SeiNode>(seiNodes, { namespace, labels }, signal);
  for (const node of nodes) await releaseFromOwner(client, seiNodes, node, uid, signal);
  await retainNetworking(client, group, signal);
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Keeping one object of a group in shape, and removing one, without touching what is somebody else's. */
import { type NetworkingProblem, NetworkingProblems, type SeiNodeDeployment } from "#api";
import {
  type Applier,
  type Client,
  controllerOf,
  type DeepReadonly,
  isApiError,
  isConflict,
  isNotFound,
  type KubeObject,
  keyOf,
  type Manifest,
  type ResourceType,
  unlessNotFound,
} from "#kube";
import { claimOn } from "./ownership.ts";

export interface Problem {
  readonly reason: NetworkingProblem;
  readonly message: string;
}

/** What became of one object: it is as wanted, or why it cannot be. */
export type Kept =
  | { readonly problem?: undefined; readonly created: boolean }
  | { readonly problem: Problem };

/**
 * Applies the manifest unless that would change nothing or the name is not ours. Rejects for what another try may cure, and
 * with class `notFound` where the cluster has no such kind.
 */
export async function keepInShape<T extends KubeObject>(
  deps: { readonly client: Client; readonly applier: Applier },
  group: DeepReadonly<SeiNodeDeployment>,
  resource: ResourceType<T>,
  manifest: Manifest,
  signal: AbortSignal,
): Promise<Kept> {
  const { client, applier } = deps;
  const key = keyOf(manifest);
  // The cache holds what carries our label. Whether the name is free only the server knows.
  const existing =
    (await unlessNotFound(client.get(resource, key, signal))) ??
    (await unlessNotFound(client.live.get(resource, key, signal)));
  const problem = existing && whyNotTake(group, resource, existing);
  if (problem !== undefined) return { problem };
  try {
    // What nobody controls is adopted as it was judged, or not at all.
    const adopts = existing !== undefined && controllerOf(existing) === undefined;
    await applier.apply(resource, manifest, existing, signal, { exact: adopts });
  } catch (error) {
    const refusal = whyRefused(error);
    if (refusal !== undefined) return { problem: refusal };
    if (!isConflict(error)) throw error;
    // Somebody made an object of this name since we looked; or our cache was behind, which another pass cures.
    const live = await unlessNotFound(client.live.get(resource, key, signal));
    const taken = live && whyNotTake(group, resource, live);
    if (taken === undefined) throw error;
    return { problem: taken };
  }
  return { created: existing === undefined };
}

/** Deletes what this group controls and is not going already. That it is gone, or not ours, is fine. */
export async function removeIfOurs<T extends KubeObject>(
  client: Client,
  group: DeepReadonly<SeiNodeDeployment>,
  resource: ResourceType<T>,
  object: DeepReadonly<T>,
  signal: AbortSignal,
): Promise<void> {
  if (claimOn(group, object) !== "ours") return;
  const { uid, resourceVersion } = object.metadata;
  try {
    await client.delete(resource, keyOf(object), { preconditions: { uid, resourceVersion } }, signal);
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}

function whyNotTake(
  group: DeepReadonly<SeiNodeDeployment>,
  resource: ResourceType,
  existing: DeepReadonly<KubeObject>,
): Problem | undefined {
  const what = `${resource.kind} ${existing.metadata.name}`;
  switch (claimOn(group, existing)) {
    case "ours":
    case "free":
      return undefined;
    case "leaving":
      return {
        reason: NetworkingProblems.waitingForDeletion,
        message: `${what} is being deleted and is made again once it is gone`,
      };
    case "foreign": {
      const controller = controllerOf(existing);
      const owner = controller === undefined ? "somebody else" : `${controller.kind} ${controller.name}`;
      return {
        reason: NetworkingProblems.nameConflict,
        message: `${what} belongs to ${owner} and is left alone: delete or rename it, or give the group another name`,
      };
    }
  }
}

/** The server will say the same to the same object: not a matter of trying harder. */
function whyRefused(error: unknown): Problem | undefined {
  if (!isApiError(error, "invalid", "forbidden")) return undefined;
  return { reason: NetworkingProblems.objectRejected, message: error.message };
}

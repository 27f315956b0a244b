/**
 * Whose StatefulSet is it, and keeping ours in shape (design 4.2, D11). The name says nothing about identity: every
 * decision compares uids, and whatever deletes, forgets or scales to 0 reads live first, because a stale cache after a restart must
 * never make us delete our own fresh object.
 *
 *   recorded, live with that uid ------> apply
 *   recorded, gone --------------------> "forget": the record is cleared and flushed before anything is created
 *   recorded, live with another uid ---> ours or nobody's: deleted with preconditions, then "forget"; else reported
 *   not recorded, none or adoptable ---> apply, and the caller records the uid
 *   not recorded, somebody else's -----> reported
 */
import { FieldOwners, type SeiNode, SeiNodeHealth, seiNodes } from "#api";
import {
  ApiError,
  type Applier,
  type Client,
  controllerOf,
  type DeepReadonly,
  isApiError,
  isControlledBy,
  isNotFound,
  keyOf,
  type StatefulSet,
  statefulSets,
  unlessNotFound,
} from "#kube";
import type { Settings } from "../settings.ts";
import { identityChanged } from "./identity-guard.ts";
import { identityChange, renderStatefulSet, selectorLabels } from "./render/index.ts";

export type StatefulSetOutcome =
  | { readonly state: "applied"; readonly statefulSet: DeepReadonly<StatefulSet> }
  /** The recorded object is gone: flush the cleared record, then come back. */
  | { readonly state: "forget"; readonly message: string }
  /**
   * Not ours to touch, or on its way out. A delete event wakes us, but only if the object carries our label: nothing
   * else is watched.
   */
  | {
      readonly state: "blocked";
      readonly reason: "ForeignStatefulSet" | "StatefulSetTerminating" | "IdentityChanged";
      readonly message: string;
    };

export interface StatefulSetDeps {
  readonly client: Client;
  readonly applier: Applier;
  readonly settings: Settings;
  /** No pod yet: the bootstrap Job has the volume (D16). */
  readonly held?: boolean;
}

/** What the cache shows under the node's name, whoever owns it. */
export async function readStatefulSet(
  client: Client,
  node: DeepReadonly<SeiNode>,
  signal: AbortSignal,
): Promise<DeepReadonly<StatefulSet> | undefined> {
  return unlessNotFound(client.get(statefulSets, keyOf(node), signal));
}

/** `cached` is what `readStatefulSet` gave; `recordedUid` is `status.statefulSet.uid`. */
export async function syncStatefulSet(
  deps: StatefulSetDeps,
  node: DeepReadonly<SeiNode>,
  cached: DeepReadonly<StatefulSet> | undefined,
  recordedUid: string | undefined,
  signal: AbortSignal,
): Promise<StatefulSetOutcome> {
  if (recordedUid === undefined) return adoptOrCreate(deps, node, cached, signal);
  if (cached?.metadata.uid === recordedUid) return applyTo(deps, node, cached, signal);

  const live = await unlessNotFound(deps.client.live.get(statefulSets, keyOf(node), signal));
  if (live === undefined) return { state: "forget", message: "the recorded StatefulSet is gone" };
  if (live.metadata.uid === recordedUid) return applyTo(deps, node, live, signal);
  return removeImpostor(deps, node, live, recordedUid, signal);
}

async function adoptOrCreate(
  deps: StatefulSetDeps,
  node: DeepReadonly<SeiNode>,
  cached: DeepReadonly<StatefulSet> | undefined,
  signal: AbortSignal,
): Promise<StatefulSetOutcome> {
  if (cached === undefined) return applyTo(deps, node, undefined, signal);
  if (isControlledBy(cached, node.metadata.uid)) return applyTo(deps, node, cached, signal);
  if (controllerOf(cached) !== undefined || !hasOurSelector(cached, node)) return foreign(cached);
  // Nobody's, with our selector: an orphan of an earlier SeiNode. Fields that somebody else manages are not taken.
  return applyTo(deps, node, cached, signal, { force: false });
}

async function applyTo(
  deps: StatefulSetDeps,
  node: DeepReadonly<SeiNode>,
  existing: DeepReadonly<StatefulSet> | undefined,
  signal: AbortSignal,
  options: { force?: boolean } = {},
): Promise<StatefulSetOutcome> {
  // Applying onto an object that is being deleted changes nothing that lasts.
  if (existing?.metadata.deletionTimestamp !== undefined) return terminating(existing);
  // On the very object that is applied to: it may have been read live where the cache showed none.
  const change = existing && identityChange(node, existing);
  if (change !== undefined) return identityChanged(change);
  const manifest = renderStatefulSet(node, deps.settings, { held: deps.held === true });
  const takesPod = node.spec.paused === true || deps.held === true;
  if (takesPod && existing !== undefined && existing.spec?.replicas !== 0)
    await confirmSpec(deps, node, signal);
  try {
    const statefulSet = await deps.applier.apply<StatefulSet>(
      statefulSets,
      manifest,
      existing,
      signal,
      options,
    );
    return { state: "applied", statefulSet };
  } catch (error) {
    const first = existing === undefined || options.force === false;
    if (!first || !isApiError(error, "conflict", "invalid")) throw error;
    // A first apply that is refused met somebody else's object, possibly one the cache has not shown yet.
    const live = await unlessNotFound(deps.client.live.get(statefulSets, keyOf(node), signal));
    if (live === undefined || isControlledBy(live, node.metadata.uid)) throw error;
    return foreign(live);
  }
}

/**
 * Scaling to 0 deletes the pod, and is never decided on a cached object: a pause that is heard of late may have been taken
 * back. Rejects as a write that carries the resourceVersion would.
 */
async function confirmSpec(
  deps: StatefulSetDeps,
  node: DeepReadonly<SeiNode>,
  signal: AbortSignal,
): Promise<void> {
  const { uid, generation } = (await deps.client.live.get<SeiNode>(seiNodes, keyOf(node), signal)).metadata;
  if (uid === node.metadata.uid && generation === node.metadata.generation) return;
  const what = `scale StatefulSet ${node.metadata.namespace}/${node.metadata.name} to 0`;
  throw new ApiError(`${what}: the SeiNode has changed since it was read`, { class: "conflict" });
}

async function removeImpostor(
  deps: StatefulSetDeps,
  node: DeepReadonly<SeiNode>,
  impostor: DeepReadonly<StatefulSet>,
  recordedUid: string,
  signal: AbortSignal,
): Promise<StatefulSetOutcome> {
  const liveNode = await deps.client.live.get<SeiNode>(seiNodes, keyOf(node), signal);
  if (liveNode.metadata.uid !== node.metadata.uid || liveNode.status?.statefulSet?.uid !== recordedUid) {
    // The record was read from a stale cache; the newer one will be acted on.
    return terminating(impostor);
  }
  const controller = controllerOf(impostor);
  if (controller !== undefined && controller.uid !== node.metadata.uid) return foreign(impostor);
  if (impostor.metadata.deletionTimestamp !== undefined) return terminating(impostor);
  try {
    await deps.client.delete(
      statefulSets,
      keyOf(impostor),
      {
        preconditions: { uid: impostor.metadata.uid, resourceVersion: impostor.metadata.resourceVersion },
        propagationPolicy: "Background",
      },
      signal,
    );
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
  return { state: "forget", message: "a StatefulSet that is not the recorded one was deleted" };
}

function hasOurSelector(statefulSet: DeepReadonly<StatefulSet>, node: DeepReadonly<SeiNode>): boolean {
  const actual = Object.entries(statefulSet.spec?.selector?.matchLabels ?? {});
  const ours = selectorLabels(node);
  return actual.length === Object.keys(ours).length && actual.every(([key, value]) => ours[key] === value);
}

function foreign(statefulSet: DeepReadonly<StatefulSet>): StatefulSetOutcome {
  const controller = controllerOf(statefulSet);
  if (controller?.kind === seiNodes.kind && controller.name === statefulSet.metadata.name) {
    return {
      state: "blocked",
      reason: SeiNodeHealth.statefulSetTerminating,
      message: `StatefulSet ${statefulSet.metadata.name} of the previous SeiNode of this name is still there; it is created anew once that one is gone`,
    };
  }
  const owner = controller === undefined ? "nobody" : `${controller.kind} ${controller.name}`;
  return {
    state: "blocked",
    reason: SeiNodeHealth.foreignStatefulSet,
    message:
      `StatefulSet ${statefulSet.metadata.name} exists, is controlled by ${owner} and was not made for this SeiNode; ` +
      "delete or rename it, or give the SeiNode another name",
  };
}

function terminating(statefulSet: DeepReadonly<StatefulSet>): StatefulSetOutcome {
  return {
    state: "blocked",
    reason: SeiNodeHealth.statefulSetTerminating,
    message: `StatefulSet ${statefulSet.metadata.name} is being deleted; it is recreated once it is gone`,
  };
}

/** The field manager under which everything a SeiNode owns is applied. */
export const FIELD_MANAGER = FieldOwners.seiNode;

/**
 * Replaces the node's pod by the StatefulSet's newest revision. OnDelete means nobody else does, and it must work while
 * seid is halted on purpose, so readiness is never asked (spec/seinode.md 5.5, design D3).
 */
import type { SeiNode } from "#api";
import {
  type Client,
  type DeepReadonly,
  isConflict,
  isNotFound,
  keyOf,
  type Pod,
  pods,
  type StatefulSet,
  statefulSets,
  unlessNotFound,
} from "#kube";
import type { TaskOutcome } from "#plan";
import { isOwnedBy } from "#sidecar";
import { isTerminating, revisionOf } from "../pod-state.ts";

/**
 * Deletes every owned, living pod of another revision than `status.updateRevision`, and is complete once there is none.
 * Each guard leaves all pods alone: it waits where the StatefulSet controller has yet to catch up, and refuses where
 * the StatefulSet cannot be one of ours. `ownUid` is the recorded one: a name is not an identity.
 */
export async function replaceOutdatedPods(
  client: Client,
  node: DeepReadonly<SeiNode>,
  ownUid: string | undefined,
  signal: AbortSignal,
): Promise<TaskOutcome> {
  // The cache says when to look: behind the truth it only makes us wait for the event that is on its way.
  const shown = await unlessNotFound(client.get(statefulSets, keyOf(node), signal));
  const wait = guard(shown, ownUid);
  if (wait?.state === "running") return wait;
  const statefulSet = await unlessNotFound(client.live.get(statefulSets, keyOf(node), signal));
  const verdict = guard(statefulSet, ownUid);
  if (verdict !== undefined || statefulSet === undefined)
    return verdict ?? waiting("the StatefulSet to exist");

  const outdated = await outdatedPods(client, statefulSet, signal);
  if (outdated.length === 0) return { state: "complete" };
  let allGo = true;
  for (const pod of outdated) allGo = (await deletePod(client, pod, signal)) && allGo;
  return allGo ? { state: "complete" } : waiting("the pod of the old revision to go");
}

function guard(
  statefulSet: DeepReadonly<StatefulSet> | undefined,
  ownUid: string | undefined,
): TaskOutcome | undefined {
  if (statefulSet === undefined) return waiting("the StatefulSet to exist");
  if (statefulSet.metadata.uid !== ownUid) return waiting("the StatefulSet of this name to be ours");
  const { name, generation = 0 } = statefulSet.metadata;
  // Until the StatefulSet controller has seen the newest template, updateRevision names an older one.
  if ((statefulSet.status?.observedGeneration ?? 0) < generation) {
    return waiting("the StatefulSet controller to observe the new template");
  }
  if (!statefulSet.status?.updateRevision) return waiting("the StatefulSet controller to record a revision");
  if (Object.keys(statefulSet.spec?.selector?.matchLabels ?? {}).length === 0) {
    return { state: "terminal", error: `StatefulSet ${name} has no selector labels; no pod is deleted` };
  }
  if ((statefulSet.spec?.replicas ?? 1) > 1) {
    return {
      state: "terminal",
      error: `replace-pod refuses the multi-replica StatefulSet ${name} (spec.replicas=${statefulSet.spec?.replicas}); a SeiNode has one pod`,
    };
  }
  return undefined;
}

/** currentRevision is not asked: under OnDelete, Kubernetes before 1.37 never advances it. */
async function outdatedPods(
  client: Client,
  statefulSet: DeepReadonly<StatefulSet>,
  signal: AbortSignal,
): Promise<DeepReadonly<Pod>[]> {
  const selected = await client.live.list(
    pods,
    {
      namespace: statefulSet.metadata.namespace ?? "",
      labels: statefulSet.spec?.selector?.matchLabels ?? {},
    },
    signal,
  );
  return selected.filter((pod) => {
    const revision = revisionOf(pod);
    return (
      revision !== undefined &&
      revision !== statefulSet.status?.updateRevision &&
      !isTerminating(pod) &&
      isOwnedBy(pod, statefulSet)
    );
  });
}

/**
 * With the grace period of the pod: seid must be able to write its last state. True: this pod is terminating or gone. False:
 * it was gone already, or replaced by one of the same name, which the next pass looks at.
 */
async function deletePod(client: Client, pod: DeepReadonly<Pod>, signal: AbortSignal): Promise<boolean> {
  try {
    await client.delete(pods, keyOf(pod), { preconditions: { uid: pod.metadata.uid } }, signal);
    return true;
  } catch (error) {
    if (!isNotFound(error) && !isConflict(error)) throw error;
    return false;
  }
}

function waiting(waitingFor: string): TaskOutcome {
  return { state: "running", waitingFor };
}

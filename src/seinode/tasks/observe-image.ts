/** Sees that the node runs the wanted images, by evidence from the pod itself (design D4). */
import type { SeiNode } from "#api";
import {
  type Client,
  type DeepReadonly,
  keyOf,
  type Pod,
  pods,
  type StatefulSet,
  unlessNotFound,
} from "#kube";
import type { TaskOutcome } from "#plan";
import { isOwnedBy } from "#sidecar";
import { type Images, podHasImages, provesImages } from "../images.ts";
import { isTerminating, podProblem } from "../pod-state.ts";
import { replaceOutdatedPods } from "./replace-pod.ts";

/** One text for all stages of it, so that a pod on its way causes no status writes. */
const NEW_POD = "a pod of the wanted images to start";

/**
 * `cached` is what the watch shows: it says when to look. Whether it is so is read live, because a cache that is behind
 * could still show a pod of the same image that replace-pod has deleted.
 */
export async function observeImages(
  client: Client,
  node: DeepReadonly<SeiNode>,
  statefulSet: DeepReadonly<StatefulSet> | undefined,
  cached: DeepReadonly<Pod> | undefined,
  wanted: Images,
  signal: AbortSignal,
): Promise<TaskOutcome> {
  if (statefulSet === undefined) return { state: "running", waitingFor: "the StatefulSet to exist" };
  if (cached === undefined) return { state: "running", waitingFor: NEW_POD };
  const settled = provesImages(cached, wanted, statefulSet) || !podHasImages(cached, wanted, statefulSet);
  if (!settled) return { state: "running", waitingFor: podProblem(cached)?.message ?? NEW_POD };

  const pod = await unlessNotFound(client.live.get(pods, keyOf(cached), signal));
  if (pod === undefined || isTerminating(pod) || !isOwnedBy(pod, statefulSet)) {
    return { state: "running", waitingFor: NEW_POD };
  }
  if (provesImages(pod, wanted, statefulSet)) return { state: "complete" };
  if (podHasImages(pod, wanted, statefulSet)) return { state: "running", waitingFor: NEW_POD };
  // The pod was made from another template than the one wanted now, for example because the image changed after
  // replace-pod was done. Waiting would wait for ever.
  const replaced = await replaceOutdatedPods(client, node, statefulSet.metadata.uid, signal);
  return replaced.state === "terminal" ? replaced : { state: "running", waitingFor: NEW_POD };
}

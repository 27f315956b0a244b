/** One pass over one SeiNode: what was read, and the status being worked out. Lives as long as the pass. */
import { Labels, type SeiNode, type SeiNodeStatus } from "#api";
import { formatTime } from "#clock";
import {
  type Condition,
  type ConditionUpdate,
  type DeepReadonly,
  type Job,
  keyOf,
  type Logger,
  type Pod,
  pods,
  type ReconcileContext,
  type StatefulSet,
  setCondition,
  unlessNotFound,
} from "#kube";
import { isOwnedBy, ordinalZero, type SidecarTarget } from "#sidecar";
import { isBootstrapping } from "./bootstrap-plan.ts";
import { observeBootstrap } from "./bootstrap-pod.ts";
import type { SeiNodeRuntime } from "./deps.ts";
import { type Images, imageDrift, podHasImages } from "./images.ts";
import { isTerminating } from "./pod-state.ts";

export interface Blocked {
  readonly reason: string;
  readonly message: string;
  /** It goes by without anybody's doing. Otherwise somebody has to change something. */
  readonly passing?: boolean;
}

export interface Pass {
  /** `namespace/name`, the key of every in-memory record. */
  readonly key: string;
  /** The newest version held: the status flush carries its resourceVersion. */
  readonly node: DeepReadonly<SeiNode>;
  /** The draft: changed in place, flushed once at the end. */
  readonly status: SeiNodeStatus & { conditions: Condition[] };
  readonly time: string;
  readonly signal: AbortSignal;
  readonly log: Logger;
  /** Set once the StatefulSet was brought in shape in this pass. */
  statefulSet?: DeepReadonly<StatefulSet>;
  /** The StatefulSet was kept at 0 in this pass: the bootstrap has the volume (D16). */
  held?: boolean;
  /** Ours, while a plan works on it. */
  bootstrapJob?: DeepReadonly<Job>;
  /** The owned pod that is not terminating, as the cache shows it; the Job's while the plan bootstraps. */
  pod?: DeepReadonly<Pod>;
  wanted?: Images;
  /** What the current task waits for. */
  waitingFor?: string;
  /** A transient error of the current task. It is tried again, and told once it has lasted. */
  taskError?: string;
  /** An object whose name the node needs is somebody else's; whatever does not need it goes on. */
  foreign?: string;
  /** Owned pods, terminating ones included: while there is one, seid may still be running. */
  podsLeft: number;
  /** Said and counted once the status is written: nobody hears of what was not. */
  readonly afterFlush: (() => void)[];
  /** Why nothing can be done now although nothing failed. */
  blocked?: Blocked;
}

export function openPass(
  runtime: Pick<SeiNodeRuntime, "clock">,
  key: string,
  node: DeepReadonly<SeiNode>,
  context: ReconcileContext,
): Pass {
  const draft = structuredClone(node.status ?? {}) as SeiNodeStatus;
  return {
    key,
    node,
    status: Object.assign(draft, { conditions: draft.conditions ?? [] }),
    time: formatTime(runtime.clock.now()),
    signal: context.signal,
    log: context.log,
    podsLeft: 0,
    afterFlush: [],
  };
}

export function setPassCondition(pass: Pass, update: ConditionUpdate): void {
  setCondition(pass.status.conditions, update, {
    generation: pass.node.metadata.generation ?? 0,
    time: pass.time,
  });
}

/** Reads the pod of the recorded StatefulSet from the cache. While the plan bootstraps, it is the Job's pod. */
export async function observePod(runtime: Pick<SeiNodeRuntime, "client">, pass: Pass): Promise<void> {
  await observeOwnPod(runtime, pass);
  if (!isBootstrapping(pass.status.plan)) return;
  const { job, pod } = await observeBootstrap(runtime.client, pass.node, pass.signal);
  if (job === undefined) delete pass.bootstrapJob;
  else pass.bootstrapJob = job;
  if (pod === undefined) delete pass.pod;
  else pass.pod = pod;
}

async function observeOwnPod(runtime: Pick<SeiNodeRuntime, "client">, pass: Pass): Promise<void> {
  const uid = pass.status.statefulSet?.uid;
  if (uid === undefined) return;
  const { name, namespace = "" } = pass.node.metadata;
  const labelled = await runtime.client.list(
    pods,
    { namespace, labels: { [Labels.node]: name } },
    pass.signal,
  );
  const owned = labelled.filter((candidate) => isOwnedBy(candidate, { metadata: { uid } }));
  const pod = ordinalZero(owned, name);
  pass.podsLeft = owned.length;
  if (pod === undefined) delete pass.pod;
  else pass.pod = pod;
}

/**
 * A pod of another image than the recorded one starts an update. Such a pod is read once more, live: after a restart the
 * cache may still show one that was replaced long ago.
 */
export async function confirmPod(
  runtime: Pick<SeiNodeRuntime, "client">,
  pass: Pass,
  wanted: Images,
): Promise<void> {
  const { pod, status } = pass;
  const uid = status.statefulSet?.uid;
  if (status.phase !== "Running" || status.plan?.phase === "Active" || pod === undefined || uid === undefined)
    return;
  const recordsDrift = imageDrift(status, wanted, undefined, undefined) !== undefined;
  if (recordsDrift || podHasImages(pod, wanted, pass.statefulSet)) return;
  const live = await unlessNotFound(runtime.client.live.get(pods, keyOf(pod), pass.signal));
  if (live !== undefined && isOwnedBy(live, { metadata: { uid } }) && !isTerminating(live)) pass.pod = live;
  else delete pass.pod;
}

/** Where to reach the sidecar. With a pod, its IP is dialled, so that stale DNS never reaches another one. */
export function sidecarTarget(pass: Pass): SidecarTarget {
  const { name, namespace = "" } = pass.node.metadata;
  const podIP = pass.pod?.status?.podIP;
  return podIP ? { namespace, node: name, podIP } : { namespace, node: name };
}

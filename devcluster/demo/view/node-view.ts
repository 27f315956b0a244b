/** From the objects in the cluster to what is shown of them. Pure. */
import { type SeiNode, SeiNodeConditions } from "#api";
import { type Condition, type DeepReadonly, findCondition, type Pod } from "#kube";
import { isPodReady } from "../pod-readiness.ts";
import { type Mark, type NodeView, type PodView, SIGNS, type TaskView } from "./screen.ts";
import { imageInWords, planInWords, shortImage } from "./words.ts";

export function viewNode(
  node: DeepReadonly<SeiNode>,
  pods: readonly DeepReadonly<Pod>[],
  tasks: readonly TaskView[] = [],
): NodeView {
  const { status } = node;
  const ready = findCondition(status?.conditions, SeiNodeConditions.ready);
  const stalled = findCondition(status?.conditions, SeiNodeConditions.stalled);
  const isStalled = stalled?.status === "True";
  const unready = ready === undefined || ready.status === "True" ? "" : ready.reason;
  return {
    name: node.metadata.name,
    mark: nodeMark(node, ready?.status, isStalled),
    phase: node.metadata.deletionTimestamp === undefined ? (status?.phase ?? "New") : "Terminating",
    task: planInWords(status?.plan),
    image: imageInWords(status?.currentImage ?? "", node.spec?.image ?? ""),
    ready: ready?.status ?? "",
    health: isStalled ? `Stalled: ${stalled.reason}` : unready,
    keys: keysInWords(status?.conditions),
    pods: pods.map(viewPod),
    tasks,
  };
}

export function viewPod(pod: DeepReadonly<Pod>): PodView {
  const ready = isPodReady(pod);
  const state = podState(pod);
  return {
    name: pod.metadata.name,
    mark: podMark(pod, ready, state),
    state,
    ready,
    revision: pod.metadata.labels?.["controller-revision-hash"]?.split("-").at(-1) ?? "",
    image: shortImage(pod.spec?.containers.find(({ name }) => name === "seid")?.image ?? ""),
  };
}

const KEY_CONDITIONS: readonly (readonly [type: string, what: string])[] = [
  [SeiNodeConditions.signingKeyReady, "signing key"],
  [SeiNodeConditions.nodeKeyReady, "node key"],
  [SeiNodeConditions.operatorKeyringReady, "operator keyring"],
];

function keysInWords(conditions: DeepReadonly<Condition[]> | undefined): string {
  return KEY_CONDITIONS.flatMap(([type, what]) => {
    const found = findCondition(conditions, type);
    return found === undefined ? [] : [`${what} ${SIGNS[found.status === "True" ? "ok" : "bad"]}`];
  }).join(", ");
}

function nodeMark(node: DeepReadonly<SeiNode>, ready: string | undefined, isStalled: boolean): Mark {
  const { status } = node;
  if (isStalled || status?.phase === "Failed" || status?.plan?.phase === "Failed") return "bad";
  if (ready === "True") return "ok";
  return status?.phase === "Running" && status.plan === undefined ? "warn" : "busy";
}

function podState(pod: DeepReadonly<Pod>): string {
  if (pod.metadata.deletionTimestamp !== undefined) return "Terminating";
  const { status } = pod;
  const containers = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  // A reason a container waits for matters more than the phase; these two only mean "its turn comes later".
  const waiting = containers.find(({ state }) => {
    const reason = state?.waiting?.reason ?? "PodInitializing";
    return reason !== "PodInitializing" && reason !== "ContainerCreating";
  });
  return waiting?.state?.waiting?.reason ?? status?.phase ?? "Pending";
}

function podMark(pod: DeepReadonly<Pod>, ready: boolean, state: string): Mark {
  if (state === "Terminating") return "busy";
  if (state === "Failed" || /BackOff|^Err/.test(state)) return "bad";
  if (ready) return "ok";
  const seid = pod.status?.containerStatuses?.find(({ name }) => name === "seid");
  // Past its start-up probe and not ready: it was up once.
  return seid?.started === true ? "warn" : "busy";
}

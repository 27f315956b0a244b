/** A pod's status as a kubelet writes it, from what its containers do. Pure. */
import { createHash } from "node:crypto";
import { formatTime } from "#clock";
import type { LivePod, PodStatus } from "./api.ts";
import type { Container, ContainerState } from "./container.ts";
import type { PodPhase } from "./pod-processes.ts";

type Condition = NonNullable<PodStatus["conditions"]>[number];
type ContainerStatus = NonNullable<PodStatus["containerStatuses"]>[number];

export interface StatusFacts {
  pod: LivePod;
  containers: readonly Container[];
  phase: PodPhase;
  initialized: boolean;
  ready: boolean;
  podIP: string;
  hostIP: string;
  startedAt: number;
  now: number;
}

export function renderStatus(facts: StatusFacts): PodStatus {
  const { pod, containers, phase, podIP, hostIP } = facts;
  const inits = containers.filter(({ kind }) => kind !== "main");
  const mains = containers.filter(({ kind }) => kind === "main");
  return {
    observedGeneration: pod.metadata.generation ?? 1,
    phase,
    conditions: conditionsOf(facts),
    hostIP,
    hostIPs: [{ ip: hostIP }],
    podIP,
    podIPs: [{ ip: podIP }],
    startTime: formatTime(facts.startedAt),
    ...(inits.length === 0 ? {} : { initContainerStatuses: inits.map(containerStatus) }),
    containerStatuses: mains.map(containerStatus),
  };
}

/** What a scheduler says about a pod it cannot place. */
export function unschedulableStatus(pod: LivePod, message: string, now: number): PodStatus {
  const scheduled = { type: "PodScheduled", status: "False", reason: "Unschedulable", message };
  return { phase: "Pending", conditions: [withTransition(scheduled, pod, now)] };
}

/** Runtimes report the image by digest and by full name; a controller that compares it with the spec is wrong. */
export function imageIdOf(image: string): string {
  const digest = createHash("sha256").update(image).digest("hex");
  return `${fullImageName(image)
    .replace(/@.*$/, "")
    .replace(/:[^:/]*$/, "")}@sha256:${digest}`;
}

export function fullImageName(image: string): string {
  const first = image.split("/")[0] ?? "";
  if (image.includes("/") && /[.:]|^localhost$/.test(first)) return image;
  return image.includes("/") ? `docker.io/${image}` : `docker.io/library/${image}`;
}

function conditionsOf(facts: StatusFacts): Condition[] {
  const { pod, containers, phase, now } = facts;
  const isTerminal = phase === "Succeeded" || phase === "Failed";
  const counted = containers.filter(({ kind }) => kind !== "init");
  const unready = counted.filter(({ ready }) => !ready).map(({ spec }) => spec.name);
  const incomplete = containers
    .filter(({ kind, started }) => kind !== "main" && !started)
    .map(({ spec }) => spec.name);
  const yes = (type: string) => ({ type, status: "True" });
  const no = (type: string, reason: string, message?: string) => ({
    type,
    status: "False",
    reason,
    ...(message === undefined ? {} : { message }),
  });
  const notReady = (type: string) =>
    isTerminal
      ? no(type, phase === "Succeeded" ? "PodCompleted" : "PodFailed")
      : no(type, "ContainersNotReady", `containers with unready status: [${unready.join(" ")}]`);
  const initialized = facts.initialized
    ? yes("Initialized")
    : no(
        "Initialized",
        "ContainersNotInitialized",
        `containers with incomplete status: [${incomplete.join(" ")}]`,
      );
  return [
    isTerminal ? no("PodReadyToStartContainers", "PodCompleted") : yes("PodReadyToStartContainers"),
    initialized,
    facts.ready ? yes("Ready") : notReady("Ready"),
    facts.ready ? yes("ContainersReady") : notReady("ContainersReady"),
    yes("PodScheduled"),
  ].map((condition) => withTransition(condition, pod, now));
}

/** The transition time moves only when the status does, or an idle pod would look busy. */
function withTransition(
  condition: Omit<Condition, "lastTransitionTime">,
  pod: LivePod,
  now: number,
): Condition {
  const before = pod.status?.conditions?.find(({ type }) => type === condition.type);
  const same = before?.status === condition.status ? before.lastTransitionTime : undefined;
  return { ...condition, lastTransitionTime: same ?? formatTime(now) };
}

function containerStatus(container: Container): ContainerStatus {
  const { spec, image, state, lastTerminated, restartCount, pulled, started, ready } = container;
  const id = `containerd://${createHash("sha256").update(`${spec.name} ${image} ${restartCount}`).digest("hex")}`;
  return {
    name: spec.name,
    image: pulled ? fullImageName(image) : image,
    imageID: pulled ? imageIdOf(image) : "",
    restartCount,
    ready,
    started: state.is === "running" && started,
    state: stateOf(state, id),
    lastState: lastTerminated === undefined ? {} : stateOf(lastTerminated, id),
    ...(pulled ? { containerID: id } : {}),
  };
}

function stateOf(state: ContainerState, containerID: string): NonNullable<ContainerStatus["state"]> {
  switch (state.is) {
    case "waiting":
      return {
        waiting: { reason: state.reason, ...(state.message === undefined ? {} : { message: state.message }) },
      };
    case "running":
      return { running: { startedAt: formatTime(state.startedAt) } };
    case "terminated":
      return {
        terminated: {
          exitCode: state.exitCode,
          reason: state.exitCode === 0 ? "Completed" : "Error",
          ...(state.message === undefined ? {} : { message: state.message }),
          startedAt: formatTime(state.startedAt),
          finishedAt: formatTime(state.finishedAt),
          containerID,
        },
      };
  }
}

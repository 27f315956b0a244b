/** What a pod's status says, as facts (pure). Nothing here decides anything. */
import type { DeepReadonly, Pod } from "#kube";
import { containerStatuses, isSidecarRunning, SIDECAR_CONTAINER, statusOf } from "#sidecar";

export { isSidecarRunning, SIDECAR_CONTAINER };

export const SEID_CONTAINER = "seid";

export const REVISION_LABEL = "controller-revision-hash";

const PULL_ERRORS = new Set([
  "ErrImagePull",
  "ImagePullBackOff",
  "InvalidImageName",
  "ErrImageNeverPull",
  "ImageInspectError",
  "RegistryUnavailable",
]);

/** Usually a Secret, ConfigMap or key that is missing. */
const START_ERRORS = new Set(["CreateContainerConfigError", "CreateContainerError", "RunContainerError"]);

export interface PodProblem {
  readonly kind: "pullError" | "cannotStart" | "crashLoop" | "unschedulable";
  /** Stable text for conditions: no counters, no times, no addresses. */
  readonly message: string;
}

export function isTerminating(pod: DeepReadonly<Pod>): boolean {
  return pod.metadata.deletionTimestamp !== undefined;
}

export function revisionOf(pod: DeepReadonly<Pod>): string | undefined {
  return pod.metadata.labels?.[REVISION_LABEL];
}

export function isPodReady(pod: DeepReadonly<Pod>): boolean {
  return pod.status?.conditions?.some((c) => c.type === "Ready" && c.status === "True") ?? false;
}

export function isSeidRunning(pod: DeepReadonly<Pod>): boolean {
  return statusOf(pod, SEID_CONTAINER)?.state?.running !== undefined;
}

/** The image a pod spec names for the container. Status images are not asked: runtimes rewrite them (D4). */
export function imageOf(
  spec:
    | {
        readonly containers: readonly { readonly name: string; readonly image?: string }[];
        readonly initContainers?: readonly { readonly name: string; readonly image?: string }[];
      }
    | undefined,
  container: string,
): string | undefined {
  return [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])].find((c) => c.name === container)
    ?.image;
}

/**
 * Whether the container has shown that its image was pulled and its process started, now or before. Neither `started`
 * nor `ready` is asked: seid's startup probe waits for mark-ready (D4).
 */
export function hasStarted(pod: DeepReadonly<Pod>, container: string): boolean {
  const status = statusOf(pod, container);
  if (status === undefined || !status.imageID) return false;
  return (
    status.state?.running !== undefined ||
    status.state?.terminated !== undefined ||
    status.lastState?.terminated !== undefined
  );
}

/** Why the pod cannot start or stay up, or `undefined`. A pod that is merely on its way has no problem. */
export function podProblem(pod: DeepReadonly<Pod>): PodProblem | undefined {
  for (const status of containerStatuses(pod)) {
    const reason = status.state?.waiting?.reason;
    if (reason === undefined) continue;
    if (PULL_ERRORS.has(reason)) {
      const image = imageOf(pod.spec, status.name) ?? status.image;
      // ErrImagePull and ImagePullBackOff alternate; naming one text for both keeps the condition still.
      return { kind: "pullError", message: `container ${status.name} cannot pull image ${image}` };
    }
    if (START_ERRORS.has(reason)) {
      const message = `container ${status.name} cannot be started (${reason})`;
      return { kind: "cannotStart", message };
    }
    if (reason === "CrashLoopBackOff") {
      return { kind: "crashLoop", message: `container ${status.name} is in a crash loop` };
    }
  }
  const scheduled = pod.status?.conditions?.find((c) => c.type === "PodScheduled");
  if (scheduled?.status === "False" && scheduled.reason === "Unschedulable") {
    return { kind: "unschedulable", message: `pod ${pod.metadata.name} cannot be scheduled` };
  }
  return undefined;
}

/** Names one run of the sidecar process. */
export function sidecarIncarnation(pod: DeepReadonly<Pod>): string {
  const sidecar = statusOf(pod, SIDECAR_CONTAINER);
  return `${pod.metadata.uid}/${sidecar?.containerID ?? ""}/${sidecar?.restartCount ?? 0}`;
}

/** Names one run of the seid container. A restart-seid ends one and begins the next. */
export function seidRun(pod: DeepReadonly<Pod>): string | undefined {
  const seid = statusOf(pod, SEID_CONTAINER);
  return seid === undefined ? undefined : `${pod.metadata.uid}/${seid.restartCount}`;
}

/** Changes exactly when something changes that can bring the sidecar up or down. */
export function sidecarFingerprint(pod: DeepReadonly<Pod> | undefined): string {
  if (pod === undefined) return "no pod";
  const sidecar = statusOf(pod, SIDECAR_CONTAINER);
  return [
    pod.metadata.uid,
    pod.status?.podIP ?? "",
    sidecar?.containerID ?? "",
    sidecar?.restartCount ?? 0,
    isSidecarRunning(pod),
    isPodReady(pod),
  ].join("/");
}

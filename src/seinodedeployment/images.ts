/** Which images a group wants its nodes on, and how far a node is with them (pure). */
import { SeiNodeConditions, type SeiNodeSpec } from "#api";
import { type DeepReadonly, findCondition } from "#kube";
import { type Child, isTerminating } from "./children.ts";

/** What of a spec is rolled out. `sidecar` whole: its port goes with its image. */
export type ImageSpec = DeepReadonly<Pick<SeiNodeSpec, "image" | "sidecar">>;

/** The spec asks for these images. */
export function asksFor(child: Child, target: ImageSpec): boolean {
  return child.spec.image === target.image && child.spec.sidecar?.image === target.sidecar?.image;
}

/**
 * The node is known to run what its spec asks for, and that is the target. Two things that were never observed are not equal:
 * an empty record proves nothing.
 */
export function runs(child: Child, target: ImageSpec): boolean {
  const { currentImage, currentSidecarImage } = child.status ?? {};
  const sidecar = target.sidecar?.image;
  return (
    asksFor(child, target) &&
    currentImage === target.image &&
    (sidecar === undefined || currentSidecarImage === sidecar)
  );
}

/** Its controller has seen the spec as it is, and is not at work on it. */
export function isSettled(child: Child): boolean {
  const { observedGeneration = 0, plan } = child.status ?? {};
  return observedGeneration >= (child.metadata.generation ?? 0) && plan?.phase !== "Active";
}

/** Ready, and said so about the spec as it is now: right after a change the old word still stands. */
export function isReady(child: Child): boolean {
  const ready = findCondition(child.status?.conditions, SeiNodeConditions.ready);
  return (
    !isTerminating(child) &&
    ready?.status === "True" &&
    (ready.observedGeneration ?? 0) >= (child.metadata.generation ?? 0)
  );
}

export function isRunning(child: Child): boolean {
  return child.status?.phase === "Running";
}

/** As told in `status.rollout.nodes` (spec/seinodedeployment.md 7.4). */
export function isRolledOut(child: Child, target: ImageSpec): boolean {
  return isRunning(child) && runs(child, target);
}

/**
 * A pod's problem, with a memory for crash loops. Between two crashes the container runs for a while and looks well; told
 * as it looks, the condition would flip with each restart and its clock would never run out.
 */
import type { Clock } from "#clock";
import type { DeepReadonly, Pod } from "#kube";
import { isPodReady, type PodProblem, podProblem } from "./pod-state.ts";

/** The kubelet forgets its own back-off after the container ran this long. */
const FORGIVEN_AFTER_MS = 10 * 60_000;

interface Loop {
  podUid: string;
  seenAt: number;
  problem: PodProblem;
}

export class CrashLoops {
  readonly #clock: Clock;
  readonly #loops = new Map<string, Loop>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** What is wrong with the pod now, or was a moment ago and will be again. */
  observe(key: string, pod: DeepReadonly<Pod> | undefined): PodProblem | undefined {
    if (pod === undefined) {
      this.#loops.delete(key);
      return undefined;
    }
    const problem = podProblem(pod);
    const { uid } = pod.metadata;
    if (problem?.kind === "crashLoop") {
      this.#loops.set(key, { podUid: uid, seenAt: this.#clock.monotonic(), problem });
      return problem;
    }
    const loop = this.#loops.get(key);
    const over =
      loop?.podUid !== uid || isPodReady(pod) || this.#clock.monotonic() - loop.seenAt >= FORGIVEN_AFTER_MS;
    if (over) this.#loops.delete(key);
    return problem ?? (over ? undefined : loop.problem);
  }

  forget(key: string): void {
    this.#loops.delete(key);
  }
}

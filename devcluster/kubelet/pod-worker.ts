/**
 * Takes one pod (one uid) from creation to its end.
 *
 *   unscheduled --claims bound, not held--> bound --mounts there--> running containers --deletionTimestamp-->
 *   terminating --processes gone--> finalized
 *
 * One step at a time; a step looks at the newest pod and the processes, moves what can move, and writes at most one
 * status. Watch events and models only say "look again".
 */
import type { Clock } from "#clock";
import { isApiError } from "#kube";
import type { RbacProxy, Volume } from "../sidecar/index.ts";
import type { KubeletApi, LivePod, PodStatus } from "./api.ts";
import { readMounts } from "./mounts.ts";
import { PodProcesses } from "./pod-processes.ts";
import { renderStatus, unschedulableStatus } from "./pod-status.ts";
import type { StartProgram } from "./programs.ts";

export interface PodWorkerOptions {
  api: KubeletApi;
  clock: Clock;
  /** From a change to the status that shows it. */
  statusMs: number;
  /** From the end of the processes to the pod's removal. */
  stopMs: number;
  nodeName: string;
  hostIP: string;
  podIP: string;
  canPull: (image: string) => boolean;
  /** Why the pod cannot be placed now, or the volume it gets. */
  place: (pod: LivePod) => { unschedulable: string } | { volume: Volume };
  programs: (worker: PodWorker, volume: Volume, rbacProxyConfig: RbacProxy["attributes"]) => StartProgram;
  /** Something failed that a retry may cure; for the log. */
  onError: (pod: LivePod, error: unknown) => void;
}

const retryMs = 250;

export class PodWorker {
  readonly #options: PodWorkerOptions;
  #pod: LivePod;
  #processes: PodProcesses | undefined;
  #startedAt = 0;
  #shown = "";
  #stepping = false;
  #dirty = false;
  #ended = false;
  #wakeUp: { dueAt: number; cancel: () => void } | undefined;

  constructor(pod: LivePod, options: PodWorkerOptions) {
    this.#pod = pod;
    this.#options = options;
    this.kick(0);
  }

  get pod(): LivePod {
    return this.#pod;
  }

  get processes(): PodProcesses | undefined {
    return this.#processes;
  }

  /** A newer state of the same pod. */
  observe(pod: LivePod): void {
    const before = this.#pod;
    this.#pod = pod;
    // Our own status writes come back as events; only these say something new.
    const changed =
      before.metadata.deletionTimestamp !== pod.metadata.deletionTimestamp ||
      before.spec?.nodeName !== pod.spec?.nodeName ||
      before.metadata.generation !== pod.metadata.generation;
    if (changed) this.kick(0);
  }

  /** Look again within `delayMs`. Of several calls the earliest counts. */
  kick(delayMs = this.#options.statusMs): void {
    if (this.#ended) return;
    const dueAt = this.#options.clock.monotonic() + delayMs;
    if (this.#wakeUp !== undefined && this.#wakeUp.dueAt <= dueAt) return;
    this.#wakeUp?.cancel();
    const cancel = this.#options.clock.after(delayMs, () => {
      this.#wakeUp = undefined;
      this.#wake();
    });
    this.#wakeUp = { dueAt, cancel };
  }

  /** The object is gone (or the simulator stops): no process may stay. */
  end(): void {
    this.#ended = true;
    this.#wakeUp?.cancel();
    this.#processes?.kill();
  }

  #wake(): void {
    if (this.#stepping) {
      this.#dirty = true;
      return;
    }
    this.#stepping = true;
    this.#step()
      .catch((error: unknown) => this.#recover(error))
      .finally(() => {
        this.#stepping = false;
        if (!this.#dirty) return;
        this.#dirty = false;
        this.kick(0);
      });
  }

  #recover(error: unknown): void {
    // Not found: gone, the watch is about to say so.
    if (this.#ended || isApiError(error, "notFound", "aborted")) return;
    // A conflict is another uid under the name (the watch will tell) or the API server's own contention: try again.
    if (!isApiError(error, "conflict")) this.#options.onError(this.#pod, error);
    this.kick(retryMs);
  }

  async #step(): Promise<void> {
    if (this.#ended) return;
    if (this.#pod.metadata.deletionTimestamp !== undefined) {
      await this.#terminate();
      return;
    }
    if (this.#pod.status?.phase === "Succeeded" || this.#pod.status?.phase === "Failed") return;
    if (this.#processes === undefined && !(await this.#start())) return;
    this.#processes?.advance();
    await this.#show();
  }

  /** False: not yet, an event will tell. */
  async #start(): Promise<boolean> {
    const { api, clock, place, nodeName, canPull, programs } = this.#options;
    const pod = this.#pod;
    const placement = place(pod);
    if ("unschedulable" in placement) {
      await this.#write(unschedulableStatus(pod, placement.unschedulable, clock.now()));
      return false;
    }
    if ((pod.spec?.nodeName ?? "") === "") await api.bind(pod, nodeName);
    const mounts = await readMounts(api, pod, seiNodeNameOf(pod));
    if (mounts.missing !== undefined) {
      this.kick(retryMs); // no watch on ConfigMaps and Secrets: a real kubelet retries this too
      return false;
    }
    if (this.#ended) return false;
    this.#startedAt = clock.now();
    this.#processes = new PodProcesses({
      pod,
      clock,
      canPull,
      startProgram: programs(this, placement.volume, mounts.rbacProxyConfig),
      onChange: () => this.kick(),
    });
    return true;
  }

  async #terminate(): Promise<void> {
    const { api, clock, stopMs } = this.#options;
    const processes = this.#processes;
    const graceSeconds = (this.#pod.metadata as { deletionGracePeriodSeconds?: number })
      .deletionGracePeriodSeconds;
    processes?.terminate((graceSeconds ?? 30) * 1000);
    processes?.advance();
    await this.#show();
    if (processes?.stopped === false) return; // its exit kicks
    if (stopMs > 0) await clock.sleep(stopMs);
    if (this.#ended) return;
    await api.finalize(this.#pod);
    this.#ended = true;
  }

  async #show(): Promise<void> {
    const processes = this.#processes;
    if (processes === undefined) return;
    const { hostIP, podIP, clock } = this.#options;
    const { containers, phase, initialized, ready } = processes;
    const facts = { pod: this.#pod, containers, phase, initialized, ready, hostIP, podIP };
    await this.#write(renderStatus({ ...facts, startedAt: this.#startedAt, now: clock.now() }));
  }

  /** Writes unless it is what was written last. */
  async #write(status: PodStatus): Promise<void> {
    const text = JSON.stringify(status, (key, value) => (key === "lastTransitionTime" ? undefined : value));
    if (text === this.#shown) return;
    await this.#options.api.patchStatus(this.#pod, status);
    this.#shown = text;
  }
}

/** The SeiNode a pod belongs to: the StatefulSet pod and the bootstrap pod name it as their subdomain. */
export function seiNodeNameOf(pod: LivePod): string {
  return pod.spec?.subdomain || pod.metadata.labels?.["sei.io/node"] || pod.metadata.name;
}

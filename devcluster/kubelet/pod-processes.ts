/**
 * The containers of one pod and the order in which a kubelet runs them. Level-triggered: `advance` looks at everything
 * and moves what can move; it may be called at any time.
 */
import type { Clock } from "#clock";
import type { Seid, SidecarProcess } from "../sidecar/index.ts";
import type { LivePod } from "./api.ts";
import { Container, type ContainerKind, type ContainerSpec } from "./container.ts";
import { probeHolds } from "./probes.ts";
import type { StartProgram } from "./programs.ts";

export interface PodProcessesOptions {
  pod: LivePod;
  clock: Clock;
  canPull: (image: string) => boolean;
  startProgram: StartProgram;
  /** Something may have moved: call `advance` and look. */
  onChange: () => void;
}

export type PodPhase = "Pending" | "Running" | "Succeeded" | "Failed";

export class PodProcesses {
  /** Init containers in order, then the main ones. */
  readonly containers: readonly Container[];
  readonly #options: PodProcessesOptions;
  readonly #restartPolicy: string;
  #initialized = false;
  #terminating = false;
  #cancelKill: () => void = () => undefined;

  constructor(options: PodProcessesOptions) {
    this.#options = options;
    const spec = options.pod.spec;
    this.#restartPolicy = spec?.restartPolicy ?? "Always";
    const make = (container: ContainerSpec, kind: ContainerKind) =>
      new Container({ ...options, spec: container, kind });
    this.containers = [
      ...(spec?.initContainers ?? []).map((container) =>
        make(container, container.restartPolicy === "Always" ? "sidecar" : "init"),
      ),
      ...(spec?.containers ?? []).map((container) => make(container, "main")),
    ];
  }

  get sidecar(): SidecarProcess | undefined {
    return this.containers.find(({ program }) => program?.sidecar !== undefined)?.program?.sidecar;
  }

  get seid(): Seid | undefined {
    return this.containers.find(({ program }) => program?.seid !== undefined)?.program?.seid;
  }

  container(name: string): Container | undefined {
    return this.containers.find(({ spec }) => spec.name === name);
  }

  /** All init containers have done their part. Never goes back. */
  get initialized(): boolean {
    return this.#initialized;
  }

  get ready(): boolean {
    const counted = this.containers.filter(({ kind }) => kind !== "init");
    return this.#initialized && !this.#terminating && counted.every(({ ready }) => ready);
  }

  get phase(): PodPhase {
    const failedInit = this.#inits.some(({ kind, exitCode }) => kind === "init" && (exitCode ?? 0) !== 0);
    if (failedInit && this.#restartPolicy === "Never") return "Failed";
    if (!this.#initialized) return "Pending";
    // Succeeded and Failed are said only once nothing runs any more, the sidecars included.
    if (!this.#mainsAreFinal || !this.stopped) {
      return this.#mains.some(({ isRunning, lastTerminated }) => isRunning || lastTerminated !== undefined)
        ? "Running"
        : "Pending";
    }
    return this.#mains.every(({ exitCode }) => exitCode === 0) ? "Succeeded" : "Failed";
  }

  /** No process is left. */
  get stopped(): boolean {
    return this.containers.every(({ isRunning }) => !isRunning);
  }

  advance(): void {
    if (this.#terminating) {
      this.#continueTermination();
      return;
    }
    if (this.#advanceInits()) {
      this.#initialized = true;
      for (const container of this.#mains) if (!this.#isFinal(container)) container.ensureRunning();
    }
    if (this.sidecar?.engine.ready === true) this.seid?.openGate();
    for (const container of this.containers) this.#probe(container);
    if (this.phase === "Failed" || (this.#initialized && this.#mainsAreFinal)) this.#stopInits();
  }

  /** SIGTERM to the main containers, then to the sidecars; what ignores it is killed after `graceMs`. */
  terminate(graceMs: number): void {
    if (this.#terminating) return;
    this.#terminating = true;
    this.#cancelKill = this.#options.clock.after(graceMs, () => this.kill());
    for (const container of this.#mains) container.terminate();
    for (const container of this.#inits) if (container.kind === "init") container.terminate();
    this.#continueTermination();
  }

  kill(): void {
    this.#terminating = true;
    this.#cancelKill();
    for (const container of this.containers) container.kill();
  }

  get #inits(): readonly Container[] {
    return this.containers.filter(({ kind }) => kind !== "main");
  }

  get #mains(): readonly Container[] {
    return this.containers.filter(({ kind }) => kind === "main");
  }

  get #mainsAreFinal(): boolean {
    return this.#mains.every((container) => this.#isFinal(container));
  }

  /** True once the main containers may run. */
  #advanceInits(): boolean {
    if (this.#initialized && this.#mainsAreFinal) return true;
    for (const container of this.#inits) {
      if (container.kind === "init") {
        if (container.exitCode === 0) continue;
        if (container.exitCode !== undefined && this.#restartPolicy === "Never") return false;
        container.ensureRunning();
        return false;
      }
      container.ensureRunning();
      this.#probe(container);
      // Before the first initialisation the next container waits for this one; afterwards it runs on its own.
      if (!container.started && !this.#initialized) return false;
    }
    return true;
  }

  #probe(container: Container): void {
    if (!container.isRunning) {
      if (container.kind !== "init") container.started = container.ready = false;
      return;
    }
    const pod = { containers: this.containers, sidecar: this.sidecar, seid: this.seid };
    container.started ||= probeHolds(pod, container, container.spec.startupProbe);
    const isOrdinaryInit = container.kind === "init";
    container.ready =
      !isOrdinaryInit && container.started && probeHolds(pod, container, container.spec.readinessProbe);
  }

  #isFinal(container: Container): boolean {
    if (container.exitCode === undefined || this.#terminating) return container.exitCode !== undefined;
    if (this.#restartPolicy === "Never") return true;
    return this.#restartPolicy === "OnFailure" && container.exitCode === 0;
  }

  #continueTermination(): void {
    if (this.#mains.every(({ isRunning }) => !isRunning)) this.#stopInits();
    if (this.stopped) this.#cancelKill();
  }

  #stopInits(): void {
    for (const container of this.#inits.toReversed()) if (container.isRunning) container.terminate();
  }
}

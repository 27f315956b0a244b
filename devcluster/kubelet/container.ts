/**
 * One container of a pod.
 *
 *   waiting --start--> running --exit--> terminated --restart--> running
 *   waiting --pull fails--> waiting(ImagePullBackOff) --rule cleared--> running
 *   terminated --exits too often--> waiting(CrashLoopBackOff) --back-off over--> running
 */
import type { Clock } from "#clock";
import type { LivePod } from "./api.ts";
import type { Program, StartProgram } from "./programs.ts";

type PodSpec = NonNullable<LivePod["spec"]>;
export type ContainerSpec = PodSpec["containers"][number];

/** `sidecar`: a restartable init container. */
export type ContainerKind = "init" | "sidecar" | "main";

export type ContainerState =
  | { is: "waiting"; reason: string; message?: string }
  | { is: "running"; startedAt: number }
  | { is: "terminated"; startedAt: number; finishedAt: number; exitCode: number; message?: string };

export interface ContainerOptions {
  spec: ContainerSpec;
  kind: ContainerKind;
  clock: Clock;
  canPull: (image: string) => boolean;
  startProgram: StartProgram;
  onChange: () => void;
}

/** kubelet: the first restart comes at once, then 10 s, 20 s ... 5 min; forgotten after 10 min of running. */
const backoffBaseMs = 10_000;
const backoffCapMs = 300_000;
const backoffForgetMs = 600_000;

export class Container {
  readonly spec: ContainerSpec;
  readonly kind: ContainerKind;
  readonly image: string;
  state: ContainerState = { is: "waiting", reason: "PodInitializing" };
  lastTerminated: Extract<ContainerState, { is: "terminated" }> | undefined;
  restartCount = 0;
  /** The image is on the node: `imageID` is known. */
  pulled = false;
  /** Startup probe passed, or none. Only ever true while running, or after an init container's success. */
  started = false;
  ready = false;
  program: Program | undefined;
  readonly #options: ContainerOptions;
  #recentExits = 0;
  #cancelRestart: (() => void) | undefined;
  #stopping = false;

  constructor(options: ContainerOptions) {
    this.#options = options;
    this.spec = options.spec;
    this.kind = options.kind;
    this.image = options.spec.image ?? "";
  }

  get isRunning(): boolean {
    return this.state.is === "running";
  }

  get exitCode(): number | undefined {
    return this.state.is === "terminated" ? this.state.exitCode : undefined;
  }

  /** Brings it to running, or to the reason why not. Does nothing while it runs or waits for its back-off. */
  ensureRunning(): void {
    if (this.#stopping || this.isRunning || this.#cancelRestart !== undefined) return;
    if (this.state.is === "terminated") this.#restart();
    else this.#start();
  }

  /** Ends a back-off early, for scripts that take their fault back: nobody wants to wait minutes for that in a test. */
  retryNow(): void {
    if (this.#cancelRestart === undefined) return;
    this.#cancelRestart();
    this.#leaveBackoff();
  }

  /** Asks the program to stop; false when it ignored that. */
  terminate(): boolean {
    this.#stop();
    return this.program?.terminate() ?? true;
  }

  kill(): void {
    this.#stop();
    this.program?.kill();
  }

  /** Ends the program with this code as if by itself; it is restarted by the pod's policy. */
  crash(code: number): void {
    this.program?.exit(code);
  }

  #stop(): void {
    this.#stopping = true;
    this.#cancelRestart?.();
    this.#cancelRestart = undefined;
  }

  #start(): void {
    if (!this.#options.canPull(this.image)) {
      const message = `Back-off pulling image "${this.image}": ErrImagePull: not found`;
      this.state = { is: "waiting", reason: "ImagePullBackOff", message };
      return;
    }
    this.pulled = true;
    this.state = { is: "running", startedAt: this.#options.clock.now() };
    // A program may exit before `startProgram` returns: then #exited has already moved the state on.
    const program = this.#options.startProgram(this, (code, message) => this.#exited(code, message));
    if (this.isRunning) this.program = program;
  }

  #restart(): void {
    if (this.state.is !== "terminated") return;
    const last = this.state;
    if (last.finishedAt - last.startedAt >= backoffForgetMs) this.#recentExits = 0;
    this.lastTerminated = last;
    this.#recentExits += 1;
    if (this.#recentExits === 1) {
      this.restartCount += 1;
      this.#start();
      return;
    }
    const delayMs = Math.min(backoffCapMs, backoffBaseMs * 2 ** (this.#recentExits - 2));
    const message = `back-off ${delayMs / 1000}s restarting failed container=${this.spec.name}`;
    this.state = { is: "waiting", reason: "CrashLoopBackOff", message };
    this.#cancelRestart = this.#options.clock.after(delayMs, () => this.#leaveBackoff());
  }

  #leaveBackoff(): void {
    this.#cancelRestart = undefined;
    this.restartCount += 1;
    this.#start();
    this.#options.onChange();
  }

  #exited(exitCode: number, message?: string): void {
    if (this.state.is !== "running") return;
    const { startedAt } = this.state;
    const finishedAt = this.#options.clock.now();
    this.state = {
      is: "terminated",
      startedAt,
      finishedAt,
      exitCode,
      ...(message === undefined ? {} : { message }),
    };
    this.program = undefined;
    this.started = this.kind === "init" && exitCode === 0;
    this.ready = this.started;
    this.#options.onChange();
  }
}

/**
 * One seid container's process, from container start to exit.
 *
 *   gated --gate opens--> starting --startDelayMs--> running --halt()--> halted --resume()--> running
 *   gated/starting/running/halted --SIGTERM, SIGKILL, crash, halt height--> stopped (onExit tells the code)
 *
 * `gated` is the bash loop that waits for the sidecar's 200; no process named seid exists then. A halted seid lives but
 * answers nobody, which is what the kubelet's readiness probe sees at an upgrade height. A container restart is a new
 * Seid. Height is wall time over block time while running, and is written back to the volume when it stops.
 */
import type { Clock } from "#clock";
import type { Volume } from "./volume.ts";

export type SeidState = "gated" | "starting" | "running" | "halted" | "stopped";

/** Knobs of one node's seid. They outlive pods; a change is seen by the running process at once. */
export interface SeidSettings {
  /** From gate to RPC. Default 0. */
  startDelayMs: number;
  /** Milliseconds per block. Default 400. */
  blockMs: number;
  /** What a seid with `--halt-height` needs to get there. Default 0. */
  syncMs: number;
  catchingUp: boolean;
  /** Blocks behind, as `/lag_status` sees it. */
  lag: number;
  /** Ignore SIGTERM: only SIGKILL ends it. */
  refuseToStop: boolean;
  /** False: the process runs and nobody answers on 26657. */
  rpcReachable: boolean;
  /** Wrap answers as `{"jsonrpc":"2.0","result":...}`. Sei's own fork does not. */
  enveloped: boolean;
  /** Chain id in `/status` when it differs from the sidecar's. */
  network: string | undefined;
}

export const defaultSeidSettings: Readonly<SeidSettings> = {
  startDelayMs: 0,
  blockMs: 400,
  syncMs: 0,
  catchingUp: false,
  lag: 0,
  refuseToStop: false,
  rpcReachable: true,
  enveloped: false,
  network: undefined,
};

const defaultLagThreshold = 300;

export interface SeidOptions {
  clock: Clock;
  settings: SeidSettings;
  volume: Volume;
  image: string;
  /** Exits with code 0 on reaching this height (the bootstrap wrapper maps seid's 130 to 0). */
  haltHeight?: number;
  /** Asked whenever seid gets to run: what a scripted image does. */
  imageBehaviour: () => "run" | "halt" | "crash";
  onChange: () => void;
  onExit: (code: number) => void;
}

export class Seid {
  readonly image: string;
  readonly #options: SeidOptions;
  #state: SeidState = "gated";
  #runningSince = 0;
  #cancelTimer: () => void = () => undefined;

  constructor(options: SeidOptions) {
    this.#options = options;
    this.image = options.image;
  }

  get state(): SeidState {
    return this.#state;
  }

  get height(): number {
    const { clock, settings, volume } = this.#options;
    if (this.#state !== "running") return volume.height;
    return volume.height + Math.floor((clock.monotonic() - this.#runningSince) / settings.blockMs);
  }

  /** Whether `/status` on 26657 gets an answer. */
  get rpcUp(): boolean {
    return this.#state === "running" && this.#options.settings.rpcReachable;
  }

  /** Whether `/lag_status` says 200, where it answers at all. */
  get caughtUp(): boolean {
    const threshold = Number(this.volume.files.overrides["network.rpc.lag_threshold"] ?? defaultLagThreshold);
    return this.settings.lag <= threshold;
  }

  get volume(): Volume {
    return this.#options.volume;
  }

  get settings(): Readonly<SeidSettings> {
    return this.#options.settings;
  }

  /** Whether a process that restart-seid would signal exists: seid itself, not the waiting shell. */
  get processExists(): boolean {
    return this.#state === "starting" || this.#state === "running" || this.#state === "halted";
  }

  /** The sidecar answered 200. Crossed once; later calls do nothing. */
  openGate(): void {
    if (this.#state !== "gated") return;
    this.#enter("starting");
    this.#after(this.#options.settings.startDelayMs, () => this.#run());
  }

  /** Stops at an upgrade height: this image gets no further on this chain data, a restart included. */
  halt(): void {
    if (this.#state === "stopped") return;
    this.#options.volume.haltedImage = this.image;
    if (this.processExists) this.#freeze();
  }

  /** Undoes `halt`. */
  resume(): void {
    if (this.#options.volume.haltedImage === this.image) this.#options.volume.haltedImage = undefined;
    this.reconsider();
  }

  /** Applies a changed image script to the process that runs now. */
  reconsider(): void {
    if (this.#state === "halted" || this.#state === "running") this.#run();
  }

  /** Returns false when the signal was ignored. */
  terminate(): boolean {
    if (this.processExists && this.#options.settings.refuseToStop) return false;
    // A shell at the gate has no trap: it dies of the signal. seid handles SIGTERM and exits by itself.
    this.exit(this.#state === "gated" ? 143 : 0);
    return true;
  }

  kill(): void {
    this.exit(137);
  }

  /** The process ends with this code, now. */
  exit(code: number): void {
    if (this.#state === "stopped") return;
    this.#settle();
    this.#cancelTimer();
    this.#state = "stopped";
    this.#options.onExit(code);
    this.#options.onChange();
  }

  #run(): void {
    const { volume, imageBehaviour, haltHeight, settings } = this.#options;
    const behaviour = imageBehaviour();
    if (behaviour === "crash") {
      this.exit(1);
      return;
    }
    if (behaviour === "halt" || volume.haltedImage === this.image) {
      this.#freeze();
      return;
    }
    // Another image got past the height at which the earlier one stood still.
    volume.haltedImage = undefined;
    if (this.#state === "running") return;
    volume.height = Math.max(volume.height, 1);
    this.#runningSince = this.#options.clock.monotonic();
    this.#enter("running");
    if (haltHeight !== undefined) this.#after(settings.syncMs, () => this.#reachHaltHeight(haltHeight));
  }

  #reachHaltHeight(height: number): void {
    this.#settle();
    this.#options.volume.height = Math.max(this.#options.volume.height, height);
    this.#runningSince = this.#options.clock.monotonic();
    this.exit(0);
  }

  #freeze(): void {
    this.#settle();
    this.#cancelTimer();
    if (this.#state !== "halted") this.#enter("halted");
  }

  /** Writes the height reached so far to the volume. */
  #settle(): void {
    const height = this.height;
    this.#options.volume.height = height;
    this.#runningSince = this.#options.clock.monotonic();
  }

  #enter(state: SeidState): void {
    this.#state = state;
    this.#options.onChange();
  }

  #after(ms: number, fn: () => void): void {
    this.#cancelTimer();
    if (ms <= 0) fn();
    else this.#cancelTimer = this.#options.clock.after(ms, fn);
  }
}

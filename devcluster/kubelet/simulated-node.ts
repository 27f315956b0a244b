import {
  defaultSeidSettings,
  FaultBook,
  type RestartLimits,
  ScriptBook,
  type SeidSettings,
  type SidecarVersion,
  TaskJournal,
  type Volume,
} from "../sidecar/index.ts";

/** What is scripted for and known about one SeiNode, over all its pods and volumes. */
export class SimulatedNode {
  readonly namespace: string;
  readonly name: string;
  readonly scripts: ScriptBook;
  readonly journal = new TaskJournal();
  readonly faults = new FaultBook();
  readonly seidSettings: SeidSettings = { ...defaultSeidSettings };
  readonly restartLimits: RestartLimits = { graceMs: 90_000, upMs: 300_000 };
  sidecarVersion: SidecarVersion = "v0.0.56";
  /** The sidecar exits with code 1 whenever it is started. */
  sidecarIsDead = false;
  /** The disk of its newest pod; stays after the pod. */
  volume: Volume | undefined;
  /** How many seid containers use a volume. More than one means double signing in real life. */
  readonly #seids = new Map<Volume, number>();
  readonly #onViolation: (text: string) => void;

  constructor(namespace: string, name: string, scripts: ScriptBook, onViolation: (text: string) => void) {
    this.namespace = namespace;
    this.name = name;
    this.scripts = new ScriptBook(scripts);
    this.#onViolation = onViolation;
  }

  recordSeidStart(volume: Volume): void {
    const running = (this.#seids.get(volume) ?? 0) + 1;
    this.#seids.set(volume, running);
    if (running > 1)
      this.#onViolation(`${this.namespace}/${this.name}: ${running} seid containers on one volume`);
  }

  recordSeidStop(volume: Volume): void {
    const running = (this.#seids.get(volume) ?? 1) - 1;
    if (running <= 0) this.#seids.delete(volume);
    else this.#seids.set(volume, running);
  }
}

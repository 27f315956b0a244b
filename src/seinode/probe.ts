/**
 * What is known of each node's sidecar: the outcome of its health probe (spec/seinode.md 3.2), and whether a silent one
 * is dead (design D5). A probe is due when 30 s are over, when the pod changed, or when a plan ended; never in between.
 */
import type { Clock } from "#clock";
import type { SidecarClient } from "#sidecar";
import { SidecarError } from "#sidecar";

export type ProbeOutcome =
  | { readonly state: "ready" }
  | { readonly state: "notReady" }
  | {
      readonly state: "unreachable";
      readonly message: string;
      /** It answered, but does not let us in. */
      readonly refused: boolean;
      /** Whether a request was sent. */
      readonly asked: boolean;
    };

interface Known {
  fingerprint: string;
  probedAt: number;
  outcome: ProbeOutcome;
}

export const PROBE_INTERVAL_MS = 30_000;
/** While the sidecar is not ready or silent, its recovery should be seen soon. */
const RECHECK_INTERVAL_MS = 5_000;
const DEAD_AFTER_MS = 30_000;
/** The kubelet reaches the pod and we do not: more likely our side, so wait longer. */
const DEAD_AFTER_THOUGH_READY_MS = 60_000;
/** Fewer others than this say nothing about our own network. */
const QUORUM_OF_OTHERS = 3;

export class SidecarProbes {
  readonly #clock: Clock;
  readonly #known = new Map<string, Known>();
  /** How many of the known are unreachable, kept so that nobody has to count them. */
  #silent = 0;

  readonly #onProbe: (key: string, state: ProbeOutcome["state"]) => void;

  /** `onProbe` is told of each question that was really asked. */
  constructor(clock: Clock, onProbe: (key: string, state: ProbeOutcome["state"]) => void) {
    this.#clock = clock;
    this.#onProbe = onProbe;
  }

  /** The last outcome if it still holds; otherwise asks. Rejects only when `signal` aborts. */
  async probe(
    key: string,
    fingerprint: string,
    client: Pick<SidecarClient, "isReady">,
    signal: AbortSignal,
  ): Promise<ProbeOutcome> {
    const known = this.#known.get(key);
    if (
      known !== undefined &&
      known.fingerprint === fingerprint &&
      this.#clock.monotonic() < this.#dueAt(known)
    ) {
      return known.outcome;
    }
    const outcome = await ask(client, signal);
    if (outcome.state !== "unreachable" || outcome.asked) this.#onProbe(key, outcome.state);
    this.forget(key);
    this.#known.set(key, { fingerprint, probedAt: this.#clock.monotonic(), outcome });
    if (outcome.state === "unreachable") this.#silent++;
    return outcome;
  }

  /** Milliseconds until the next probe of this node is due. A node that is not probed is woken by its pod's events. */
  dueInMs(key: string): number {
    const known = this.#known.get(key);
    return known === undefined
      ? PROBE_INTERVAL_MS
      : Math.max(0, this.#dueAt(known) - this.#clock.monotonic());
  }

  /**
   * D5: whether waiting for this sidecar is pointless. A pod that is missing, or whose sidecar container does not run,
   * is proof by the kubelet. Silence alone is proof only after a while, never when the sidecar answered 401 or 403 (it
   * lives), and never while most other nodes are silent too (then it is our network).
   */
  isDead(
    key: string,
    pod: { exists: boolean; sidecarRuns: boolean; ready: boolean },
    /** When SidecarReady became Unknown: it survives a restart of ours. Epoch milliseconds. */
    unknownSince: number | undefined,
  ): boolean {
    if (!pod.exists || !pod.sidecarRuns) return true;
    const outcome = this.#known.get(key)?.outcome;
    if (outcome?.state !== "unreachable" || outcome.refused || unknownSince === undefined) return false;
    const patience = pod.ready ? DEAD_AFTER_THOUGH_READY_MS : DEAD_AFTER_MS;
    return this.#clock.now() - unknownSince >= patience && !this.#mostOthersAreSilent();
  }

  /**
   * The next `probe` asks. To be called whenever the last answer says nothing any more: the node is gone, its sidecar does
   * not run, or something was done that should have changed the answer.
   */
  forget(key: string): void {
    if (this.#known.get(key)?.outcome.state === "unreachable") this.#silent--;
    this.#known.delete(key);
  }

  #dueAt(known: Known): number {
    return known.probedAt + (known.outcome.state === "ready" ? PROBE_INTERVAL_MS : RECHECK_INTERVAL_MS);
  }

  /** Asked for a node that is silent itself. */
  #mostOthersAreSilent(): boolean {
    const others = this.#known.size - 1;
    return others >= QUORUM_OF_OTHERS && (this.#silent - 1) * 2 > others;
  }
}

async function ask(client: Pick<SidecarClient, "isReady">, signal: AbortSignal): Promise<ProbeOutcome> {
  try {
    return { state: (await client.isReady(signal)) ? "ready" : "notReady" };
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof SidecarError) || error.class === "fenced" || error.class === "aborted")
      throw error;
    const refused = error.class === "unauthorized";
    return { state: "unreachable", message: error.message, refused, asked: error.class !== "backingOff" };
  }
}

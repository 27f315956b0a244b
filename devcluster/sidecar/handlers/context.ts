import type { Clock } from "#clock";
import type { Bucket } from "../bucket.ts";
import type { Changes } from "../changes.ts";
import type { Seid, SeidSettings } from "../seid.ts";
import type { Volume } from "../volume.ts";

export type SidecarVersion = "v0.0.56" | "new";

/** Other nodes as seen over the network. */
export interface Network {
  /**
   * Who answers `/status` on this host name. `unreachable`: a name inside the cluster that nobody serves. `external`:
   * a name outside the simulation, taken to be healthy.
   */
  status(host: string): { nodeId: string; height: number } | "unreachable" | "external";
}

/** Limits of restart-seid (spec/sidecar.md 8.6). */
export interface RestartLimits {
  graceMs: number;
  upMs: number;
}

/** Everything of the pod a task handler can reach. One per sidecar process. */
export interface SidecarEnvironment {
  readonly clock: Clock;
  readonly version: SidecarVersion;
  readonly volume: Volume;
  /** Environment variables of the sidecar container. */
  readonly variables: Readonly<Record<string, string>>;
  /** `namespace/name` of the SeiNode. */
  readonly node: string;
  /** The seid container of the same pod, when it has one that was started. */
  readonly seid: () => Seid | undefined;
  readonly seidSettings: SeidSettings;
  /** Emitted on every change of seid. */
  readonly changes: Changes;
  readonly bucket: Bucket;
  readonly network: Network;
  readonly restartLimits: RestartLimits;
}

export interface TaskContext extends SidecarEnvironment {
  readonly id: string;
  readonly params: Readonly<Record<string, unknown>>;
  /** Aborted on cancellation and when the process ends. */
  readonly signal: AbortSignal;
  setReady(ready: boolean): void;
  /** Drops the stored rows of a type (mark-not-ready does this to mark-ready). */
  forgetTasks(type: string): void;
}

/** Returns the task's result, or throws an Error whose message becomes the task's error text. */
export type TaskHandler = (context: TaskContext) => unknown | Promise<unknown>;

/** Runs `work` unless the marker exists, and leaves the marker on success. */
export function once(marker: string, work: TaskHandler): TaskHandler {
  return async (context) => {
    const { markers } = context.volume.files;
    if (markers.has(marker)) return undefined;
    const result = await work(context);
    context.volume.files.markers.add(marker);
    return result;
  };
}

export function requiredText(context: TaskContext, name: string): string {
  const value = context.params[name];
  if (typeof value !== "string" || value === "") throw new Error(`missing required field '${name}'`);
  return value;
}

export function requiredPositive(context: TaskContext, name: string): number {
  const value = context.params[name];
  if (typeof value !== "number" || !Number.isFinite(value) || value <= 0) {
    throw new Error(`'${name}' must be greater than 0`);
  }
  return value;
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function chainIdOf(context: SidecarEnvironment): string {
  return context.variables.SEI_CHAIN_ID ?? "";
}

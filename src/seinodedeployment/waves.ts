/**
 * Which nodes an InPlace rollout may move now (issue 5, design 4.4). Pure.
 *
 *   not Ready anyway ------------------> wave 0, at once, costs no capacity: a coordinated halt is one wave
 *   Ready, the last wave came back ----> next wave, at most maxUnavailable nodes, by ordinal
 *   made in mid-rollout, not Ready yet > when nothing else waits: until then nobody knows whether it only comes up
 *
 * A node keeps its wave until the rollout ends or is superseded.
 */
import type { UpdateStrategy } from "#api";
import type { DeepReadonly } from "#kube";

export interface WaveNode {
  readonly name: string;
  readonly wave: number | undefined;
  /** Its spec asks for the target already. */
  readonly moved: boolean;
  /** It runs the target and is Ready. */
  readonly back: boolean;
  readonly ready: boolean;
  /** Made after the rollout began, and still being initialised. */
  readonly fresh: boolean;
}

/** The waves given now, by name. Empty: nobody's turn has come. `nodes` by ordinal. */
export function nextWave(nodes: readonly WaveNode[], maxUnavailable: number): ReadonlyMap<string, number> {
  const given = new Map<string, number>();
  const last = Math.max(0, ...nodes.map(({ wave }) => wave ?? 0));
  for (const { name, wave, moved, back, ready, fresh } of nodes) {
    if (wave !== undefined || back) continue;
    // Moved before the waves were counted, by another version of the operator: it has to come back like the others.
    if (moved) given.set(name, Math.max(1, last));
    else if (!ready && !fresh) given.set(name, 0);
  }
  if (nodes.some(({ wave, back }) => !back && (wave ?? 0) > 0)) return given;
  const room = Math.max(1, maxUnavailable) - [...given.values()].filter((wave) => wave > 0).length;
  const waiting = nodes.filter(({ name, wave, back }) => wave === undefined && !back && !given.has(name));
  const ready = waiting.filter((node) => node.ready);
  const turn = ready.slice(0, Math.max(0, room));
  if (ready.length === 0 && room > 0) for (const { name } of waiting) given.set(name, 0);
  for (const { name } of turn) given.set(name, last + 1);
  return given;
}

const DEFAULT_SHARE = 0.25;

/** How many of `count` nodes may be out of service because of a rollout. At least one. */
export function maxUnavailableOf(
  strategy: DeepReadonly<Pick<UpdateStrategy, "inPlace">> | undefined,
  isValidator: boolean,
  count: number,
): number {
  const value = strategy?.inPlace?.maxUnavailable;
  if (typeof value === "number") return Math.max(1, Math.floor(value));
  const percent = /^(\d+)%$/.exec(value ?? "")?.[1];
  if (percent !== undefined) return Math.max(1, Math.floor((count * Number(percent)) / 100));
  return isValidator ? 1 : Math.max(1, Math.floor(count * DEFAULT_SHARE));
}

/** One pass over one SeiNodeDeployment: what was read, and the status being worked out. Lives as long as the pass. */
import type { SeiNodeDeployment, SeiNodeDeploymentStatus } from "#api";
import { formatTime } from "#clock";
import {
  type Condition,
  type ConditionUpdate,
  type DeepReadonly,
  type Logger,
  type ReconcileContext,
  setCondition,
} from "#kube";
import type { Children } from "./children.ts";
import type { GroupRuntime } from "./deps.ts";

export type Group = DeepReadonly<SeiNodeDeployment>;

/** Why something cannot be done until somebody changes something. */
export interface Blocked {
  readonly reason: string;
  readonly message: string;
}

export interface Pass {
  /** `namespace/name`, the key of every in-memory record. */
  readonly key: string;
  /** The newest version held: the status flush carries its resourceVersion. */
  readonly group: Group;
  /** The draft: changed in place, flushed once at the end. */
  readonly status: SeiNodeDeploymentStatus & { conditions: Condition[] };
  readonly time: string;
  readonly signal: AbortSignal;
  readonly log: Logger;
  /** The owned SeiNodes. Kept up with what the pass writes. */
  readonly children: Children;
  /** Names of nodes that somebody else's SeiNodes have. */
  conflicts: readonly string[];
  /** What the current task waits for. */
  waitingFor?: string;
  /** A transient error of the current task. */
  taskError?: string;
  /** No plan could be built although one is needed. */
  blocked?: Blocked;
  /** Said and counted once the status is written: nobody hears of what was not. */
  readonly afterFlush: (() => void)[];
}

export function openPass(
  runtime: Pick<GroupRuntime, "clock">,
  key: string,
  group: Group,
  children: Children,
  context: ReconcileContext,
): Pass {
  const draft = structuredClone(group.status ?? {}) as SeiNodeDeploymentStatus;
  return {
    key,
    group,
    status: Object.assign(draft, { conditions: draft.conditions ?? [] }),
    time: formatTime(runtime.clock.now()),
    signal: context.signal,
    log: context.log,
    children,
    conflicts: [],
    afterFlush: [],
  };
}

export function setPassCondition(pass: Pass, update: ConditionUpdate): void {
  setCondition(pass.status.conditions, update, {
    generation: pass.group.metadata.generation ?? 0,
    time: pass.time,
  });
}

/** Told once the status is written. */
export function tellAfterFlush(
  runtime: Pick<GroupRuntime, "recorder">,
  pass: Pass,
  type: "Normal" | "Warning",
  reason: string,
  message: string,
): void {
  pass.afterFlush.push(() => runtime.recorder.event(pass.group, type, reason, message));
}

/** The SeiNode a task works on, and the phase it must be in, asked in every pass (spec/seinodetask.md 4). */
import { type SeiNode, SeiNodeTaskConditions, SeiNodeTaskReasons, seiNodes } from "#api";
import { formatGoDuration, parseGoDuration } from "#clock";
import { type DeepReadonly, unlessNotFound } from "#kube";
import type { SeiNodeTaskRuntime } from "./deps.ts";
import { type Pass, setPassCondition } from "./pass.ts";

export type Target =
  | { readonly state: "ready"; readonly node: DeepReadonly<SeiNode> }
  /** It is not in the phase. Its next event wakes us; the time is for its end, and in case the event is missed. */
  | { readonly state: "waiting"; readonly requeueAfterMs: number; readonly message: string }
  /** Terminal. */
  | { readonly state: "failed"; readonly message: string };

const DEFAULT_PHASE = "Running";
const DEFAULT_PATIENCE = "5m";
const SAFETY_POLL_MS = 5_000;

/** Rejects when the target cannot be read: only that it does not exist is terminal (section 14.3). */
export async function resolveTarget(runtime: SeiNodeTaskRuntime, pass: Pass): Promise<Target> {
  const { namespace = "" } = pass.task.metadata;
  const { name } = pass.task.spec.target.nodeRef;
  const { client } = runtime;
  const key = { namespace, name };
  // A node that was applied together with its task may not have reached the cache yet.
  const node =
    (await unlessNotFound(client.get<SeiNode>(seiNodes, key, pass.signal))) ??
    (await unlessNotFound(client.live.get<SeiNode>(seiNodes, key, pass.signal)));
  if (node === undefined)
    return { state: "failed", message: `SeiNode "${name}" does not exist in namespace "${namespace}"` };
  return awaitPhase(pass, node, runtime.clock.now());
}

/** Puts what it finds into the draft: TargetReady and `targetFirstObservedAt`. Does no I/O. */
export function awaitPhase(pass: Pass, node: DeepReadonly<SeiNode>, now: number): Target {
  const { status } = pass;
  const { requirePhase = DEFAULT_PHASE, requirePhaseTimeout = DEFAULT_PATIENCE } = pass.task.spec.target;
  const { name } = node.metadata;
  const type = SeiNodeTaskConditions.targetReady;
  if (node.status?.phase === requirePhase) {
    delete status.targetFirstObservedAt;
    const message = `SeiNode "${name}" is ${requirePhase}`;
    setPassCondition(pass, { type, status: "True", reason: SeiNodeTaskReasons.phaseMet, message });
    return { state: "ready", node };
  }
  const patienceMs = parseGoDuration(requirePhaseTimeout);
  if (patienceMs === undefined) {
    const message = `spec.target.requirePhaseTimeout ${JSON.stringify(requirePhaseTimeout)} is no duration: write it like 5m or 1h30m`;
    return { state: "failed", message };
  }
  status.targetFirstObservedAt ??= pass.time;
  const is = node.status?.phase ?? "in no phase yet";
  const message = `SeiNode "${name}" is ${is}, the task needs ${requirePhase}`;
  setPassCondition(pass, { type, status: "False", reason: SeiNodeTaskReasons.phaseNotMet, message });
  const leftMs = Date.parse(status.targetFirstObservedAt) + patienceMs - now;
  if (leftMs < 0) {
    const limit = formatGoDuration(Math.round(patienceMs));
    return {
      state: "failed",
      message: `SeiNode "${name}" did not become ${requirePhase} within ${limit}, it is ${is}`,
    };
  }
  return { state: "waiting", requeueAfterMs: Math.min(SAFETY_POLL_MS, leftMs + 1), message };
}

/** The end of a pass: aggregates, conditions, the one status write, and what follows from it (events, metrics, next look). */
import { SeiNodeDeploymentConditions, SeiNodeDeploymentEvents, SeiNodeDeploymentReasons } from "#api";
import { parseGoDuration } from "#clock";
import { findCondition, isConflict, type ReconcileResult } from "#kube";
import { isTerminating, nameList } from "./children.ts";
import { setCeremony } from "./conditions.ts";
import type { GroupRuntime } from "./deps.ts";
import { isPlanInProgress, isRolloutInProgress } from "./detection.ts";
import {
  findProblem,
  type HealthInput,
  isFounding,
  readyCondition,
  reconcilingCondition,
  stalledCondition,
  whyNotThere,
} from "./health.ts";
import { asksFor, isRunning } from "./images.ts";
import { endpointsOf, perPodServicesOf } from "./networking/index.ts";
import { type Blocked, type Group, type Pass, setPassCondition, tellAfterFlush } from "./pass.ts";
import { refreshRolloutNodes } from "./rollout.ts";
import { groupPhase, nodeList, nodesReadyCondition } from "./status.ts";
import { templateHash } from "./template-hash.ts";

const STALL_MS = 10 * 60_000;
/** Level first: should an event be missed, or a name conflict end that no event of ours tells. */
const STEADY_MS = 30_000;
/** Documented default of `spec.genesis.maxCeremonyDuration`. */
const CEREMONY_MS = 15 * 60_000;

/**
 * Flushes the draft, also when the pass failed: what is known is never lost. Rejects with `error` if there was one, a
 * conflict of the flush notwithstanding; otherwise with what the flush rejected with.
 */
export async function finishPass(
  runtime: GroupRuntime,
  pass: Pass,
  result: ReconcileResult,
  error: unknown,
  failure: Blocked | undefined,
): Promise<ReconcileResult> {
  const { group } = pass;
  // A passing trouble (an API server that is away, a conflict) says nothing about the group: what was told stays.
  const informed = error === undefined || failure !== undefined;
  const due = informed ? workOut(runtime, pass, failure, error === undefined) : [];
  let written: Group;
  try {
    written = await runtime.statusWriter.flush(group, pass.status, pass.signal);
  } catch (flushError) {
    if (error === undefined) throw flushError;
    pass.log.info(
      { error: flushError, conflict: isConflict(flushError) },
      "status of a failed pass was not written",
    );
    throw error;
  }
  for (const tell of pass.afterFlush) tell();
  reportMetrics(runtime, pass, written);
  if (error !== undefined) throw error;
  const delays = [result.requeueAfterMs, ...due, STEADY_MS].filter((delay) => delay !== undefined);
  // Never at once: a pass that finds nothing to do must not spin.
  return { requeueAfterMs: Math.max(1, Math.min(...delays)) };
}

/** Returns when something that is told will change by the clock alone. */
function workOut(
  runtime: GroupRuntime,
  pass: Pass,
  failure: Blocked | undefined,
  whole: boolean,
): readonly (number | undefined)[] {
  const { group, status, children } = pass;
  if (group.spec !== undefined) {
    setCeremony(pass);
    aggregate(pass, whole);
  }
  const stallDue = group.spec === undefined ? undefined : tellStall(runtime, pass);
  const ceremonyDue = group.spec === undefined ? undefined : ceremonyLeftMs(runtime, pass);
  const input: HealthInput = {
    group,
    status,
    children: children.all,
    conflicts: pass.conflicts,
    blocked: pass.blocked,
    waitingFor: pass.waitingFor,
    ceremonyLate: ceremonyDue !== undefined && ceremonyDue <= 0,
    failure,
  };
  const before = findCondition(group.status?.conditions, SeiNodeDeploymentConditions.stalled);
  const problem = group.spec === undefined ? failure : findProblem(input);
  tellConflicts(runtime, pass, before?.message);
  setPassCondition(pass, stalledCondition(problem));
  if (group.spec !== undefined) {
    setPassCondition(pass, reconcilingCondition(input));
    status.phase = groupPhase(group, status, children.all);
  }
  setPassCondition(pass, readyCondition(input));
  return [stallDue, ceremonyDue !== undefined && ceremonyDue > 0 ? ceremonyDue : undefined];
}

function aggregate(pass: Pass, whole: boolean): void {
  const { group, status } = pass;
  const children = pass.children.all;
  refreshRolloutNodes(pass);
  status.replicas = group.spec.replicas;
  status.readyReplicas = children.filter(isRunning).length;
  status.nodes = nodeList(children);
  status.incumbentNodes = pass.children.names;
  setPassCondition(pass, nodesReadyCondition(group, children));
  const perPod = perPodServicesOf(children);
  const endpoints = endpointsOf(status.internalService, perPod);
  if (perPod === undefined) delete status.perPodServices;
  else status.perPodServices = perPod;
  if (endpoints === undefined) delete status.endpoints;
  else status.endpoints = endpoints;
  // What this pass could not do has not been processed.
  if (!whole) return;
  setBaseline(pass);
  const busy = isPlanInProgress(status) || isRolloutInProgress(status);
  if (!busy && group.metadata.generation !== undefined) status.observedGeneration = group.metadata.generation;
}

/**
 * The hash of what the nodes are on, filled once: from then on only the end of a rollout moves it. So no edit is swallowed,
 * whether it is made during a ceremony, a pause, or between two writes of ours (QUIRK 9).
 */
function setBaseline(pass: Pass): void {
  const { group, status } = pass;
  const target = group.spec.template.spec;
  if (status.templateHash || status.rollout !== undefined || group.spec.paused === true) return;
  if (pass.children.all.length === 0) return;
  if (pass.children.all.every((child) => isTerminating(child) || asksFor(child, target)))
    status.templateHash = templateHash(target);
}

/** More than ten minutes, and not there (7.4). Nothing else changes: it goes on, and a new template starts the clock again. */
function tellStall(runtime: GroupRuntime, pass: Pass): number | undefined {
  const { status } = pass;
  const { rollout } = status;
  const type = SeiNodeDeploymentConditions.rolloutInProgress;
  const told = findCondition(status.conditions, type);
  if (rollout === undefined || told?.status !== "True" || pass.group.spec.paused === true) return undefined;
  const left = Date.parse(rollout.startedAt) + STALL_MS - runtime.clock.now();
  if (left >= 0) return left + 1;
  const stuck = (rollout.nodes ?? []).filter(({ ready }) => ready !== true);
  const reasons = stuck.map(({ name, wave }) => `${name} (${whyNotThere(pass.children.named(name), wave)})`);
  const where = reasons.length > 0 ? nameList(reasons, 10) : "no node; their sidecars are not marked ready";
  const message = `not complete after 10 minutes: ${where}`;
  const reason = SeiNodeDeploymentReasons.stalled;
  if (told.reason !== reason) {
    tellAfterFlush(
      runtime,
      pass,
      "Warning",
      SeiNodeDeploymentEvents.rolloutStalled,
      `rollout to ${rollout.targetHash} is ${message}`,
    );
  }
  setPassCondition(pass, { type, status: "True", reason, message });
  return undefined;
}

/** Until the ceremony has taken too long; negative from then on. Undefined: there is none, or its duration cannot be read. */
function ceremonyLeftMs(runtime: GroupRuntime, pass: Pass): number | undefined {
  const { group, status } = pass;
  if (!isFounding(group, status) || group.spec.paused === true) return undefined;
  const text = group.spec.genesis?.maxCeremonyDuration;
  const most = text ? parseGoDuration(text) : CEREMONY_MS;
  const created = Date.parse(group.metadata.creationTimestamp ?? "");
  if (most === undefined || Number.isNaN(created)) return undefined;
  const left = created + most - runtime.clock.now();
  if (left > 0) return left;
  // The condition of the ceremony remembers that it was told, whatever else stalls the group.
  const type = SeiNodeDeploymentConditions.genesisCeremonyComplete;
  const told = findCondition(pass.group.status?.conditions, type);
  const current = findCondition(status.conditions, type);
  const message = "the ceremony takes longer than spec.genesis.maxCeremonyDuration; it goes on";
  if (told?.message !== message)
    tellAfterFlush(runtime, pass, "Warning", SeiNodeDeploymentEvents.genesisCeremonyTimeout, message);
  if (current !== undefined) setPassCondition(pass, { ...current, message });
  return 0;
}

/** Once for each name. After a restart of ours the condition tells which were told, as far as it names them. */
function tellConflicts(runtime: GroupRuntime, pass: Pass, before: string | undefined): void {
  const told = runtime.conflictsTold.get(pass.key);
  const fresh = pass.conflicts.filter((name) => told?.has(name) !== true && !(before ?? "").includes(name));
  pass.afterFlush.push(() => runtime.conflictsTold.set(pass.key, new Set(pass.conflicts)));
  if (fresh.length === 0) return;
  const message = `SeiNode ${nameList(fresh)} is controlled by something else and is left alone`;
  tellAfterFlush(runtime, pass, "Warning", SeiNodeDeploymentEvents.nameConflict, message);
}

function reportMetrics(runtime: GroupRuntime, pass: Pass, written: Group): void {
  const { metrics } = runtime;
  const { status, group } = pass;
  const { namespace = "", name } = group.metadata;
  metrics.planActive(namespace, name, status.plan?.phase === "Active");
  metrics.replicas(namespace, name, status.replicas ?? 0, status.readyReplicas ?? 0);
  const phase = written.status?.phase;
  if (phase === undefined) return;
  metrics.phase(namespace, name, phase);
  const from = group.status?.phase ?? "";
  if (from !== phase) metrics.phaseTransition(namespace, from, phase);
}

/** An InPlace rollout in the status draft: opened, superseded, moved on, ended (spec/seinodedeployment.md 7). */
import {
  type RolloutStatus,
  SeiNodeDeploymentConditions,
  SeiNodeDeploymentEvents,
  SeiNodeDeploymentReasons,
  type TaskPlan,
} from "#api";
import { type DeepReadonly, findCondition } from "#kube";
import { type Child, isTerminating, ordinalInName, ordinalOf } from "./children.ts";
import type { GroupRuntime } from "./deps.ts";
import type { Detection } from "./detection.ts";
import { asksFor, isReady, isRolledOut, runs } from "./images.ts";
import { type Pass, setPassCondition, tellAfterFlush } from "./pass.ts";
import { maxUnavailableOf, nextWave } from "./waves.ts";
import { forEachChild, writeChild } from "./write-child.ts";

type RolloutNode = NonNullable<RolloutStatus["nodes"]>[number];

const TYPE = SeiNodeDeploymentConditions.rolloutInProgress;

/** Also when one is going on: then it is dropped for this one, and its clock starts again. */
export function openRollout(
  runtime: GroupRuntime,
  pass: Pass,
  { action, from, target }: Extract<Detection, { action: "open" | "supersede" }>,
): void {
  const { status } = pass;
  if (!pass.group.spec.updateStrategy?.type) {
    pass.log.warn({}, "spec.updateStrategy.type is empty and taken as InPlace");
  }
  const superseded = action === "supersede";
  status.rollout = {
    strategy: "InPlace",
    targetHash: target,
    startedAt: pass.time,
    incumbentNodes: pass.children.names,
    nodes: pass.children.all.map(({ metadata: { name } }) => ({ name })),
  };
  const old = from === "" ? "unknown" : from;
  setPassCondition(pass, {
    type: TYPE,
    status: "True",
    reason: SeiNodeDeploymentReasons.templateChanged,
    message: `template changed from ${old} to ${target}`,
  });
  const message = superseded
    ? `rollout to ${from} is superseded by one to ${target}`
    : `InPlace rollout to ${target.slice(0, 8)} started`;
  const reason = superseded
    ? SeiNodeDeploymentEvents.rolloutSuperseded
    : SeiNodeDeploymentEvents.rolloutStarted;
  tellAfterFlush(runtime, pass, "Normal", reason, message);
  pass.log.info({ from, target }, superseded ? "rollout superseded" : "rollout started");
}

/** Nothing is rolled, and nothing is lost: the change is seen again when the strategy is one that can be carried out. */
export function refuseRollout(
  runtime: GroupRuntime,
  pass: Pass,
  { strategy, drops }: Extract<Detection, { action: "refuse" }>,
): void {
  const { status } = pass;
  if (drops) {
    delete status.rollout;
    // Some nodes may be on the way: no hash tells any more what they are on.
    delete status.templateHash;
  }
  const reason = SeiNodeDeploymentReasons.strategyNotImplemented;
  const message = `the template changed, but strategy ${strategy} is not implemented yet: nothing is rolled out; set updateStrategy.type to InPlace`;
  const before = findCondition(status.conditions, TYPE);
  const told = before?.reason === reason && before.message === message;
  setPassCondition(pass, { type: TYPE, status: "False", reason, message });
  if (told) return;
  tellAfterFlush(runtime, pass, "Warning", SeiNodeDeploymentEvents.strategyNotImplemented, message);
}

/** The template is back on what the nodes run, or the strategy can be carried out again. */
export function clearRefusal(pass: Pass): void {
  if (findCondition(pass.status.conditions, TYPE)?.reason !== SeiNodeDeploymentReasons.strategyNotImplemented)
    return;
  const message = "the nodes are on the template";
  setPassCondition(pass, {
    type: TYPE,
    status: "False",
    reason: SeiNodeDeploymentReasons.notStarted,
    message,
  });
}

/** The names a plan of this rollout is about, by ordinal; those that were scaled away and are gone left out. */
export function rolloutNames(pass: Pass): readonly string[] {
  const { status, group, children } = pass;
  const named = status.rollout?.nodes ?? [];
  return named
    .map(({ name }) => name)
    .filter((name) => children.named(name) !== undefined || ordinalInName(group, name) < group.spec.replicas);
}

/** Gives waves to the nodes whose turn has come. True: there were some. They are moved in the next pass, once that is written. */
export function admitWave(pass: Pass): boolean {
  const { rollout } = pass.status;
  if (rollout === undefined) return false;
  const target = pass.group.spec.template.spec;
  const names = rolloutNames(pass);
  const known = new Map((rollout.nodes ?? []).map((node) => [node.name, node]));
  const startedAt = Date.parse(rollout.startedAt);
  const nodes = names.map((name) => {
    const child = pass.children.named(name);
    return {
      name,
      wave: known.get(name)?.wave,
      moved: child !== undefined && asksFor(child, target),
      back: child !== undefined && runs(child, target) && isReady(child),
      ready: child !== undefined && isReady(child),
      // One that is on its way out is not down for the chain's sake; its successor has its turn yet to come.
      fresh: child === undefined || isTerminating(child) || isFresh(child, startedAt),
    };
  });
  const { updateStrategy, template } = pass.group.spec;
  const most = maxUnavailableOf(updateStrategy, template.spec.validator !== undefined, names.length);
  const given = nextWave(nodes, most);
  if (given.size === 0) return false;
  rollout.nodes = names.map((name) => {
    const wave = given.get(name);
    return { ...known.get(name), name, ...(wave !== undefined && { wave }) };
  });
  pass.log.info({ waves: Object.fromEntries(given) }, "rollout wave");
  return true;
}

/** Times are whole seconds: a node of the very second counts as made after, which costs it no more than its place in the queue. */
function isFresh(child: Child, startedAt: number): boolean {
  return child.status?.phase !== "Running" && Date.parse(child.metadata.creationTimestamp ?? "") >= startedAt;
}

/**
 * Puts the nodes that were given a wave on the target, also those that somebody took off it again. Up-to-date ones are left
 * alone. Rejects when one could not be written; the others were.
 */
export async function moveAdmitted(runtime: GroupRuntime, pass: Pass): Promise<void> {
  const { group, status } = pass;
  const images = group.spec.template.spec;
  const admitted = (status.rollout?.nodes ?? []).filter(({ wave }) => wave !== undefined);
  const children = admitted
    .map(({ name }) => pass.children.named(name))
    .filter((child) => child !== undefined)
    .filter((child) => child.metadata.deletionTimestamp === undefined && !asksFor(child, images));
  await forEachChild(pass, children, async (child) => {
    const ordinal = ordinalOf(child) ?? ordinalInName(group, child.metadata.name);
    await writeChild(runtime, pass, ordinal, child, { images });
  });
}

/** What `status.rollout.nodes` tells, as of now. A rollout of the Go operator has no list yet. */
export function refreshRolloutNodes(pass: Pass): void {
  const { rollout } = pass.status;
  if (rollout === undefined) return;
  const target = pass.group.spec.template.spec;
  const known = rollout.nodes ?? pass.children.names.map((name): RolloutNode => ({ name }));
  rollout.nodes = known
    .map((node) => {
      const child = pass.children.named(node.name);
      const { phase: _, ...rest } = node;
      const phase = child?.status?.phase;
      const ready = child !== undefined && isRolledOut(child, target);
      return { ...rest, ready, ...(phase !== undefined && { phase }) };
    })
    .sort((a, b) => ordinalInName(pass.group, a.name) - ordinalInName(pass.group, b.name));
}

/** The plan of the rollout ended, or its nodes converged without one. The baseline is what was rolled out, not the template of now. */
export function endRollout(
  runtime: GroupRuntime,
  pass: Pass,
  how: "complete" | "failed",
  detail: string,
): void {
  const { status } = pass;
  const { rollout } = status;
  if (rollout === undefined) return;
  status.templateHash = rollout.targetHash;
  delete status.rollout;
  const complete = how === "complete";
  const message = complete
    ? `rollout to ${rollout.targetHash} is complete`
    : `rollout to ${rollout.targetHash} failed: ${detail}; it is not tried again: change the template`;
  setPassCondition(pass, {
    type: TYPE,
    status: "False",
    reason: complete ? SeiNodeDeploymentReasons.rolloutComplete : SeiNodeDeploymentReasons.rolloutFailed,
    message,
  });
  if (complete) tellAfterFlush(runtime, pass, "Normal", SeiNodeDeploymentEvents.rolloutComplete, message);
  pass.log.info({ target: rollout.targetHash }, complete ? "rollout complete" : "rollout failed");
}

/** The nodes that a plan names, one of the Go operator included: it writes some keys in capitals. */
export function targetNames(plan: DeepReadonly<TaskPlan>): readonly string[] {
  for (const { params } of plan.tasks) {
    const record = params as Record<string, unknown> | undefined;
    const names = record?.nodeNames ?? record?.NodeNames;
    if (Array.isArray(names)) return names.filter((name) => typeof name === "string");
    const nodes = record?.nodes ?? record?.Nodes;
    if (Array.isArray(nodes)) {
      return nodes.map((node) => node?.name ?? node?.Name).filter((name) => typeof name === "string");
    }
  }
  return [];
}

/** One look at a group's networking: Services, routes and what the status tells of them. */
import { type SeiNodeDeployment, SeiNodeDeploymentConditions, type SeiNodeDeploymentStatus } from "#api";
import { type DeepReadonly, findCondition, services } from "#kube";
import { networkingCondition, type Outcome } from "./condition.ts";
import { internalServiceOf, networkingStatusOf } from "./endpoints.ts";
import { announcements } from "./events.ts";
import { type HttpOutcome, publishHttp, withdrawHttp } from "./http-tier.ts";
import { keepInShape, type Problem } from "./keep.ts";
import { renderInternalService } from "./render/index.ts";
import type { NetworkingPass, NetworkingRuntime } from "./runtime.ts";
import { publishTcp, type TcpOutcome, withdrawTcp } from "./tcp-tier.ts";
import { activeTiers } from "./tiers.ts";

type Group = DeepReadonly<SeiNodeDeployment>;

export interface NetworkingResult {
  /** When to look again, if no event comes first. */
  readonly requeueAfterMs?: number;
  /** To be thrown at the end of the pass, for another try: what else a group needs does not wait for its networking. */
  readonly error?: unknown;
}

/** Whoever has a name we need tells us nothing when it is free. */
const PROBLEM_POLL_MS = 30_000;

/**
 * Keeps the internal Service and the active tiers in shape, takes back the others, and fills `internalService`,
 * `networkingStatus` and NetworkingReady of the status draft. Never rejects: see `error`. A part that failed in passing leaves
 * what was told of it as it is.
 */
export async function reconcileNetworking(
  runtime: NetworkingRuntime,
  group: Group,
  status: SeiNodeDeploymentStatus,
  pass: NetworkingPass,
): Promise<NetworkingResult> {
  setOrDelete(status, "networkingStatus", networkingStatusOf(group, runtime.settings));
  const errors: unknown[] = [];
  const attempt = async <T>(work: Promise<T>): Promise<T | undefined> => {
    try {
      return await work;
    } catch (error) {
      errors.push(error);
      return undefined;
    }
  };
  const { client } = runtime;
  const { signal } = pass;
  const tiers = activeTiers(group, runtime.settings);
  const internal = await attempt(keepInternalService(runtime, group, status, signal));
  const http = await attempt<HttpOutcome | undefined>(
    tiers.http ? publishHttp(runtime, group, signal) : withdrawHttp(client, group, signal),
  );
  const tcp = await attempt<TcpOutcome | undefined>(
    tiers.tcp ? publishTcp(runtime, group, signal) : withdrawTcp(client, group, signal),
  );
  if (errors.length > 0) return { error: errors[0] };

  const problems = [...(internal ?? []), ...(http?.problems ?? []), ...(tcp?.problems ?? [])];
  tell(runtime, group, { problems, http: http?.state, tcp }, pass);
  const due = [problems.length > 0 ? PROBLEM_POLL_MS : undefined, http?.lookAgainMs].filter(
    (delay) => delay !== undefined,
  );
  return due.length === 0 ? {} : { requeueAfterMs: Math.min(...due) };
}

/** Independent of `spec.networking`: the group's own tools reach its nodes through it. */
async function keepInternalService(
  runtime: NetworkingRuntime,
  group: Group,
  status: SeiNodeDeploymentStatus,
  signal: AbortSignal,
): Promise<readonly Problem[]> {
  const { client } = runtime;
  const applier = runtime.appliersOf(group).shared;
  const manifest = renderInternalService(group);
  const { problem } = await keepInShape({ client, applier }, group, services, manifest, signal);
  // An address that leads to somebody else's pods is worse than none.
  setOrDelete(status, "internalService", problem === undefined ? internalServiceOf(group) : undefined);
  return problem === undefined ? [] : [problem];
}

function tell(runtime: NetworkingRuntime, group: Group, outcome: Outcome, pass: NetworkingPass): void {
  const told = findCondition(group.status?.conditions, SeiNodeDeploymentConditions.networkingReady);
  pass.setCondition(networkingCondition(group, outcome));
  for (const { type, reason, message } of announcements(group, outcome, told)) {
    pass.afterFlush.push(() => runtime.recorder.event(group, type, reason, message));
  }
}

function setOrDelete<Field extends "networkingStatus" | "internalService">(
  status: SeiNodeDeploymentStatus,
  field: Field,
  value: SeiNodeDeploymentStatus[Field] | undefined,
): void {
  if (value === undefined) delete status[field];
  else status[field] = value;
}

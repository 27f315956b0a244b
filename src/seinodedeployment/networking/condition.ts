/** What NetworkingReady says, given how far the tiers got (spec/seinodedeployment.md 10, 12.1). Pure. */
import {
  NetworkingProblems,
  type SeiNodeDeployment,
  SeiNodeDeploymentConditions,
  SeiNodeDeploymentReasons,
} from "#api";
import { apiVersionOf, type ConditionUpdate, type DeepReadonly, httpRoutes } from "#kube";
import type { HttpOutcome } from "./http-tier.ts";
import type { Problem } from "./keep.ts";
import { externalServiceName } from "./names.ts";
import type { TcpOutcome } from "./tcp-tier.ts";

type Group = DeepReadonly<SeiNodeDeployment>;

/** One tier in words, and what it would make of the condition alone. */
export interface Told {
  readonly status: "True" | "False";
  readonly reason: string;
  readonly message: string;
}

export interface Outcome {
  readonly problems: readonly Problem[];
  readonly http: HttpOutcome["state"] | undefined;
  readonly tcp: Pick<TcpOutcome, "endpoints"> | undefined;
}

/** Somebody's doing is needed for the first, time for the last. */
const PROBLEM_ORDER = [
  NetworkingProblems.nameConflict,
  NetworkingProblems.objectRejected,
  NetworkingProblems.waitingForDeletion,
];

export function networkingCondition(group: Group, outcome: Outcome): ConditionUpdate {
  const type = SeiNodeDeploymentConditions.networkingReady;
  const { problems, tcp } = outcome;
  for (const reason of PROBLEM_ORDER) {
    if (!problems.some((problem) => problem.reason === reason)) continue;
    const message = problems.map((problem) => problem.message).join("; ");
    return { type, status: "False", reason, message };
  }
  const http = outcome.http && tellHttp(group, outcome.http);
  // TCP has the last word in the reference, and tools wait for its reason. What HTTP lacks is in the message.
  const p2p: Told | undefined = tcp && {
    status: "True",
    reason: SeiNodeDeploymentReasons.p2pEndpointsApplied,
    message: `${tcp.endpoints} P2P Services are applied`,
  };
  const last = p2p ?? http ?? tellDisabled(group);
  const message = [http, p2p].flatMap((told) => (told === undefined ? [] : [told.message])).join("; ");
  return { type, status: last.status, reason: last.reason, message: message || last.message };
}

export function tellHttp(group: Group, http: HttpOutcome["state"]): Told {
  switch (http.is) {
    case "published":
      return {
        status: "True",
        reason: SeiNodeDeploymentReasons.httpRoutesPublished,
        message: `${http.routes} HTTPRoutes are published`,
      };
    case "dnsPending":
      return {
        status: "False",
        reason: SeiNodeDeploymentReasons.dnsPending,
        message: `HTTPRoutes are published, but ${http.host} does not resolve yet: check its DNS record`,
      };
    case "noRoutes":
      return {
        status: "False",
        reason: SeiNodeDeploymentReasons.noEffectiveRoutes,
        message: `a validator serves nothing that a route could carry; Service ${externalServiceName(group)} has its P2P port`,
      };
    case "crdMissing":
      return {
        status: "False",
        reason: SeiNodeDeploymentReasons.crdNotInstalled,
        message: `this cluster has no ${httpRoutes.kind} of ${apiVersionOf(httpRoutes)}: install the Gateway API, and the routes follow`,
      };
  }
}

function tellDisabled(group: Group): Told {
  return {
    status: "False",
    reason: SeiNodeDeploymentReasons.networkingDisabled,
    message:
      group.spec.networking === undefined
        ? "spec.networking is not set"
        : "spec.networking.tcp needs a domain, and this operator was started without SEI_P2P_ENDPOINT_DOMAIN",
  };
}

/** External Service and HTTPRoutes (spec/seinodedeployment.md 10.3, 10.4). */
import { type SeiNodeDeployment, SeiNodeDeploymentConditions, SeiNodeDeploymentReasons } from "#api";
import {
  type Client,
  type DeepReadonly,
  findCondition,
  formatKey,
  httpRoutes,
  isNotFound,
  keyOf,
  services,
  unlessNotFound,
} from "#kube";
import type { HostAnswer } from "./host-checks.ts";
import { keepInShape, type Problem, removeIfOurs } from "./keep.ts";
import { externalServiceName } from "./names.ts";
import {
  groupLabels,
  type HTTPRouteManifest,
  renderExternalService,
  renderHttpRoutes,
} from "./render/index.ts";
import type { NetworkingRuntime } from "./runtime.ts";

type Group = DeepReadonly<SeiNodeDeployment>;

/** How far the tier got. Its objects that are not as wanted are `problems`. */
export interface HttpOutcome {
  readonly state:
    | { readonly is: "published"; readonly routes: number }
    | { readonly is: "dnsPending"; readonly host: string }
    | { readonly is: "noRoutes" }
    | { readonly is: "crdMissing" };
  readonly problems: readonly Problem[];
  /** When something is to be asked again that tells nobody when it changes. */
  readonly lookAgainMs?: number;
}

/** The API server answered as if it had no such kind, although our watch knows better or not yet. */
const KIND_CAME_OR_WENT_MS = 30_000;

export async function publishHttp(
  runtime: NetworkingRuntime,
  group: Group,
  signal: AbortSignal,
): Promise<HttpOutcome> {
  const { client } = runtime;
  const applier = runtime.appliersOf(group).shared;
  const service = renderExternalService(group);
  const kept = await keepInShape({ client, applier }, group, services, service, signal);
  const problems = kept.problem === undefined ? [] : [kept.problem];

  const routes = renderHttpRoutes(group, runtime.settings);
  const [first] = routes;
  if (first === undefined) {
    await removeRoutes(client, group, [], signal);
    return { state: { is: "noRoutes" }, problems };
  }
  if (!runtime.gatewayApi.installed) return { state: { is: "crdMissing" }, problems };
  try {
    for (const route of routes) {
      const { problem } = await keepInShape({ client, applier }, group, httpRoutes, route, signal);
      if (problem !== undefined) problems.push(problem);
    }
  } catch (error) {
    if (!isNotFound(error)) throw error;
    return { state: { is: "crdMissing" }, problems, lookAgainMs: KIND_CAME_OR_WENT_MS };
  }
  await removeRoutes(client, group, routes, signal);
  return { ...(await resolveFirstHost(runtime, group, first, routes.length, signal)), problems };
}

export async function withdrawHttp(client: Client, group: Group, signal: AbortSignal): Promise<undefined> {
  const key = { ...keyOf(group), name: externalServiceName(group) };
  const service = await unlessNotFound(client.get(services, key, signal));
  if (service !== undefined) await removeIfOurs(client, group, services, service, signal);
  await removeRoutes(client, group, [], signal);
}

/** Without the Gateway API the cache is empty, and so there is nothing to remove. */
async function removeRoutes(
  client: Client,
  group: Group,
  wanted: readonly HTTPRouteManifest[],
  signal: AbortSignal,
): Promise<void> {
  const names = new Set(wanted.map(({ metadata }) => metadata.name));
  const { namespace = "" } = group.metadata;
  const routes = await client.list(httpRoutes, { namespace, labels: groupLabels(group) }, signal);
  for (const route of routes) {
    if (!names.has(route.metadata.name)) await removeIfOurs(client, group, httpRoutes, route, signal);
  }
}

async function resolveFirstHost(
  runtime: NetworkingRuntime,
  group: Group,
  route: HTTPRouteManifest,
  routes: number,
  signal: AbortSignal,
): Promise<Pick<HttpOutcome, "state" | "lookAgainMs">> {
  const host = route.spec.hostnames?.[0] ?? "";
  const key = formatKey(keyOf(group));
  const { answer, dueInMs } = await runtime.hosts.check(key, host, toldBefore(group), signal);
  if (answer !== "resolves") return { state: { is: "dnsPending", host }, lookAgainMs: dueInMs };
  return { state: { is: "published", routes }, lookAgainMs: dueInMs };
}

/** What the status still says from an earlier process. */
function toldBefore(group: Group): HostAnswer {
  const told = findCondition(group.status?.conditions, SeiNodeDeploymentConditions.networkingReady);
  return told?.reason === SeiNodeDeploymentReasons.httpRoutesPublished ? "resolves" : "unknown";
}

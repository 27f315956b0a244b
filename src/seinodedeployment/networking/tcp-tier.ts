/** One load balancer for each node's P2P (spec/seinodedeployment.md 10.5). Pause and plans make no difference to it. */
import type { SeiNodeDeployment } from "#api";
import { type Client, type DeepReadonly, services } from "#kube";
import { keepInShape, type Problem, removeIfOurs } from "./keep.ts";
import { groupLabels, p2pLabels, renderP2pService, type ServiceManifest } from "./render/index.ts";
import type { NetworkingRuntime } from "./runtime.ts";

type Group = DeepReadonly<SeiNodeDeployment>;

export interface TcpOutcome {
  readonly endpoints: number;
  readonly problems: readonly Problem[];
}

export async function publishTcp(
  runtime: NetworkingRuntime,
  group: Group,
  signal: AbortSignal,
): Promise<TcpOutcome> {
  const { client, settings } = runtime;
  const applier = runtime.appliersOf(group).p2p;
  const problems: Problem[] = [];
  const wanted: ServiceManifest[] = [];
  for (let ordinal = 0; ordinal < group.spec.replicas; ordinal++) {
    const manifest = renderP2pService(group, ordinal, settings);
    wanted.push(manifest);
    const { problem } = await keepInShape({ client, applier }, group, services, manifest, signal);
    if (problem !== undefined) problems.push(problem);
  }
  await removeP2pServices(client, group, wanted, signal);
  return { endpoints: wanted.length, problems };
}

export async function withdrawTcp(client: Client, group: Group, signal: AbortSignal): Promise<undefined> {
  await removeP2pServices(client, group, [], signal);
}

async function removeP2pServices(
  client: Client,
  group: Group,
  wanted: readonly ServiceManifest[],
  signal: AbortSignal,
): Promise<void> {
  const names = new Set(wanted.map(({ metadata }) => metadata.name));
  const { namespace = "" } = group.metadata;
  const labels = { ...groupLabels(group), ...p2pLabels };
  for (const service of await client.list(services, { namespace, labels }, signal)) {
    if (!names.has(service.metadata.name)) await removeIfOurs(client, group, services, service, signal);
  }
}

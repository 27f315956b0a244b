/**
 * What becomes of a group's networking when the group is deleted (spec/seinodedeployment.md 11.2). Both read live: what is
 * deleted or let go for good is never judged by a cache. Both may run again after a crash anywhere.
 */
import type { SeiNodeDeployment } from "#api";
import {
  type Client,
  type DeepReadonly,
  type HTTPRoute,
  httpRoutes,
  releaseFromOwner,
  type Service,
  services,
  unlessNotFound,
} from "#kube";
import { removeIfOurs } from "./keep.ts";
import { internalServiceName } from "./names.ts";
import { groupLabels } from "./render/index.ts";

type Group = DeepReadonly<SeiNodeDeployment>;

/** Policy Delete: takes the group off the net at once. The internal Service goes with the nodes, by its owner reference. */
export async function deleteNetworking(client: Client, group: Group, signal: AbortSignal): Promise<void> {
  const kept = internalServiceName(group);
  for (const service of await labelledServices(client, group, signal)) {
    if (service.metadata.name !== kept) await removeIfOurs(client, group, services, service, signal);
  }
  for (const route of await labelledRoutes(client, group, signal)) {
    await removeIfOurs(client, group, httpRoutes, route, signal);
  }
}

/** Policy Retain: everything goes on working, without an owner. A later group of the name takes it over again. */
export async function retainNetworking(client: Client, group: Group, signal: AbortSignal): Promise<void> {
  const { uid } = group.metadata;
  const internal = internalServiceName(group);
  const all = await labelledServices(client, group, signal);
  // The internal one last: nodes that are still ours are reached through it.
  const inOrder = [
    ...all.filter(({ metadata }) => metadata.name !== internal),
    ...all.filter(({ metadata }) => metadata.name === internal),
  ];
  for (const route of await labelledRoutes(client, group, signal))
    await releaseFromOwner(client, httpRoutes, route, uid, signal);
  for (const service of inOrder) await releaseFromOwner(client, services, service, uid, signal);
}

/** Those with our label, whoever controls them: both uses look at that themselves. */
function labelledServices(
  client: Client,
  group: Group,
  signal: AbortSignal,
): Promise<readonly DeepReadonly<Service>[]> {
  const { namespace = "" } = group.metadata;
  return client.live.list(services, { namespace, labels: groupLabels(group) }, signal);
}

/** A cluster without the Gateway API has none. */
async function labelledRoutes(
  client: Client,
  group: Group,
  signal: AbortSignal,
): Promise<readonly DeepReadonly<HTTPRoute>[]> {
  const { namespace = "" } = group.metadata;
  const list = client.live.list(httpRoutes, { namespace, labels: groupLabels(group) }, signal);
  return (await unlessNotFound(list)) ?? [];
}

/**
 * How the nodes of a group are reached (spec/seinodedeployment.md 10): the internal Service always, the external Service with
 * its HTTPRoutes and a load balancer for each node's P2P when asked for.
 *
 * Pure: render/, names, tiers, exposure, endpoints, condition, events. Two things a newcomer gets wrong: (1) a name is not an
 * identity: before the first apply the server is asked whose it is, and only what this group controls is ever deleted;
 * (2) the cluster may have no HTTPRoutes at all, today or tomorrow. That is a condition and never an error.
 */
export { deleteNetworking, retainNetworking } from "./deletion.ts";
export { endpointsOf, internalServiceOf, networkingStatusOf, perPodServicesOf } from "./endpoints.ts";
export type { HostAnswer, HostLookup } from "./host-checks.ts";
export { createHostLookup } from "./host-lookup.ts";
export { p2pAddress } from "./names.ts";
export { type NetworkingResult, reconcileNetworking } from "./reconcile.ts";
export {
  createNetworkingRuntime,
  type NetworkingDeps,
  type NetworkingPass,
  type NetworkingRuntime,
} from "./runtime.ts";

export * from "./applier.ts";
export { createCachedClient, type WritableRest } from "./cached-client.ts";
export * from "./client.ts";
export { type LoadOptions, loadClusterConfig } from "./cluster-config.ts";
export { type AuthInfo, type ClusterConfig, ClusterConfigError } from "./cluster-config-types.ts";
export * from "./conditions.ts";
export * from "./controller.ts";
export { createElector, ELECTION_TIMINGS, type Elector, type ElectorOptions } from "./elector.ts";
export * from "./errors.ts";
export { type KeyMapping, labelKeys, ownerKeys, ownKey } from "./event-keys.ts";
export {
  createEventRecorder,
  type EventRecorderOptions,
  events,
  type RunningEventRecorder,
} from "./event-recorder.ts";
export { UnsafeIntegerError } from "./exact-json.ts";
export { createFence, createOpenFence, type Fence } from "./fence.ts";
export * from "./finalizers.ts";
export { FreshList } from "./fresh-list.ts";
export { FreshReader } from "./fresh-reader.ts";
export {
  type Authorize,
  type BindTo,
  createMetricsEndpoint,
  createProbeEndpoint,
  type HttpEndpoint,
} from "./http-endpoints.ts";
export * from "./informer.ts";
export * from "./json.ts";
export { type Lease, leases } from "./lease.ts";
export {
  createManager,
  type ManagedCache,
  type Manager,
  type ManagerOptions,
  type Runnable,
} from "./manager.ts";
export { createMetricsAuthorizer } from "./metrics-auth.ts";
export * from "./object.ts";
export * from "./optional-kind.ts";
export * from "./owner-references.ts";
export * from "./predicates.ts";
export * from "./quantity.ts";
export * from "./queue.ts";
export * from "./reconcile.ts";
export type { ListWatch } from "./reflector.ts";
export { includesVersion } from "./resource-version.ts";
export * from "./resources.ts";
export * from "./rest-api.ts";
export { createRestClient } from "./rest-client.ts";
export * from "./service-port.ts";
export * from "./status-writer.ts";
export { type Indexes, type IndexFunction, labelIndex, type Selection } from "./store.ts";

/**
 * The typed client of the sidecar's HTTP API, and what is to know about each of its tasks: wire params, retry budget, how it
 * ends. Does not live here: when a task is submitted or polled (`#plan`), and which tasks a plan holds (the kinds).
 *
 * Two things a newcomer gets wrong: POSTing a known id is harmless while it runs or after it completed, but runs it again
 * when it failed; and an error says nothing about whether the POST arrived.
 */
export * from "./contract.ts";
export { createSidecarFactory, type SidecarFactoryOptions, type SidecarGate } from "./http-client.ts";
export { isOverrideKey, nearestOverrideKey, overrideKeys } from "./override-keys.ts";
export { InvalidParamsError } from "./params-reader.ts";
export * from "./pod.ts";
export { createProxyResolver, type Environment, type ProxyResolver } from "./proxy-env.ts";
export {
  maxRetriesOf,
  type SidecarTaskType,
  sidecarTaskType,
  sidecarTaskTypes,
  wireParams,
} from "./task-catalog.ts";
export { IN_CLUSTER_TOKEN_FILE, TOKEN_FILE_VARIABLE } from "./token-source.ts";

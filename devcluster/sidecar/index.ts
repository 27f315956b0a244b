/**
 * The simulated sidecar and seid (spec/sidecar.md): task engine, seid model, their HTTP endpoints and the forward
 * proxy that leads to them. Knows nothing of Kubernetes; `../kubelet` starts and stops these processes.
 *
 * Two things a newcomer gets wrong: task rows belong to the `Volume` and outlive the process, the ready flag belongs to
 * the `SidecarProcess` and does not; and a submitted task is "running" at once, there is no queue.
 */
export { Bucket } from "./bucket.ts";
export { Changes } from "./changes.ts";
export type { SubmitAnswer } from "./engine.ts";
export { TaskEngine } from "./engine.ts";
export type { NodeFiles, TomlTable, TomlValue } from "./files.ts";
export type { Network, RestartLimits, SidecarEnvironment, SidecarVersion } from "./handlers/context.ts";
export {
  ProxyAuthorizer,
  type RemoteUser,
  type ReviewAttributes,
  type Reviewer,
} from "./http/authorization.ts";
export { type Fault, FaultBook, type FaultFilter } from "./http/faults.ts";
export { ForwardProxy } from "./http/forward-proxy.ts";
export { type PodServer, proxyPort, type RbacProxy, rpcPort } from "./http/pod-server.ts";
export { RequestLog, type RequestRecord } from "./http/request-log.ts";
export { TaskJournal, type TaskPost } from "./journal.ts";
export { ScriptBook, type TaskScript } from "./scripts.ts";
export { defaultSeidSettings, Seid, type SeidSettings, type SeidState } from "./seid.ts";
export { SidecarProcess, startupProblem } from "./sidecar-process.ts";
export { nodeIdOf, type TaskRow, Volume } from "./volume.ts";

/**
 * Pure builders of the objects that belong to a SeiNode: resource and settings in, object out.
 *
 * Lives here: what the objects look like, and the names, labels and ports others need to find them. Does not live here:
 * reading, applying, comparing with what is live. What newcomers get wrong: a builder never leaves out a field to mean
 * "off" (server-side apply would give the field up to its default), and the order of containers, env and volumes is part
 * of the pod template, so changing it for beauty gives every node a new revision.
 */
export { type JobManifest, renderBootstrapJob } from "./bootstrap-job.ts";
export { bootstrapJobName, bootstrapLabels } from "./bootstrap-names.ts";
export { renderBootstrapService } from "./bootstrap-service.ts";
export { sidecarResources } from "./containers/sidecar.ts";
export { renderDataVolumeClaim } from "./data-volume-claim.ts";
export { ModeError, RenderError } from "./errors.ts";
export { renderHeadlessService } from "./headless-service.ts";
export {
  type IdentityChange,
  identityChange,
  identityOf,
  type NodeIdentity,
  type RenderedObject,
} from "./identity.ts";
export {
  keyringReference,
  nodeKeyFile,
  nodeKeySecret,
  type OperatorKeyring,
  operatorKeyring,
  signingKeyFile,
  signingKeySecret,
} from "./keys.ts";
export { resourceLabels, selectorLabels } from "./labels.ts";
export type {
  ConfigMapManifest,
  PersistentVolumeClaimManifest,
  ServiceManifest,
  StatefulSetManifest,
} from "./manifest.ts";
export { type ConfigMode, configModeOf, type Mode, modeOf, modes, type Role, roleOf } from "./mode.ts";
export {
  claimName,
  containerNames,
  dataDir,
  ownClaimName,
  rbacProxyConfigName,
  volumeNames,
} from "./names.ts";
export { modeSettings, sidecarImage } from "./platform.ts";
export { apiPort, p2pPort, rpcPort, sidecarPort } from "./ports.ts";
export { renderRbacProxyConfig } from "./rbac-proxy-config.ts";
export { snapshotOf } from "./snapshot.ts";
export { renderStatefulSet } from "./stateful-set.ts";

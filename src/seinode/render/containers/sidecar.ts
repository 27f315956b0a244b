import type { IContainer, IEnvVar, IResourceRequirements, IVolumeMount } from "kubernetes-models/v1";
import type { SeiNode } from "#api";
import type { DeepReadonly } from "#kube";
import type { Settings } from "../../../settings.ts";
import { operatorKeyring } from "../keys.ts";
import { containerNames, dataDir, volumeNames } from "../names.ts";
import { sidecarImage } from "../platform.ts";
import { containerPort, sidecarPort } from "../ports.ts";
import { nonRootReadOnly } from "../security.ts";

/**
 * `seictl serve` as a restartable init container, so that it runs before and beside seid. It has no probes: kube-rbac-proxy
 * probes it through itself, and a restart of the sidecar loses its ready flag.
 */
export function sidecarContainer(node: DeepReadonly<SeiNode>, settings: Settings): IContainer {
  const resources = sidecarResources(node);
  return {
    name: containerNames.sidecar,
    image: sidecarImage(node, settings),
    command: ["seictl", "serve"],
    restartPolicy: "Always",
    ports: [containerPort("sidecar", sidecarPort(node))],
    env: [...baseEnv(node, settings), ...keyringEnv(node)],
    ...(resources !== undefined && { resources }),
    volumeMounts: mounts(node),
    securityContext: nonRootReadOnly(),
  };
}

function baseEnv(node: DeepReadonly<SeiNode>, settings: Settings): IEnvVar[] {
  return [
    { name: "SEI_CHAIN_ID", value: node.spec.chainId },
    { name: "SEI_SIDECAR_PORT", value: String(sidecarPort(node)) },
    { name: "SEI_HOME", value: dataDir },
    { name: "SEI_GENESIS_BUCKET", value: settings.genesisBucket.name },
    { name: "SEI_GENESIS_REGION", value: settings.genesisBucket.region },
    { name: "SEI_SNAPSHOT_BUCKET", value: settings.snapshotBucket.name },
    { name: "SEI_SNAPSHOT_REGION", value: settings.snapshotBucket.region },
    // Only kube-rbac-proxy may talk to it: it binds loopback and demands the user header the proxy sets.
    { name: "SEI_SIDECAR_AUTHN_MODE", value: "trusted-header" },
  ];
}

/** A validator signs operator transactions (gentx, governance) in the sidecar; other nodes have nothing to sign with. */
function keyringEnv(node: DeepReadonly<SeiNode>): IEnvVar[] {
  if (node.spec.validator == null) return [];
  const keyring = operatorKeyring(node);
  const backend: IEnvVar[] = [
    { name: "SEI_KEYRING_BACKEND", value: keyring === undefined ? "test" : "file" },
    { name: "SEI_KEYRING_DIR", value: dataDir },
  ];
  if (keyring === undefined) return backend;
  const secretKeyRef = { name: keyring.passphraseSecretName, key: keyring.passphraseSecretKey };
  return [...backend, { name: "SEI_KEYRING_PASSPHRASE", valueFrom: { secretKeyRef } }];
}

function mounts(node: DeepReadonly<SeiNode>): IVolumeMount[] {
  const common: IVolumeMount[] = [
    { name: volumeNames.data, mountPath: dataDir },
    { name: volumeNames.sidecarTmp, mountPath: "/tmp" },
  ];
  if (operatorKeyring(node) === undefined) return common;
  // The keyring library appends `keyring-<backend>` to SEI_KEYRING_DIR.
  return [
    ...common,
    { name: volumeNames.operatorKeyring, mountPath: `${dataDir}/keyring-file`, readOnly: true },
  ];
}

/** The node's own, without the empty members an API object may carry; nothing by default. */
export function sidecarResources(node: DeepReadonly<SeiNode>): IResourceRequirements | undefined {
  const wanted = node.spec.sidecar?.resources;
  if (wanted === undefined) return undefined;
  const resources: IResourceRequirements = {
    ...(isFilled(wanted.claims) && { claims: wanted.claims.map((claim) => ({ ...claim })) }),
    ...(isFilled(wanted.limits) && { limits: { ...wanted.limits } }),
    ...(isFilled(wanted.requests) && { requests: { ...wanted.requests } }),
  };
  return isFilled(resources) ? resources : undefined;
}

function isFilled<T extends object>(value: T | undefined): value is T {
  return value !== undefined && value !== null && Object.keys(value).length > 0;
}

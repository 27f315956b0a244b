import type { IContainer, IVolumeMount } from "kubernetes-models/v1";
import { nodePorts, type SeiNode } from "#api";
import type { DeepReadonly } from "#kube";
import type { Settings } from "../../../settings.ts";
import { nodeKeyFile, nodeKeySecret, signingKeyFile, signingKeySecret } from "../keys.ts";
import { containerNames, dataDir, volumeNames } from "../names.ts";
import { modeSettings, seidImage } from "../platform.ts";
import { apiPort, containerPort, rpcPort, sidecarPort } from "../ports.ts";
import { httpProbe } from "../probes.ts";
import { nonRoot } from "../security.ts";
import { joinLines } from "../shell.ts";
import { sidecarWaitLoop } from "./wait-loops.ts";

/**
 * The node itself. No liveness probe: a seid that halts at an upgrade height must stay down until its image changes, and
 * one that replays for hours must be left alone.
 */
export function seidContainer(node: DeepReadonly<SeiNode>, settings: Settings): IContainer {
  const { cpu, memory } = modeSettings(node, settings);
  return {
    name: containerNames.seid,
    image: seidImage(node),
    command: ["/bin/bash", "-c", seidScript(sidecarPort(node))],
    env: [
      { name: "HOME", value: dataDir },
      { name: "TMPDIR", value: `${dataDir}/tmp` },
    ],
    ports: nodePorts.map(({ name, port }) => containerPort(name, port)),
    resources: { requests: { cpu, memory } },
    // Waits for mark-ready (86400 tries 5 s apart: five days), since a snapshot restore takes hours.
    startupProbe: httpProbe("/v0/healthz", apiPort.port, {
      initialDelaySeconds: 5,
      periodSeconds: 5,
      failureThreshold: 86_400,
    }),
    readinessProbe: httpProbe("/lag_status", rpcPort, {
      initialDelaySeconds: 30,
      periodSeconds: 10,
      failureThreshold: 3,
      timeoutSeconds: 5,
    }),
    volumeMounts: [{ name: volumeNames.data, mountPath: dataDir }, ...keyMounts(node)],
    securityContext: nonRoot(),
  };
}

/** By subPath, so that editing a Secret cannot swap the key under a running signer. */
function keyMounts(node: DeepReadonly<SeiNode>): IVolumeMount[] {
  const mounts: IVolumeMount[] = [];
  if (signingKeySecret(node) !== undefined) mounts.push(keyMount(volumeNames.signingKey, signingKeyFile));
  if (nodeKeySecret(node) !== undefined) mounts.push(keyMount(volumeNames.nodeKey, nodeKeyFile));
  return mounts;
}

function keyMount(volume: string, file: string): IVolumeMount {
  return { name: volume, mountPath: `${dataDir}/config/${file}`, subPath: file, readOnly: true };
}

function seidScript(port: number): string {
  return joinLines(
    'echo "seid: waiting until the sidecar reports ready"',
    ...sidecarWaitLoop(port),
    'echo "seid: sidecar is ready, starting"',
    'exec seid "start" "--home" "$HOME"',
  );
}

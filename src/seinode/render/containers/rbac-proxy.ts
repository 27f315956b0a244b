import type { IContainer } from "kubernetes-models/v1";
import type { SeiNode } from "#api";
import type { DeepReadonly } from "#kube";
import type { Settings } from "../../../settings.ts";
import { containerNames, volumeNames } from "../names.ts";
import { rbacProxyImage } from "../platform.ts";
import { apiPort, containerPort, sidecarPort } from "../ports.ts";
import { httpProbe, tcpProbe } from "../probes.ts";
import { nonRootReadOnly } from "../security.ts";

const configDir = "/etc/kube-rbac-proxy";

/** Asks the API server who calls the sidecar and whether they may. Plain HTTP: the access review is the trust boundary. */
export function rbacProxyContainer(node: DeepReadonly<SeiNode>, settings: Settings): IContainer {
  return {
    name: containerNames.rbacProxy,
    image: rbacProxyImage(settings),
    restartPolicy: "Always",
    args: [
      `--insecure-listen-address=0.0.0.0:${apiPort.port}`,
      `--upstream=http://127.0.0.1:${sidecarPort(node)}/`,
      `--config-file=${configDir}/config.yaml`,
      "--ignore-paths=/v0/healthz,/v0/startupz,/v0/livez,/v0/metrics",
      "--auth-header-fields-enabled=true",
      "--v=0",
    ],
    ports: [containerPort(apiPort.name, apiPort.port)],
    startupProbe: tcpProbe(apiPort.port, { initialDelaySeconds: 5, periodSeconds: 5, failureThreshold: 60 }),
    livenessProbe: httpProbe("/v0/livez", apiPort.port, {
      initialDelaySeconds: 5,
      periodSeconds: 10,
      failureThreshold: 3,
    }),
    // Readiness of a restartable init container counts for the pod: no traffic until mark-ready opened healthz.
    readinessProbe: httpProbe("/v0/healthz", apiPort.port, {
      initialDelaySeconds: 2,
      periodSeconds: 5,
      failureThreshold: 6,
    }),
    volumeMounts: [{ name: volumeNames.rbacProxyConfig, mountPath: configDir, readOnly: true }],
    securityContext: nonRootReadOnly(),
  };
}

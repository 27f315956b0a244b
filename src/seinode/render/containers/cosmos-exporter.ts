import type { IContainer } from "kubernetes-models/v1";
import type { Settings } from "../../../settings.ts";
import { containerNames, volumeNames } from "../names.ts";
import { cosmosExporterImage } from "../platform.ts";
import { containerPort, exporterPort } from "../ports.ts";
import { tcpProbe } from "../probes.ts";
import { nonRootReadOnly } from "../security.ts";
import { joinLines } from "../shell.ts";
import { grpcWaitLoop } from "./wait-loops.ts";

/** Chain metrics from seid's gRPC. It waits for seid itself, so liveness leaves it ten minutes before it looks. */
export function cosmosExporterContainer(settings: Settings): IContainer {
  return {
    name: containerNames.cosmosExporter,
    image: cosmosExporterImage(settings),
    command: ["/bin/bash", "-c", exporterScript()],
    ports: [containerPort(exporterPort.name, exporterPort.port)],
    resources: { requests: { cpu: "50m", memory: "64Mi" }, limits: { memory: "384Mi" } },
    readinessProbe: tcpProbe(exporterPort.port, { periodSeconds: 10, failureThreshold: 6 }),
    livenessProbe: tcpProbe(exporterPort.port, {
      initialDelaySeconds: 600,
      periodSeconds: 10,
      failureThreshold: 3,
    }),
    volumeMounts: [{ name: volumeNames.sidecarTmp, mountPath: "/tmp" }],
    securityContext: nonRootReadOnly(),
  };
}

function exporterScript(): string {
  const flags = `"--denom" "usei" "--denom-coefficient" "1000000" "--bech-prefix" "sei" "--listen-address" ":${exporterPort.port}"`;
  return joinLines(
    'echo "cosmos-exporter: waiting for the gRPC port of seid"',
    ...grpcWaitLoop(),
    'echo "cosmos-exporter: gRPC port is open, starting"',
    `exec /usr/local/bin/sei-cosmos-exporter ${flags}`,
  );
}

/** What a kubelet's probe of a container would find, asked of the models instead of a socket. */
import { proxyPort, rpcPort, type Seid, type SidecarProcess } from "../sidecar/index.ts";
import type { Container, ContainerSpec } from "./container.ts";

type Probe = NonNullable<ContainerSpec["readinessProbe"]>;

export interface ProbedPod {
  readonly containers: readonly Container[];
  readonly sidecar: SidecarProcess | undefined;
  readonly seid: Seid | undefined;
}

/** A missing probe holds; so does one on something that is not modelled. */
export function probeHolds(pod: ProbedPod, container: Container, probe: Probe | undefined): boolean {
  if (probe?.httpGet !== undefined) {
    const port = portNumber(container, probe.httpGet.port);
    return httpHolds(pod, port, probe.httpGet.path ?? "/");
  }
  if (probe?.tcpSocket !== undefined) {
    return tcpHolds(pod, container, portNumber(container, probe.tcpSocket.port));
  }
  return true;
}

function httpHolds(pod: ProbedPod, port: number | undefined, path: string): boolean {
  if (port === rpcPort) {
    return pod.seid?.rpcUp === true && (path !== "/lag_status" || pod.seid.caughtUp);
  }
  if (port === proxyPort) {
    const proxy = pod.containers.find(({ program }) => program?.rbacProxy !== undefined)?.program?.rbacProxy;
    // The kubelet sends no token: a path the proxy does not ignore is a 401.
    if (proxy === undefined || !proxy.ignorePaths.has(path)) return false;
    return sidecarHolds(pod.sidecar, path);
  }
  if (pod.sidecar !== undefined && port === pod.sidecar.port) return sidecarHolds(pod.sidecar, path);
  return true;
}

function sidecarHolds(sidecar: SidecarProcess | undefined, path: string): boolean {
  if (sidecar === undefined) return false;
  return path === "/v0/livez" ? sidecar.engine.databaseAnswers : sidecar.engine.ready;
}

function tcpHolds(pod: ProbedPod, container: Container, port: number | undefined): boolean {
  if (port === rpcPort) return pod.seid?.rpcUp === true;
  return container.isRunning && (container.program?.listening?.() ?? true);
}

function portNumber(container: Container, port: string | number): number | undefined {
  if (typeof port === "number") return port;
  return container.spec.ports?.find(({ name }) => name === port)?.containerPort;
}

/** Objects for the unit tests of this room. */
import type { SeiNode, SeiNodeSpec, SeiNodeStatus } from "#api";
import type { Pod } from "#kube";
import type { Settings } from "../settings.ts";
import { testSettings } from "./render/fixtures.ts";

export const images = { seid: "sei:v1", sidecar: "seictl:v1" };

export const settings: Settings = { ...testSettings, sidecarImage: images.sidecar };

export function seiNode(spec: Partial<SeiNodeSpec> = {}, status: SeiNodeStatus = {}): SeiNode {
  const hasMode = spec.archive ?? spec.replayer ?? spec.validator ?? spec.fullNode;
  return {
    apiVersion: "sei.io/v1alpha1",
    kind: "SeiNode",
    metadata: { name: "rpc-0", namespace: "sei", uid: "node-uid", resourceVersion: "1", generation: 1 },
    spec: {
      chainId: "pacific-1",
      image: images.seid,
      ...(hasMode === undefined && { fullNode: {} }),
      ...spec,
    },
    status,
  };
}

export function pod(
  options: { seid?: string; sidecar?: string; revision?: string; started?: boolean } = {},
): Pod {
  const { seid = images.seid, sidecar = images.sidecar, revision = "rev-1", started = true } = options;
  const status = (name: string, image: string) => ({
    name,
    image,
    imageID: started ? `sha256:${image}` : "",
    ready: started,
    restartCount: 0,
    state: started
      ? { running: { startedAt: "2026-01-01T00:00:00Z" } }
      : { waiting: { reason: "ContainerCreating" } },
  });
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: "rpc-0-0",
      namespace: "sei",
      uid: "pod-uid",
      resourceVersion: "1",
      labels: { "sei.io/node": "rpc-0", "controller-revision-hash": revision },
      ownerReferences: [
        { apiVersion: "apps/v1", kind: "StatefulSet", name: "rpc-0", uid: "sts-uid", controller: true },
      ],
    },
    spec: {
      containers: [{ name: "seid", image: seid }],
      initContainers: [
        { name: "sei-sidecar", image: sidecar },
        { name: "kube-rbac-proxy", image: "kube-rbac-proxy:v1" },
      ],
    },
    status: {
      phase: "Running",
      conditions: [{ type: "Ready", status: started ? "True" : "False" }],
      initContainerStatuses: [
        status("sei-sidecar", sidecar),
        status("kube-rbac-proxy", "kube-rbac-proxy:v1"),
      ],
      containerStatuses: [status("seid", seid)],
    },
  };
}

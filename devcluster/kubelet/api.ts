/** The API calls a kubelet, scheduler and volume provisioner make. */
import {
  type DeepReadonly,
  isNotFound,
  type KubeObject,
  type PersistentVolumeClaim,
  type Pod,
  persistentVolumes,
  pods,
  type ResourceType,
  type RestClient,
} from "#kube";
import type { RemoteUser, ReviewAttributes, Reviewer } from "../sidecar/index.ts";

export type LivePod = DeepReadonly<Pod>;
export type PodStatus = NonNullable<Pod["status"]>;
export type LiveClaim = DeepReadonly<PersistentVolumeClaim>;

/** Rejections are ApiErrors. Every write names the pod's uid, so that it can never hit a successor of the same name. */
export interface KubeletApi {
  bind(pod: LivePod, nodeName: string): Promise<void>;
  patchStatus(pod: LivePod, status: PodStatus): Promise<void>;
  /** The kubelet's last word: its containers are gone, remove the object (grace 0). */
  finalize(pod: LivePod): Promise<void>;
  /** `data` of the ConfigMap; undefined when there is none. */
  configMap(namespace: string, name: string): Promise<Readonly<Record<string, string>> | undefined>;
  secretExists(namespace: string, name: string): Promise<boolean>;
  createVolume(claim: LiveClaim): Promise<void>;
  deleteVolume(claim: LiveClaim): Promise<void>;
}

export function volumeNameOf(claim: LiveClaim): string {
  return `pvc-${claim.metadata.uid}`;
}

const provisioner = "volumes.devcluster.sei.io";

export function createKubeletApi(rest: RestClient): KubeletApi {
  const namespacePath = (namespace: string | undefined, rest_: string) =>
    `/api/v1/namespaces/${encodeURIComponent(namespace ?? "")}/${rest_}`;
  const podPath = ({ metadata }: LivePod) => namespacePath(metadata.namespace, `pods/${metadata.name}`);
  return {
    async bind(pod, nodeName) {
      const { name, namespace = "", uid } = pod.metadata;
      const body = {
        apiVersion: "v1",
        kind: "Binding",
        metadata: { name, namespace, uid },
        target: { apiVersion: "v1", kind: "Node", name: nodeName },
      };
      await rest.request("POST", `${podPath(pod)}/binding`, { body });
    },
    async patchStatus(pod, status) {
      const { uid } = pod.metadata;
      // A merge patch replaces lists whole, which is what one writer of the whole status wants.
      await rest.mergePatch(pods, keyOfPod(pod), { metadata: { uid }, status }, { subresource: "status" });
    },
    async finalize(pod) {
      const body = {
        kind: "DeleteOptions",
        apiVersion: "v1",
        gracePeriodSeconds: 0,
        preconditions: { uid: pod.metadata.uid },
      };
      await rest.request("DELETE", podPath(pod), { body });
    },
    async configMap(namespace, name) {
      const found = await read<{ data?: Record<string, string> }>(
        rest,
        namespacePath(namespace, `configmaps/${name}`),
      );
      return found === undefined ? undefined : (found.data ?? {});
    },
    async secretExists(namespace, name) {
      return (await read(rest, namespacePath(namespace, `secrets/${name}`))) !== undefined;
    },
    async createVolume(claim) {
      await rest.create(persistentVolumes, volumeFor(claim));
    },
    async deleteVolume(claim) {
      await rest.delete(persistentVolumes, { name: volumeNameOf(claim) });
    },
  };
}

/** TokenReview and SubjectAccessReview, made with the simulator's own credential. */
export function createReviewer(rest: RestClient): Reviewer {
  return {
    async authenticate(token) {
      const path = "/apis/authentication.k8s.io/v1/tokenreviews";
      const body = { apiVersion: "authentication.k8s.io/v1", kind: "TokenReview", spec: { token } };
      const { status } = await rest.request<{
        status: { authenticated?: boolean; user?: { username?: string; groups?: string[] } };
      }>("POST", path, { body });
      if (status.authenticated !== true) return undefined;
      return { name: status.user?.username ?? "", groups: status.user?.groups ?? [] };
    },
    async isAllowed(user: RemoteUser, verb: string, attributes: ReviewAttributes) {
      const { apiGroup, resource, namespace, name } = attributes;
      const spec = {
        user: user.name,
        groups: user.groups,
        resourceAttributes: { group: apiGroup, resource, namespace, name, verb },
      };
      const body = { apiVersion: "authorization.k8s.io/v1", kind: "SubjectAccessReview", spec };
      const path = "/apis/authorization.k8s.io/v1/subjectaccessreviews";
      const { status } = await rest.request<{ status: { allowed: boolean } }>("POST", path, { body });
      return status.allowed;
    },
  };
}

interface SimNodeObject extends KubeObject {
  spec?: object;
  status?: object;
}

const nodes: ResourceType<SimNodeObject> = {
  group: "",
  version: "v1",
  kind: "Node",
  plural: "nodes",
  namespaced: false,
};

/** Creates the one Node all pods are bound to, so that `kubectl get nodes` shows where they run. */
export async function ensureNode(rest: RestClient, name: string, now: string): Promise<void> {
  const manifest = {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name, labels: { "kubernetes.io/hostname": name, "kubernetes.io/os": "linux" } },
  };
  try {
    await rest.create(nodes, manifest);
  } catch (error) {
    // Left by an earlier simulator on the same control plane: ours to use, its status is refreshed below.
    if (!(error instanceof Error) || !("class" in error) || error.class !== "alreadyExists") throw error;
  }
  const capacity = { cpu: "1000", memory: "10Ti", pods: "10000" };
  const ready = {
    type: "Ready",
    status: "True",
    reason: "KubeletReady",
    message: "simulated",
    lastTransitionTime: now,
  };
  const addresses = [{ type: "Hostname", address: name }];
  const status = { capacity, allocatable: capacity, conditions: [ready], addresses };
  await rest.mergePatch(nodes, { name }, { status }, { subresource: "status" });
}

function keyOfPod({ metadata }: LivePod) {
  return { namespace: metadata.namespace ?? "", name: metadata.name };
}

async function read<T>(rest: RestClient, path: string): Promise<T | undefined> {
  try {
    return await rest.request<T>("GET", path);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** Pre-bound to the claim, so that the real binder only has to finish it. A CSI volume, for which nobody else feels responsible. */
function volumeFor(claim: LiveClaim) {
  const { name, namespace, uid } = claim.metadata;
  const { accessModes, resources, storageClassName, volumeMode } = claim.spec ?? {};
  return {
    apiVersion: "v1",
    kind: "PersistentVolume",
    metadata: { name: volumeNameOf(claim), annotations: { "pv.kubernetes.io/provisioned-by": provisioner } },
    spec: {
      accessModes,
      capacity: { storage: resources?.requests?.storage ?? "1Gi" },
      claimRef: { apiVersion: "v1", kind: "PersistentVolumeClaim", namespace, name, uid },
      csi: { driver: provisioner, volumeHandle: uid },
      persistentVolumeReclaimPolicy: "Delete",
      ...(storageClassName === undefined ? {} : { storageClassName }),
      ...(volumeMode === undefined ? {} : { volumeMode }),
    },
  };
}

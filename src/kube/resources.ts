/** The resources of others that this operator reads or writes. Types are the raw JSON of Kubernetes 1.36. */
import type { IHTTPRoute } from "@kubernetes-models/gateway-api/gateway.networking.k8s.io/v1";
import type { IStatefulSet } from "kubernetes-models/apps/v1";
import type { IJob } from "kubernetes-models/batch/v1";
import type {
  IConfigMap,
  IPersistentVolume,
  IPersistentVolumeClaim,
  IPod,
  ISecret,
  IService,
} from "kubernetes-models/v1";
import type { KubeObject, ResourceType } from "./object.ts";

/** A model of `kubernetes-models`, with the metadata a live object always has. */
type Live<Model> = Omit<Model, "apiVersion" | "kind" | "metadata"> & KubeObject;

export type StatefulSet = Live<IStatefulSet>;
export type Job = Live<IJob>;
export type Pod = Live<IPod>;
export type Service = Live<IService>;
export type ConfigMap = Live<IConfigMap>;
export type Secret = Live<ISecret>;
export type PersistentVolumeClaim = Live<IPersistentVolumeClaim>;
export type PersistentVolume = Live<IPersistentVolume>;
export type HTTPRoute = Live<IHTTPRoute>;

const core = { group: "", version: "v1" } as const;

export const statefulSets: ResourceType<StatefulSet> = {
  group: "apps",
  version: "v1",
  kind: "StatefulSet",
  plural: "statefulsets",
  namespaced: true,
};
export const jobs: ResourceType<Job> = {
  group: "batch",
  version: "v1",
  kind: "Job",
  plural: "jobs",
  namespaced: true,
};
export const pods: ResourceType<Pod> = { ...core, kind: "Pod", plural: "pods", namespaced: true };
export const services: ResourceType<Service> = {
  ...core,
  kind: "Service",
  plural: "services",
  namespaced: true,
};
export const configMaps: ResourceType<ConfigMap> = {
  ...core,
  kind: "ConfigMap",
  plural: "configmaps",
  namespaced: true,
};
export const secrets: ResourceType<Secret> = { ...core, kind: "Secret", plural: "secrets", namespaced: true };
export const persistentVolumeClaims: ResourceType<PersistentVolumeClaim> = {
  ...core,
  kind: "PersistentVolumeClaim",
  plural: "persistentvolumeclaims",
  namespaced: true,
};
export const persistentVolumes: ResourceType<PersistentVolume> = {
  ...core,
  kind: "PersistentVolume",
  plural: "persistentvolumes",
  namespaced: false,
};
/** Of the Gateway API: a cluster may not have it (see optional-kind.ts). */
export const httpRoutes: ResourceType<HTTPRoute> = {
  group: "gateway.networking.k8s.io",
  version: "v1",
  kind: "HTTPRoute",
  plural: "httproutes",
  namespaced: true,
};

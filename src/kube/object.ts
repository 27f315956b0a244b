/** The parts of a Kubernetes object that the runtime itself needs, in their raw JSON shape. */

export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

export interface ManagedFieldsEntry {
  manager?: string;
  operation?: string;
  apiVersion?: string;
  time?: string;
  fieldsType?: string;
  fieldsV1?: unknown;
  subresource?: string;
}

export interface ObjectMeta {
  name: string;
  namespace?: string;
  uid: string;
  resourceVersion: string;
  generation?: number;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences?: OwnerReference[];
  finalizers?: string[];
  managedFields?: ManagedFieldsEntry[];
}

/** An object as the API server returned it: name, uid and resourceVersion are always there. */
export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
}

/** What we send: no uid and no resourceVersion unless they are meant as a precondition. */
export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string } & Partial<Omit<ObjectMeta, "name" | "namespace">>;
}

export type DeepReadonly<T> = T extends (infer Item)[]
  ? readonly DeepReadonly<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> }
    : T;

/** One REST resource. `T` is the type of its objects and exists at compile time only. */
export interface ResourceType<T extends KubeObject = KubeObject> {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
  readonly __object?: T;
}

/** Namespace is absent for cluster-scoped objects. */
export interface ObjectKey {
  readonly namespace?: string;
  readonly name: string;
}

export function keyOf(object: {
  readonly metadata: { readonly namespace?: string; readonly name: string };
}): ObjectKey {
  const { namespace, name } = object.metadata;
  return namespace === undefined ? { name } : { namespace, name };
}

/** `namespace/name`, or `name` when cluster-scoped. The form used in logs and as a map key. */
export function formatKey(key: ObjectKey): string {
  return key.namespace === undefined ? key.name : `${key.namespace}/${key.name}`;
}

export function parseKey(text: string): ObjectKey {
  const slash = text.indexOf("/");
  return slash < 0 ? { name: text } : { namespace: text.slice(0, slash), name: text.slice(slash + 1) };
}

/** `apps/v1`, or `v1` for the core group. */
export function apiVersionOf(resource: ResourceType): string {
  return resource.group === "" ? resource.version : `${resource.group}/${resource.version}`;
}

/** The owner reference with `controller: true`, of which Kubernetes allows at most one. */
export function controllerOf(object: {
  readonly metadata: { readonly ownerReferences?: readonly DeepReadonly<OwnerReference>[] };
}): DeepReadonly<OwnerReference> | undefined {
  return object.metadata.ownerReferences?.find((reference) => reference.controller === true);
}

/** The reference that makes `owner` the controller: garbage collection and the watches follow it. */
export function controllerReference(
  owner: ResourceType,
  { metadata: { name, uid } }: DeepReadonly<Pick<KubeObject, "metadata">>,
): OwnerReference {
  const { kind } = owner;
  return { apiVersion: apiVersionOf(owner), kind, name, uid, controller: true, blockOwnerDeletion: true };
}

export function isControlledBy(
  object: { readonly metadata: { readonly ownerReferences?: readonly DeepReadonly<OwnerReference>[] } },
  ownerUid: string,
): boolean {
  return controllerOf(object)?.uid === ownerUid;
}

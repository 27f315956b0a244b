/**
 * The metadata of our own objects. This room is below src/kube and cannot import it, so the shape is written out once
 * more; `resources.test.ts` checks that the two stay assignable to each other.
 */

export interface ApiOwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

export interface ApiObjectMeta {
  name: string;
  namespace?: string;
  uid: string;
  resourceVersion: string;
  generation?: number;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences?: ApiOwnerReference[];
  finalizers?: string[];
  managedFields?: {
    manager?: string;
    operation?: string;
    apiVersion?: string;
    time?: string;
    fieldsType?: string;
    fieldsV1?: unknown;
    subresource?: string;
  }[];
}

/**
 * One object of ours, as the API server returned it. `spec` is typed as present although the CRD does not demand it: an
 * object without a spec is admitted and does nothing, so whoever reads objects from the cluster checks for it once, at
 * the entrance of its reconcile.
 */
export interface ApiObject<Kind extends string, Spec, Status> {
  apiVersion: string;
  kind: Kind;
  metadata: ApiObjectMeta;
  spec: Spec;
  status?: Status;
}

/** A REST resource in the shape src/kube expects. `T` exists at compile time only. */
export interface ApiResource<T> {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
  readonly __object?: T;
}

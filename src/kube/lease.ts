/** The Lease object that leaders hold, as far as election needs it, in client-go's terms and wire format. */
import type { DeepReadonly, KubeObject, ResourceType } from "./object.ts";

export interface LeaseSpec {
  holderIdentity?: string | null;
  leaseDurationSeconds?: number | null;
  acquireTime?: string | null;
  renewTime?: string | null;
  leaseTransitions?: number | null;
}

export interface Lease extends KubeObject {
  spec?: LeaseSpec;
}

export const leases: ResourceType<Lease> = {
  group: "coordination.k8s.io",
  version: "v1",
  kind: "Lease",
  plural: "leases",
  namespaced: true,
};

/** What we write: always all five fields, so that a take-over leaves nothing of the predecessor behind. */
export type LeaseRecord = {
  readonly holderIdentity: string;
  readonly leaseDurationSeconds: number;
  readonly acquireTime: string;
  readonly renewTime: string;
  readonly leaseTransitions: number;
};

/**
 * `metav1.MicroTime`: exactly six fractional digits. The API server refuses what `toISOString` prints (three digits).
 */
export function formatMicroTime(epochMs: number): string {
  return `${new Date(epochMs).toISOString().slice(0, 23)}000Z`;
}

/** The holder, or undefined if there is none (released, or never written). */
export function holderOf(lease: DeepReadonly<Lease>): string | undefined {
  const holder = lease.spec?.holderIdentity;
  return holder === undefined || holder === null || holder === "" ? undefined : holder;
}

/**
 * Changes whenever a holder wrote. Not the resourceVersion: a foreign label or annotation on the Lease is no sign of
 * life of its holder, and must not keep a dead leader in office.
 */
export function recordFingerprint(lease: DeepReadonly<Lease>): string {
  const spec = lease.spec ?? {};
  return JSON.stringify([
    lease.metadata.uid,
    spec.holderIdentity ?? null,
    spec.leaseDurationSeconds ?? null,
    spec.acquireTime ?? null,
    spec.renewTime ?? null,
    spec.leaseTransitions ?? null,
  ]);
}

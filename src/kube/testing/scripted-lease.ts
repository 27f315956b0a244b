/** A Lease as the API server keeps it, for tests of election: versions count up, a stale write is refused. */
import type { ElectionAction } from "../leader-election.ts";
import type { Lease, LeaseSpec } from "../lease.ts";

export function leaseWith(resourceVersion: string, spec: LeaseSpec | undefined): Lease {
  return {
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: { name: "l", namespace: "n", uid: "u", resourceVersion },
    ...(spec === undefined ? {} : { spec: { ...spec } }),
  };
}

export class ServerLease {
  lease: Lease | undefined;
  #version = 0;

  serve(action: ElectionAction): "refused" | { readonly lease: Lease | undefined } {
    if (action.do === "create") {
      if (this.lease !== undefined) return "refused";
      return { lease: this.#store(action.record) };
    }
    if (action.do === "patch") {
      if (this.lease?.metadata.resourceVersion !== action.resourceVersion) return "refused";
      return { lease: this.#store(action.record) };
    }
    return { lease: this.lease };
  }

  #store(spec: LeaseSpec): Lease {
    this.lease = leaseWith(String(++this.#version), spec);
    return this.lease;
  }
}

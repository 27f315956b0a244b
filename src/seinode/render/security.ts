import type { IPodSecurityContext, ISecurityContext } from "kubernetes-models/v1";

/** Owner of every file on the data volume. */
const sei = 65_532;

/**
 * fsGroup hands the volume to our group; OnRootMismatch keeps the kubelet from walking terabytes at each pod start.
 * Builders return a fresh object each time, since a rendered object belongs to its caller.
 */
export function podSecurityContext(): IPodSecurityContext {
  return { fsGroup: sei, fsGroupChangePolicy: "OnRootMismatch" };
}

/** For the seid image, which writes outside its volume. */
export function nonRoot(): ISecurityContext {
  return {
    runAsNonRoot: true,
    runAsUser: sei,
    runAsGroup: sei,
    allowPrivilegeEscalation: false,
    capabilities: { drop: ["ALL"] },
    seccompProfile: { type: "RuntimeDefault" },
  };
}

/** For everything else. */
export function nonRootReadOnly(): ISecurityContext {
  return { ...nonRoot(), readOnlyRootFilesystem: true };
}

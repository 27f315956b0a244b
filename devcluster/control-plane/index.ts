/**
 * A real Kubernetes control plane on loopback: finding or building its binaries, starting and stopping them.
 *
 * Lives here: processes, credentials, kubectl. Does not live here: anything that plays a node (the simulator) or knows
 * Sei beyond "config/crd holds our CRDs". A newcomer gets two things wrong: pods do not run here by themselves, and no
 * signal handler is needed to clean up (see child.ts).
 */
export type { ControlPlane, ControlPlaneOptions, KubectlOptions, KubectlResult } from "./contract.ts";
export { startControlPlane } from "./start.ts";

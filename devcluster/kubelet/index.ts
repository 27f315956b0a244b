/**
 * The simulated scheduler, kubelet and volume provisioner: gives the pods of a real API server the life a node would.
 * Pure but for `api.ts`; the processes inside the pods are `../sidecar`.
 *
 * Two things a newcomer gets wrong: nothing here polls (only mounts that are missing are retried), and a pod is its
 * uid: a successor of the same name is another worker, with the same volume if it mounts the same claim.
 */
export { createKubeletApi, createReviewer, ensureNode, type KubeletApi, type LivePod } from "./api.ts";
export type { Container } from "./container.ts";
export { type ImagePattern, ImageRules, type ImageScripts } from "./images.ts";
export { Kubelet } from "./kubelet.ts";
export { defaultLatencies, type KubeletLatencies } from "./latencies.ts";
export type { PodWorker } from "./pod-worker.ts";
export { SimulatedNode } from "./simulated-node.ts";

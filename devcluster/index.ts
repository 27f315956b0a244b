/** Development cluster: a real control plane, and the simulator that plays its nodes. For development, demo and tests only. */
export * from "./control-plane/index.ts";
export type { ImagePattern, ImageScripts, KubeletLatencies } from "./kubelet/index.ts";
export * from "./manager/index.ts";
export type {
  Fault,
  FaultFilter,
  RequestRecord,
  SeidSettings,
  SidecarVersion,
  TaskPost,
  TaskRow,
  TaskScript,
} from "./sidecar/index.ts";
export * from "./simulator/index.ts";

/** Development cluster: a real control plane, and the simulator that plays its nodes. For development, demo and tests only. */
export * from "./control-plane/index.ts";

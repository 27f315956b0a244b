/** Glue: connects the simulated kubelet and sidecars to an API server and gives tests their handles. */
export { NodeHandle, type SeidHandle, type SidecarHandle } from "./node-handle.ts";
export { type ProxyAnswer, throughProxy } from "./proxy-client.ts";
export { type Simulator, type SimulatorOptions, startSimulator } from "./simulator.ts";

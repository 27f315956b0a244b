export * from "./build.ts";
export * from "./contract.ts";
export * from "./engine.ts";
export * from "./ids.ts";
export * from "./sidecar-task.ts";

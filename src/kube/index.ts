export * from "./client.ts";
export * from "./errors.ts";
export * from "./object.ts";
export * from "./reconcile.ts";
export * from "./resources.ts";

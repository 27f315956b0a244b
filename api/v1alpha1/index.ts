/**
 * The API `sei.io/v1alpha1`: types and constants of the three kinds. Loaded at run time by the manager, so nothing here
 * may import `schema/` other than with `import type`: the schema library costs 22 MiB and only `hack/generate.ts` and
 * tests need it.
 *
 * Two things a newcomer gets wrong: an object in the cluster may have no `spec` at all although the type says it has,
 * and a field with a CRD default is still absent in what we ourselves build, before it went through the API server.
 */
export * from "./constants/annotations.ts";
export * from "./constants/finalizers.ts";
export * from "./constants/group.ts";
export * from "./constants/health-conditions.ts";
export * from "./constants/labels.ts";
export * from "./constants/managers.ts";
export * from "./constants/node-ports.ts";
export * from "./constants/phases.ts";
export * from "./constants/seinode-conditions.ts";
export * from "./constants/seinode-events.ts";
export * from "./constants/seinode-health.ts";
export * from "./constants/seinodedeployment-conditions.ts";
export * from "./constants/seinodedeployment-events.ts";
export * from "./constants/seinodedeployment-health.ts";
export * from "./constants/seinodedeployment-networking.ts";
export * from "./constants/seinodetask-conditions.ts";
export * from "./constants/strategies.ts";
export * from "./constants/task-types.ts";
export type * from "./object.ts";
export * from "./resources.ts";
export type * from "./types.ts";

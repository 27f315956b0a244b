/**
 * The SeiNodeDeployment controller: N SeiNodes from one template, rolled out together, able to found a chain.
 *
 * Pure: detection, waves, planner, status, health, render/. Everything else is the thin shell around them: reconciler.ts is the
 * order of a pass, tasks/ are the effects of its plan. What newcomers get wrong: (1) a change of the template's images is
 * never drift: it is seen before the nodes are touched, and reaches them wave by wave; (2) an apply takes away what it
 * no longer names, so what is never changed after creation is repeated from the node itself.
 */
export type { GroupDeps } from "./deps.ts";
export { createHostLookup, type HostLookup } from "./networking/index.ts";
export { createGroupReconciler } from "./reconciler.ts";
export { childPredicate, groupsOfNode } from "./watches.ts";

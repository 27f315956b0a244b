/**
 * The SeiNode controller: one node's plan, pod, volume and truth.
 *
 * Pure: planner.ts and what it calls, health.ts, render/. Everything else is the thin shell around them: reconciler.ts is
 * the order of a pass, tasks/ are the effects of its plan. What newcomers get wrong: (1) the cache says when to look, but
 * what deletes or adopts reads live; (2) a task runs again after every crash, so its guard is what it can observe.
 */
export type { SeiNodeDeps } from "./deps.ts";
export { createSeiNodeReconciler } from "./reconciler.ts";
export { seiNodePredicate } from "./watches.ts";

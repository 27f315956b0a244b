/**
 * The SeiNodeTask controller: one operation on one SeiNode, run once, told truthfully (spec/seinodetask.md).
 *
 * One file per kind in kinds/; everything else is the same for all of them: wait for the target, record the execution,
 * run it, write down what came of it. What newcomers get wrong: (1) the execution is recorded in one pass and acts in the
 * next, so that a crash never acts under an id nobody knows; (2) whatever cannot be undone goes through `confirmNewest`.
 */
export type { SeiNodeTaskDeps } from "./deps.ts";
export { createSeiNodeTaskReconciler } from "./reconciler.ts";
export { taskIndexes, tasksOfNode } from "./watches.ts";

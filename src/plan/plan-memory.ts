/**
 * What this process remembers about running tasks, per plan and task. Only pacing and short cuts may live here: losing an
 * entry (restart, new leader, eviction) may cost an early look or one request more, never correctness.
 */

/** More plans than any cluster has active at once; beyond it the plan untouched for longest is forgotten. */
const MAX_PLANS = 4096;

export class PlanMemory<Entry> {
  readonly #plans = new Map<string, Map<string, Entry>>();
  readonly #maxPlans: number;

  constructor(maxPlans = MAX_PLANS) {
    this.#maxPlans = maxPlans;
  }

  get(planId: string, taskId: string): Entry | undefined {
    return this.#plans.get(planId)?.get(taskId);
  }

  set(planId: string, taskId: string, entry: Entry): void {
    const tasks = this.#plans.get(planId) ?? new Map<string, Entry>();
    tasks.set(taskId, entry);
    // Re-inserting moves the plan to the young end of the Map's order.
    this.#plans.delete(planId);
    this.#plans.set(planId, tasks);
    if (this.#plans.size <= this.#maxPlans) return;
    const oldest = this.#plans.keys().next();
    if (!oldest.done) this.#plans.delete(oldest.value);
  }

  delete(planId: string, taskId: string): void {
    const tasks = this.#plans.get(planId);
    tasks?.delete(taskId);
    if (tasks?.size === 0) this.#plans.delete(planId);
  }

  forget(planId: string): void {
    this.#plans.delete(planId);
  }

  /** Number of plans remembered, for tests of the bound. */
  get size(): number {
    return this.#plans.size;
  }
}

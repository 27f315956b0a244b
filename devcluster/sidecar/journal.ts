/** One POST /v0/tasks that reached the sidecar, and what the engine made of it. */
export interface TaskPost {
  readonly at: number;
  readonly id: string;
  readonly type: string;
  readonly params: Readonly<Record<string, unknown>> | undefined;
  /** `known`: a no-op, the id was running or completed. `rejected`: answered 400. */
  readonly outcome: "started" | "rerun" | "known" | "rejected";
}

/**
 * What one node's sidecars were asked and did, over all restarts, pods and volumes: the evidence for "submitted once,
 * executed once". Kept apart from the volume, because losing the volume must not lose the evidence.
 */
export class TaskJournal {
  readonly posts: TaskPost[] = [];
  readonly #executions = new Map<string, number>();

  recordPost(post: TaskPost): void {
    this.posts.push(post);
  }

  recordExecution(id: string): void {
    this.#executions.set(id, this.executionsOf(id) + 1);
  }

  /** How often the handler was started for this id, rehydration included. */
  executionsOf(id: string): number {
    return this.#executions.get(id) ?? 0;
  }

  postsOf(id: string): readonly TaskPost[] {
    return this.posts.filter((post) => post.id === id);
  }

  /** Number of POSTs by task id. */
  get postCounts(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const { id } of this.posts) counts.set(id, (counts.get(id) ?? 0) + 1);
    return counts;
  }
}

/**
 * The executor: runs the current task of a plan and says what became of it.
 *
 *   Pending --complete--> Complete --> next task, in the same pass; none left: plan Complete
 *   Pending --running---> Pending, look again later
 *   Pending --failed----> Pending with retryCount + 1 after a backoff, or (budget used up) task and plan Failed
 *   Pending --terminal--> task and plan Failed, whatever retries are left
 *   Pending --rejected--> Pending, look again later: transient, no retry counted
 *
 * All state that matters is in the plan. What is kept in memory is pacing (PlanMemory).
 */
import type { TaskPlan } from "#api";
import { type Clock, formatTime } from "#clock";
import { type DeepReadonly, isOwnStop, type Logger } from "#kube";
import type { PlanProgress, TaskOutcome, TaskRegistry } from "./contract.ts";
import { PlanMemory } from "./plan-memory.ts";

/** A running task that named no time is looked at again after this, should the event that ends it be missed. */
const SAFETY_POLL_MS = 5_000;
/** A container that the kubelet calls running often listens only some milliseconds later. */
const TRANSIENT_FIRST_MS = 100;
const TRANSIENT_MAX_MS = 5_000;

export interface ExecuteContext {
  readonly signal: AbortSignal;
  readonly log?: Logger;
}

export interface PlanEngine {
  /**
   * Advances `plan` as far as it goes now. Never changes the plan given. A Complete or Failed plan comes back as it is.
   *
   * The caller persists `progress.plan` whenever it differs from what it gave, **also when `progress.error` is set**: the
   * tasks finished earlier in this pass, a recorded `submittedAt` or a counted failure are in it.
   *
   * Rejects, having changed nothing, when there is no plan, and when the very first thing that happened was an abort of
   * `context.signal` or a closed leadership fence (an error whose `class` is `fenced` or `aborted`). When tasks advanced
   * before the abort, it resolves with that progress and the abort as `error`. Every other error is transient and is
   * reported in `progress.error` together with the time to look again; it is not for the work queue's own backoff.
   *
   * Phase changes of the resource are the caller's: `plan.phase` says Complete or Failed, without a requeue time.
   */
  execute(
    plan: DeepReadonly<TaskPlan> | undefined,
    registry: TaskRegistry,
    context: ExecuteContext,
  ): Promise<PlanProgress>;
  /** Drops the pacing of a plan that was superseded or whose resource is gone. Finished plans are dropped by themselves. */
  forget(planId: string): void;
}

/** In-memory pacing of one task. */
interface Pacing {
  /** Not before this (monotonic): the backoff before attempt `attempt`. An early wake-up must not retry early. */
  readonly retry?: { readonly attempt: number; readonly at: number; readonly waitingFor: string };
  /** The streak of transient errors: the delay last given, and when it ends. */
  readonly transient?: { readonly delayMs: number; readonly at: number };
}

type MutableTask = TaskPlan["tasks"][number];

/** Delay before attempt `retryCount` + 1: 10, 20, 30, 30 ... s. */
export function retryBackoffMs(retryCount: number): number {
  return Math.min(5_000 * 2 ** Math.min(retryCount, 5), 30_000);
}

export function createPlanEngine(options: { readonly clock: Clock; readonly log?: Logger }): PlanEngine {
  const { clock } = options;
  const memory = new PlanMemory<Pacing>();

  return { execute, forget: (planId) => memory.forget(planId) };

  async function execute(
    given: DeepReadonly<TaskPlan> | undefined,
    registry: TaskRegistry,
    context: ExecuteContext,
  ): Promise<PlanProgress> {
    if (given === undefined || given === null) throw new Error("execute plan: there is no plan");
    const plan = structuredClone(given) as TaskPlan;
    if (plan.phase !== "Active") return { plan };
    let advanced = false;
    for (;;) {
      const index = plan.tasks.findIndex((task) => task.status !== "Complete");
      const task = plan.tasks[index];
      if (task === undefined) return complete(plan, context);
      if (task.status === "Failed") return fail(plan, index, task.error ?? "unknown error", context);
      const held = retryHold(plan, task);
      if (held !== undefined) return { plan, ...held };

      let outcome: TaskOutcome;
      try {
        context.signal.throwIfAborted();
        outcome = await run(plan, task, registry, context.signal);
      } catch (error) {
        if (isHalt(error, context.signal)) {
          if (!advanced) throw error;
          return { plan, error: asError(error) };
        }
        return { plan, error: asError(error), requeueAfterMs: Math.ceil(transientDelay(plan, task, error)) };
      }
      if (outcome.state === "running") return running(plan, task, outcome);
      if (outcome.state === "terminal") return fail(plan, index, outcome.error, context);
      if (outcome.state === "failed") return failedAttempt(plan, index, task, outcome, context);
      Object.assign(task, outcome.record);
      // The time of the first task is where the plan's duration is counted from (spec/seinode.md 4.7, 9.3).
      task.submittedAt ??= formatTime(clock.now());
      task.status = "Complete";
      memory.delete(planIdOf(plan), task.id);
      advanced = true;
      logger(context)?.info({ plan: plan.id, task: task.type, taskId: task.id }, "task complete");
    }
  }

  function complete(plan: TaskPlan, context: ExecuteContext): PlanProgress {
    plan.phase = "Complete";
    memory.forget(planIdOf(plan));
    logger(context)?.info({ plan: plan.id }, "plan complete");
    return { plan };
  }

  function running(
    plan: TaskPlan,
    task: MutableTask,
    outcome: Extract<TaskOutcome, { state: "running" }>,
  ): PlanProgress {
    memory.delete(planIdOf(plan), task.id);
    Object.assign(task, outcome.record);
    return {
      plan,
      requeueAfterMs: Math.ceil(outcome.pollAfterMs ?? SAFETY_POLL_MS),
      ...(outcome.waitingFor === undefined ? {} : { waitingFor: outcome.waitingFor }),
    };
  }

  function failedAttempt(
    plan: TaskPlan,
    index: number,
    task: MutableTask,
    outcome: Extract<TaskOutcome, { state: "failed" }>,
    context: ExecuteContext,
  ): PlanProgress {
    const used = task.retryCount ?? 0;
    const budget = task.maxRetries ?? 0;
    Object.assign(task, outcome.record);
    if (used >= budget) return fail(plan, index, outcome.error, context);

    const attempt = used + 1;
    task.retryCount = attempt;
    delete task.submittedAt;
    delete task.error;
    const waitingFor = `retry ${attempt} of ${budget} of ${task.type} after: ${outcome.error}`;
    // The same failure may be counted twice when the first flush was lost: its backoff then runs from the first count.
    const known = memory.get(planIdOf(plan), task.id)?.retry;
    const at = known?.attempt === attempt ? known.at : clock.monotonic() + retryBackoffMs(attempt);
    memory.set(planIdOf(plan), task.id, { retry: { attempt, at, waitingFor } });
    logger(context)?.info(
      {
        plan: plan.id,
        task: task.type,
        taskId: task.id,
        retry: attempt,
        maxRetries: budget,
        reason: outcome.error,
      },
      "task failed, will be retried",
    );
    return { plan, requeueAfterMs: Math.ceil(Math.max(1, at - clock.monotonic())), waitingFor };
  }

  function fail(plan: TaskPlan, index: number, error: string, context: ExecuteContext): PlanProgress {
    const task = plan.tasks[index];
    if (task === undefined) throw new Error(`fail plan ${plan.id}: no task ${index}`);
    task.status = "Failed";
    task.error = error;
    plan.phase = "Failed";
    plan.failedTaskIndex = index;
    plan.failedTaskDetail = {
      type: task.type,
      id: task.id,
      error,
      retryCount: task.retryCount ?? 0,
      maxRetries: task.maxRetries ?? 0,
    };
    memory.forget(planIdOf(plan));
    logger(context)?.info({ plan: plan.id, task: task.type, taskId: task.id, reason: error }, "plan failed");
    return { plan };
  }

  /** Only for the attempt the backoff was set for: a plan whose counted failure was not persisted is counted again now. */
  function retryHold(
    plan: TaskPlan,
    task: MutableTask,
  ): Pick<PlanProgress, "requeueAfterMs" | "waitingFor"> | undefined {
    const retry = memory.get(planIdOf(plan), task.id)?.retry;
    if (retry === undefined || retry.attempt !== (task.retryCount ?? 0)) return undefined;
    const left = retry.at - clock.monotonic();
    return left > 0 ? { requeueAfterMs: Math.ceil(left), waitingFor: retry.waitingFor } : undefined;
  }

  /**
   * 100 ms, doubling to 5 s. An event may make us look sooner (what failed may just have come up); a look before its time does
   * not lengthen the delay. An error that knows better (`retryAfterMs`) is obeyed and starts no streak.
   */
  function transientDelay(plan: TaskPlan, task: MutableTask, error: unknown): number {
    const asked = retryAfterOf(error);
    if (asked !== undefined) return asked;
    const now = clock.monotonic();
    const entry = memory.get(planIdOf(plan), task.id);
    const last = entry?.transient;
    if (last !== undefined && last.at > now) return last.at - now;
    const delayMs = last === undefined ? TRANSIENT_FIRST_MS : Math.min(last.delayMs * 2, TRANSIENT_MAX_MS);
    memory.set(planIdOf(plan), task.id, { ...entry, transient: { delayMs, at: now + delayMs } });
    return delayMs;
  }

  function logger(context: ExecuteContext): Logger | undefined {
    return context.log ?? options.log;
  }
}

async function run(
  plan: TaskPlan,
  task: MutableTask,
  registry: TaskRegistry,
  signal: AbortSignal,
): Promise<TaskOutcome> {
  const implementation = registry(task.type);
  if (implementation === undefined) {
    return {
      state: "terminal",
      error: `unknown task type "${task.type}": this build of the operator cannot run it`,
    };
  }
  return await implementation({ task, plan, signal });
}

/** `id` is optional in the schema. A plan without one is still told apart by its first task. */
function planIdOf(plan: TaskPlan): string {
  return plan.id ?? plan.tasks[0]?.id ?? "";
}

/** We were told to stop: not a failure of the task, and nothing to pace. */
function isHalt(error: unknown, signal: AbortSignal): boolean {
  return signal.aborted || isOwnStop(error);
}

function retryAfterOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("retryAfterMs" in error)) return undefined;
  return typeof error.retryAfterMs === "number" ? error.retryAfterMs : undefined;
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error), { cause: error });
}

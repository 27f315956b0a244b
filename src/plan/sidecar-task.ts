/**
 * Runs a sidecar task as a task of a plan, once per attempt (design 4.1). What the plan does not know, the sidecar is asked for
 * before anything is sent, because POSTing an id that failed runs it again:
 *
 *                       never POSTed, as far as we can know: POST
 *   submittedAt unset   otherwise GET: 404 or a failure already counted -> POST; running -> adopt; completed -> complete;
 *                       a failure not yet counted -> failed. What signs transactions is POSTed after a second 404 only
 *   submittedAt set     GET: running -> look again; completed -> complete; a failure not yet counted -> failed;
 *                       404 twice, a failure already counted, or cut short by the sidecar's shutdown -> POST again, with
 *                       backoff
 *   POST accepted       record submittedAt, GET in the same pass
 */
import type { PlannedTask } from "#api";
import { type Clock, formatTime } from "#clock";
import type { DeepReadonly } from "#kube";
import {
  InvalidParamsError,
  type SidecarClient,
  SidecarError,
  type SidecarTaskResult,
  sidecarTaskType,
  wireParams,
} from "#sidecar";
import type { Task, TaskOutcome, TaskRecord, TaskRun } from "./contract.ts";
import { PlanMemory } from "./plan-memory.ts";
import { nextPollDelayMs } from "./poll-schedule.ts";
import { countedRun, isInterruption, isUncounted, runOf } from "./run-count.ts";

const RESUBMIT_FIRST_MS = 1_000;
const RESUBMIT_MAX_MS = 30_000;
/** A second look before believing a 404 that matters: the sidecar answers 404 on a database error, too. */
const CONFIRM_MISSING_MS = 1_000;
const MAX_FORGOTTEN_RECORDS = 4;

export interface SidecarTaskOptions {
  /** Overrides the catalog: `accept` ends the task when its POST is accepted (the SeiNodeTask kind MarkReady). */
  readonly completesOn?: "result" | "accept";
}

export interface SidecarTaskRunner {
  /** Throws when `type` is not a sidecar task. */
  (client: SidecarClient, type: string, options?: SidecarTaskOptions): Task;
  /**
   * This process just built the plan, so nobody can have POSTed its tasks yet and the GET before a first POST is saved. To be
   * called for a new plan id only, by the process that made it up.
   */
  noteFreshPlan(planId: string): void;
  /** Drops what is remembered about a plan that ended or whose resource is gone. */
  forget(planId: string): void;
}

/** What this process knows of one task. Times are monotonic. Everything is pacing or a saved request, never a fact of record. */
interface Memory {
  /** The attempt (retryCount) this is about; another one starts afresh. */
  readonly attempt: number;
  /** When the attempt was accepted, or found running. */
  startedAt?: number;
  /** Recorded again until the plan shows it, for the case that a flush was lost. */
  submittedAt?: string;
  nextPollAt: number;
  waitingFor?: string;
  /** How often the attempt was POSTed again because it was forgotten or interrupted; not before this time again. */
  resubmits: number;
  resubmitAt: number;
  /** 404s in a row, where one alone is not believed. */
  missing: number;
}

export function createSidecarTaskRunner(options: { readonly clock: Clock }): SidecarTaskRunner {
  const { clock } = options;
  const memories = new PlanMemory<Memory>();
  /**
   * Plans made up here (under their own id), and which of their tasks a POST may have left for. One structure, so that eviction
   * can never keep "fresh" and lose "attempted".
   */
  const fresh = new PlanMemory<"fresh" | "attempted">();

  return Object.assign(taskFor, {
    noteFreshPlan: (planId: string) => fresh.set(planId, planId, "fresh"),
    forget(planId: string) {
      memories.forget(planId);
      fresh.forget(planId);
    },
  });

  function taskFor(client: SidecarClient, type: string, taskOptions: SidecarTaskOptions = {}): Task {
    const known = sidecarTaskType(type);
    if (known === undefined) throw new Error(`${type} is not a sidecar task`);
    const { resubmittable } = known;
    const completesOn = taskOptions.completesOn ?? known.completesOn;

    return async (run) => {
      const outcome = await step(run);
      if (outcome.state !== "running") memories.delete(planIdOf(run), run.task.id);
      return outcome;
    };

    async function step(run: TaskRun): Promise<TaskOutcome> {
      const { task } = run;
      const memory = recall(run);
      const submitted = task.submittedAt !== undefined || memory.submittedAt !== undefined;
      // Nothing will be asked about it: POSTing again what runs or completed changes nothing, and a failure may run again.
      if (completesOn === "accept") return submitted ? complete(task, memory) : await submit(run, memory);

      const wait = memory.nextPollAt - clock.monotonic();
      // Timers may fire a millisecond early; that is no reason to come back once more.
      if (wait > 1) return running(task, memory, wait);
      if (!submitted && neverPosted(run)) return await submit(run, memory);
      return await look(run, memory, submitted);
    }

    async function look(run: TaskRun, memory: Memory, submitted: boolean): Promise<TaskOutcome> {
      const { task } = run;
      const result = await client.task(task.id, run.signal);
      if (result !== undefined) memory.missing = 0;
      if (result !== undefined && result.status !== "failed") adopt(task, result, memory);
      if (result?.status === "completed") return complete(task, memory, result);
      if (result?.status === "running") return poll(task, memory);
      if (result === undefined) {
        if (!submitted && countedRun(task) === 0) return await unknown(run, memory);
        return await forgotten(run, memory, submitted);
      }
      if (isInterruption(result) && resubmittable) {
        return await resubmit(run, memory, "the sidecar stopped while it ran");
      }
      if (isUncounted(task, result, submitted)) return failed(task, result);
      // An older attempt's failure: ours was never accepted, or (submitted) the sidecar's database went back in time.
      return submitted
        ? await resubmit(run, memory, "the sidecar lost the attempt")
        : await submit(run, memory);
    }

    /** A POST may have left before, and the sidecar says it never came. */
    async function unknown(run: TaskRun, memory: Memory): Promise<TaskOutcome> {
      if (resubmittable || memory.missing > 0) return await submit(run, memory);
      return confirmMissing(run, memory, `the sidecar to say again that it does not know ${type}`);
    }

    function confirmMissing(run: TaskRun, memory: Memory, waitingFor: string): TaskOutcome {
      memory.missing += 1;
      memory.nextPollAt = clock.monotonic() + CONFIRM_MISSING_MS;
      memory.waitingFor = waitingFor;
      return running(run.task, memory, CONFIRM_MISSING_MS);
    }

    async function forgotten(run: TaskRun, memory: Memory, submitted: boolean): Promise<TaskOutcome> {
      const { task } = run;
      // POSTing again could sign a second transaction. The caller's own time limit ends this.
      if (submitted && !resubmittable)
        return poll(task, memory, `${type}, which the sidecar no longer knows`);
      // On a CRD that does not know failedRun the record never shows: after a few tries it is done without.
      if (countedRun(task) > 0 && memory.missing < MAX_FORGOTTEN_RECORDS) {
        // The record is gone and with it its run counter: the next failure will be run 1 again and must count. Recorded
        // before the POST, for after it a crash would leave a failure that looks like one already counted.
        memory.missing += 1;
        const confirmed = memory.missing > 1;
        const pollAfterMs = confirmed ? 1 : CONFIRM_MISSING_MS;
        memory.nextPollAt = clock.monotonic() + pollAfterMs;
        memory.waitingFor = `${type}, which the sidecar no longer knows`;
        return running(task, memory, pollAfterMs, confirmed ? { failedRun: 0 } : {});
      }
      if (!submitted) return await submit(run, memory);
      // It may have failed, and a POST would run it again and nobody would hear of the failure.
      if (memory.missing === 0)
        return confirmMissing(run, memory, `${type}, which the sidecar no longer knows`);
      return await resubmit(run, memory, "the sidecar no longer knows it");
    }

    /** The same attempt once more: no retry is counted. At once the first time, then 1, 2, 4 ... 30 s apart. */
    async function resubmit(run: TaskRun, memory: Memory, why: string): Promise<TaskOutcome> {
      const waitingFor = `${type} to be submitted again: ${why}`;
      const now = clock.monotonic();
      if (memory.resubmitAt > now + 1) {
        memory.nextPollAt = memory.resubmitAt;
        memory.waitingFor = waitingFor;
        return running(run.task, memory, memory.resubmitAt - now);
      }
      memory.resubmitAt =
        now + Math.min(RESUBMIT_FIRST_MS * 2 ** Math.min(memory.resubmits, 10), RESUBMIT_MAX_MS);
      memory.resubmits += 1;
      return await submit(run, memory);
    }

    async function submit(run: TaskRun, memory: Memory): Promise<TaskOutcome> {
      const { task } = run;
      let params: Readonly<Record<string, unknown>> | undefined;
      try {
        params = wireParams(type, task.params);
      } catch (error) {
        if (error instanceof InvalidParamsError) return { state: "terminal", error: error.message };
        throw error;
      }
      run.signal.throwIfAborted();
      // From here on the POST may have arrived, whatever we hear of it.
      noteAttempt(run);
      try {
        await client.submit({ id: task.id, type, ...(params === undefined ? {} : { params }) }, run.signal);
      } catch (error) {
        if (error instanceof SidecarError && error.class === "rejected") {
          return { state: "terminal", error: error.message };
        }
        throw error;
      }
      memory.startedAt = clock.monotonic();
      memory.submittedAt = formatTime(clock.now());
      memory.missing = 0;
      return completesOn === "accept" ? complete(task, memory) : await lookAfterSubmit(run, memory);
    }

    /** Whatever this GET brings, the accepted POST is reported: a rejection would lose `submittedAt`. */
    async function lookAfterSubmit(run: TaskRun, memory: Memory): Promise<TaskOutcome> {
      const { task } = run;
      let result: SidecarTaskResult | undefined;
      try {
        result = await client.task(task.id, run.signal);
      } catch {
        return poll(task, memory); // not ignored: if it persists, the next look rejects with it
      }
      if (result?.status === "completed") return complete(task, memory, result);
      if (result?.status === "failed" && !isInterruption(result) && isUncounted(task, result, true)) {
        return failed(task, result);
      }
      return poll(task, memory);
    }

    function failed(task: DeepReadonly<PlannedTask>, result: SidecarTaskResult): TaskOutcome {
      const run = runOf(result);
      return {
        state: "failed",
        error: result.error ?? `task ${task.id} failed with unknown error`,
        ...(run === undefined ? {} : { record: { failedRun: run } }),
        ...resultOf(result),
      };
    }

    /** Takes over an attempt whose acceptance the plan may not show. */
    function adopt(task: DeepReadonly<PlannedTask>, result: SidecarTaskResult, memory: Memory): void {
      if (memory.startedAt !== undefined) return;
      const now = clock.now();
      const accepted = Date.parse(task.submittedAt ?? result.submittedAt ?? "");
      // The pace is the one the task had reached. Clocks that disagree must not give a negative age.
      const age = Number.isNaN(accepted) ? 0 : Math.max(0, now - accepted);
      memory.startedAt = clock.monotonic() - age;
      memory.submittedAt = task.submittedAt ?? formatTime(now - age);
    }

    function complete(
      task: DeepReadonly<PlannedTask>,
      memory: Memory,
      result?: SidecarTaskResult,
    ): TaskOutcome {
      const record = news(task, memory);
      return { state: "complete", ...(record === undefined ? {} : { record }), ...resultOf(result) };
    }

    function poll(task: DeepReadonly<PlannedTask>, memory: Memory, waitingFor?: string): TaskOutcome {
      const now = clock.monotonic();
      const delay = nextPollDelayMs(now - (memory.startedAt ?? now));
      memory.nextPollAt = now + delay;
      memory.waitingFor = waitingFor ?? `the sidecar to finish ${type}`;
      return running(task, memory, delay);
    }

    function running(
      task: DeepReadonly<PlannedTask>,
      memory: Memory,
      pollAfterMs: number,
      extra?: TaskRecord,
    ): TaskOutcome {
      const record = news(task, memory, extra);
      return {
        state: "running",
        pollAfterMs,
        waitingFor: memory.waitingFor ?? `the sidecar to finish ${type}`,
        ...(record === undefined ? {} : { record }),
      };
    }
  }

  /** What the plan does not show yet. */
  function news(task: DeepReadonly<PlannedTask>, memory: Memory, extra?: TaskRecord): TaskRecord | undefined {
    const { submittedAt } = memory;
    if (submittedAt === undefined || submittedAt === task.submittedAt) return extra;
    return { ...extra, submittedAt };
  }

  function recall(run: TaskRun): Memory {
    const { task } = run;
    const attempt = task.retryCount ?? 0;
    const known = memories.get(planIdOf(run), task.id);
    if (known?.attempt === attempt) return known;
    const memory: Memory = { attempt, nextPollAt: 0, resubmits: 0, resubmitAt: 0, missing: 0 };
    memories.set(planIdOf(run), task.id, memory);
    return memory;
  }

  /** True only while no request carrying this id can have left any process. */
  function neverPosted(run: TaskRun): boolean {
    const planId = planIdOf(run);
    return fresh.get(planId, planId) === "fresh" && fresh.get(planId, run.task.id) === undefined;
  }

  function noteAttempt(run: TaskRun): void {
    const planId = planIdOf(run);
    if (fresh.get(planId, planId) === "fresh") fresh.set(planId, run.task.id, "attempted");
  }
}

function planIdOf(run: TaskRun): string {
  return run.plan.id ?? run.task.id;
}

function resultOf(result: SidecarTaskResult | undefined): { readonly result?: unknown } {
  return result?.result === undefined ? {} : { result: result.result };
}

import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
import fc from "fast-check";
import type { TaskPlan } from "#api";
import { formatTime, ManualClock } from "#clock";
import { buildPlan } from "./build.ts";
import type { Task, TaskOutcome, TaskRegistry } from "./contract.ts";
import { createPlanEngine, type PlanEngine, retryBackoffMs } from "./engine.ts";

const ID = "00000000-0000-4000-8000-000000000001";

let clock: ManualClock;
let engine: PlanEngine;
let ran: string[];

beforeEach(() => {
  clock = new ManualClock();
  engine = createPlanEngine({ clock });
  ran = [];
});

function planOf(...tasks: ({ type: string; maxRetries?: number } | string)[]): TaskPlan {
  return deepFreeze(
    buildPlan({ id: ID, tasks: tasks.map((task) => (typeof task === "string" ? { type: task } : task)) }),
  );
}

function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null) Object.values(Object.freeze(value)).forEach(deepFreeze);
  return value;
}

/** Each type answers with its outcomes in turn, the last one for ever. An Error is a rejection. */
function registry(script: Record<string, (TaskOutcome | Error)[]>): TaskRegistry {
  return (type) => {
    const outcomes = script[type];
    if (outcomes === undefined) return undefined;
    const task: Task = async () => {
      ran.push(type);
      const next = outcomes.length > 1 ? outcomes.shift() : outcomes[0];
      if (next === undefined) throw new Error(`no outcome for ${type}`);
      if (next instanceof Error) throw next;
      return next;
    };
    return task;
  };
}

const execute = (plan: TaskPlan | undefined, tasks: TaskRegistry, signal = new AbortController().signal) =>
  engine.execute(plan, tasks, { signal });

const complete: TaskOutcome = { state: "complete" };
const failed = (error: string, failedRun?: number): TaskOutcome => ({
  state: "failed",
  error,
  ...(failedRun === undefined ? {} : { record: { failedRun } }),
});

describe("progress", () => {
  test("tasks that complete at once are all run in one pass, and the plan is Complete", async () => {
    const progress = await execute(
      planOf("a", "b", "c"),
      registry({ a: [complete], b: [complete], c: [complete] }),
    );
    assert.deepEqual(ran, ["a", "b", "c"]);
    assert.equal(progress.plan.phase, "Complete");
    assert.deepEqual(
      progress.plan.tasks.map((task) => task.status),
      ["Complete", "Complete", "Complete"],
    );
    assert.equal(progress.requeueAfterMs, undefined);
  });

  test("a running task stops the pass, keeps what it recorded and says when to look again and what it waits for", async () => {
    const tasks = registry({
      a: [complete],
      b: [
        {
          state: "running",
          pollAfterMs: 20.4,
          waitingFor: "the tide",
          record: { submittedAt: "2026-01-01T00:00:00Z" },
        },
      ],
      c: [complete],
    });
    const progress = await execute(planOf("a", "b", "c"), tasks);
    assert.deepEqual(ran, ["a", "b"]);
    assert.equal(progress.plan.phase, "Active");
    assert.equal(progress.plan.tasks[1]?.status, "Pending");
    assert.equal(progress.plan.tasks[1]?.submittedAt, "2026-01-01T00:00:00Z");
    assert.equal(progress.requeueAfterMs, 21);
    assert.equal(progress.waitingFor, "the tide");
  });

  test("a running task that names no time gets the safety poll of 5 s", async () => {
    const progress = await execute(planOf("a"), registry({ a: [{ state: "running" }] }));
    assert.equal(progress.requeueAfterMs, 5_000);
  });

  test("a resumed plan starts at its first task that is not Complete", async () => {
    const plan = structuredClone(planOf("a", "b"));
    if (plan.tasks[0] !== undefined) plan.tasks[0].status = "Complete";
    await execute(plan, registry({ a: [complete], b: [complete] }));
    assert.deepEqual(ran, ["b"]);
  });

  test("the plan given is never changed, and an unchanged one comes back equal", async () => {
    const given = planOf("a", "b");
    const before = structuredClone(given);
    const unchanged = await execute(given, registry({ a: [{ state: "running" }] }));
    assert.deepEqual(unchanged.plan, given);
    const changed = await execute(given, registry({ a: [complete], b: [failed("x")] }));
    assert.notDeepEqual(changed.plan, given);
    assert.deepEqual(given, before);
  });

  test("no plan is an error, a finished one comes back as it is without running anything", async () => {
    await assert.rejects(execute(undefined, registry({})), /there is no plan/);
    for (const phase of ["Complete", "Failed"] as const) {
      const plan = { ...planOf("a"), phase };
      assert.deepEqual(await execute(plan, registry({ a: [complete] })), { plan });
    }
    assert.deepEqual(ran, []);
  });

  test("a plan without tasks is Complete", async () => {
    assert.equal((await execute(planOf(), registry({}))).plan.phase, "Complete");
  });
});

describe("failure", () => {
  test("a failure within the budget leaves the task Pending with one more retry, the run recorded and submittedAt cleared", async () => {
    const plan = structuredClone(planOf({ type: "a", maxRetries: 2 }));
    Object.assign(plan.tasks[0] ?? {}, { submittedAt: "2026-01-01T00:00:00Z", error: "old" });
    const progress = await execute(plan, registry({ a: [failed("boom", 7)] }));
    const [task] = progress.plan.tasks;
    assert.equal(progress.plan.phase, "Active");
    assert.equal(task?.status, "Pending");
    assert.equal(task?.retryCount, 1);
    assert.equal(task?.failedRun, 7);
    assert.ok(task !== undefined && !("submittedAt" in task) && !("error" in task));
    assert.equal(task.id, plan.tasks[0]?.id);
    assert.equal(progress.requeueAfterMs, 10_000);
    assert.equal(progress.waitingFor, "retry 1 of 2 of a after: boom");
  });

  test("retries wait 10, 20, 30, 30 s", () => {
    assert.deepEqual([1, 2, 3, 4, 180].map(retryBackoffMs), [10_000, 20_000, 30_000, 30_000, 30_000]);
  });

  test("a wake-up during the backoff does not retry, the end of the backoff does", async () => {
    const tasks = registry({ a: [failed("boom"), complete] });
    let progress = await execute(planOf({ type: "a", maxRetries: 1 }), tasks);
    await clock.advance(9_999);
    progress = await execute(progress.plan, tasks);
    assert.deepEqual(ran, ["a"]);
    assert.equal(progress.requeueAfterMs, 1);
    assert.equal(progress.waitingFor, "retry 1 of 1 of a after: boom");
    await clock.advance(1);
    progress = await execute(progress.plan, tasks);
    assert.deepEqual(ran, ["a", "a"]);
    assert.equal(progress.plan.phase, "Complete");
  });

  test("a counted failure that was not persisted is counted again at once, and its backoff runs on", async () => {
    const given = planOf({ type: "a", maxRetries: 1 });
    const tasks = registry({ a: [failed("boom", 1)] });
    const first = await execute(given, tasks);
    await clock.advance(4_000);
    const again = await execute(given, tasks);
    assert.deepEqual(again.plan, first.plan);
    assert.equal(again.requeueAfterMs, 6_000);
  });

  test("a retry is not held back in a process that does not remember its failure", async () => {
    const first = await execute(planOf({ type: "a", maxRetries: 1 }), registry({ a: [failed("boom")] }));
    engine = createPlanEngine({ clock });
    assert.equal((await execute(first.plan, registry({ a: [complete] }))).plan.phase, "Complete");
  });

  test("the failure that uses up the budget fails task and plan with the detail filled in", async () => {
    const plan = structuredClone(planOf("a", { type: "b", maxRetries: 2 }));
    Object.assign(plan.tasks[1] ?? {}, { retryCount: 2 });
    const { plan: result, requeueAfterMs } = await execute(
      plan,
      registry({ a: [complete], b: [failed("boom", 3)] }),
    );
    assert.equal(result.phase, "Failed");
    assert.equal(result.failedTaskIndex, 1);
    assert.deepEqual(result.failedTaskDetail, {
      type: "b",
      id: plan.tasks[1]?.id,
      error: "boom",
      retryCount: 2,
      maxRetries: 2,
    });
    assert.equal(result.tasks[1]?.status, "Failed");
    assert.equal(result.tasks[1]?.error, "boom");
    assert.equal(result.tasks[1]?.failedRun, 3);
    assert.equal(requeueAfterMs, undefined);
  });

  test("a terminal outcome fails the plan at once, with retries left", async () => {
    const { plan } = await execute(
      planOf({ type: "a", maxRetries: 9 }),
      registry({ a: [{ state: "terminal", error: "never" }] }),
    );
    assert.equal(plan.phase, "Failed");
    assert.deepEqual(plan.failedTaskDetail, {
      type: "a",
      id: plan.tasks[0]?.id,
      error: "never",
      retryCount: 0,
      maxRetries: 9,
    });
  });

  test("a task type this build does not know fails the plan, naming the type", async () => {
    const { plan } = await execute(planOf({ type: "from-the-future", maxRetries: 9 }), registry({}));
    assert.equal(plan.phase, "Failed");
    assert.match(plan.failedTaskDetail?.error ?? "", /unknown task type "from-the-future"/);
  });
});

test("a completed task says when it was done, unless it knows better when it was submitted", async () => {
  const submittedAt = "2020-01-01T00:00:00Z";
  const tasks = registry({ a: [{ state: "complete" }], b: [{ state: "complete", record: { submittedAt } }] });
  const { plan } = await execute(planOf("a", "b"), tasks);
  assert.equal(plan.tasks[0]?.submittedAt, formatTime(clock.now()));
  assert.equal(plan.tasks[1]?.submittedAt, submittedAt);
});

describe("transient errors", () => {
  test("an error uses no retry and is tried again soon, then ever later, at most every 5 s", async () => {
    const plan = planOf("a");
    const tasks = registry({ a: [new Error("refused")] });
    const delays: (number | undefined)[] = [];
    for (let i = 0; i < 8; i++) {
      const progress = await execute(plan, tasks);
      assert.deepEqual(progress.plan, plan);
      assert.equal(progress.error?.message, "refused");
      delays.push(progress.requeueAfterMs);
      await clock.advance(progress.requeueAfterMs ?? 0);
    }
    assert.deepEqual(delays, [100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000]);
  });

  test("an early wake-up tries again at once, without lengthening the delay", async () => {
    const tasks = registry({ a: [new Error("refused")] });
    await execute(planOf("a"), tasks);
    await clock.advance(30);
    const progress = await execute(planOf("a"), tasks);
    assert.equal(ran.length, 2);
    assert.equal(progress.requeueAfterMs, 70);
  });

  test("a task that got through once starts its next streak at the first delay", async () => {
    const tasks = registry({ a: [new Error("x"), new Error("x"), { state: "running" }, new Error("x")] });
    const delays: (number | undefined)[] = [];
    for (let i = 0; i < 4; i++) {
      const progress = await execute(planOf("a"), tasks);
      delays.push(progress.requeueAfterMs);
      await clock.advance(5_000);
    }
    assert.deepEqual(delays, [100, 200, 5_000, 100]);
  });

  test("an error that says when to come back is obeyed", async () => {
    const backingOff = Object.assign(new Error("silent"), { class: "backingOff", retryAfterMs: 17_000 });
    const progress = await execute(planOf("a"), registry({ a: [backingOff] }));
    assert.equal(progress.requeueAfterMs, 17_000);
  });

  test("tasks that completed before the error are in the plan returned with it", async () => {
    const progress = await execute(planOf("a", "b"), registry({ a: [complete], b: [new Error("refused")] }));
    assert.equal(progress.plan.tasks[0]?.status, "Complete");
    assert.equal(progress.error?.message, "refused");
  });
});

describe("being told to stop", () => {
  const fenced = () => Object.assign(new Error("not the leader"), { class: "fenced" });

  test("a closed fence or an abort in the first task rejects and changes nothing", async () => {
    await assert.rejects(execute(planOf("a"), registry({ a: [fenced()] })), /not the leader/);
    const reason = new Error("shutting down");
    await assert.rejects(
      execute(planOf("a"), registry({ a: [complete] }), AbortSignal.abort(reason)),
      reason,
    );
    assert.deepEqual(ran, ["a"]);
  });

  test("after a task completed, the progress is returned with the fence as its error and no time to come back", async () => {
    const progress = await execute(planOf("a", "b"), registry({ a: [complete], b: [fenced()] }));
    assert.equal(progress.plan.tasks[0]?.status, "Complete");
    assert.equal(progress.plan.tasks[1]?.status, "Pending");
    assert.equal(progress.error?.message, "not the leader");
    assert.equal(progress.requeueAfterMs, undefined);
  });

  test("no task is started once the signal is aborted, and the finished ones are kept", async () => {
    const controller = new AbortController();
    const tasks: TaskRegistry = () => async () => {
      ran.push("task");
      controller.abort(new Error("deadline"));
      return complete;
    };
    const progress = await execute(planOf("a", "b"), tasks, controller.signal);
    assert.deepEqual(ran, ["task"]);
    assert.deepEqual(
      progress.plan.tasks.map((task) => task.status),
      ["Complete", "Pending"],
    );
    assert.equal(progress.error?.message, "deadline");
  });
});

test("a forgotten plan keeps no backoff", async () => {
  const tasks = registry({ a: [failed("boom"), complete] });
  const first = await execute(planOf({ type: "a", maxRetries: 1 }), tasks);
  engine.forget(ID);
  assert.equal((await execute(first.plan, tasks)).plan.phase, "Complete");
});

test("whatever the tasks answer, tasks finish in order, retries stay in budget and the plan ends as its tasks did", async () => {
  const outcome = fc.constantFrom<"complete" | "failed" | "running" | "reject" | "terminal">(
    "complete",
    "complete",
    "failed",
    "failed",
    "running",
    "reject",
    "terminal",
  );
  const cases = fc.array(
    fc.record({ maxRetries: fc.nat(3), outcomes: fc.array(outcome, { maxLength: 6 }) }),
    { maxLength: 4 },
  );
  await fc.assert(
    fc.asyncProperty(cases, async (specs) => {
      clock = new ManualClock();
      engine = createPlanEngine({ clock });
      const script = specs.map((spec) => [...spec.outcomes]);
      const failures = specs.map(() => 0);
      const tasks: TaskRegistry = (type) => async () => {
        const index = Number(type);
        const next = script[index]?.shift() ?? "complete";
        if (next === "reject") throw new Error("transient");
        if (next === "failed") failures[index] = (failures[index] ?? 0) + 1;
        if (next === "failed" || next === "terminal") return { state: next, error: next };
        return { state: next };
      };
      let plan = planOf(
        ...specs.map((spec, index) => ({ type: String(index), maxRetries: spec.maxRetries })),
      );
      for (let pass = 0; plan.phase === "Active"; pass++) {
        assert.ok(pass < 200, "the plan does not end");
        const progress = await execute(deepFreeze(plan), tasks);
        plan = progress.plan;
        assert.equal(progress.requeueAfterMs === undefined, plan.phase !== "Active");
        await clock.advance(progress.requeueAfterMs ?? 0);
      }
      const states = plan.tasks.map((task) => task.status);
      const end = states.findIndex((state) => state !== "Complete");
      if (plan.phase === "Complete") assert.equal(end, -1);
      else assert.deepEqual([plan.failedTaskIndex, states[end]], [end, "Failed"]);
      assert.ok(states.slice(end + 1).every((state) => end === -1 || state === "Pending"));
      plan.tasks.forEach((task, index) => {
        assert.equal(task.retryCount ?? 0, Math.min(failures[index] ?? 0, specs[index]?.maxRetries ?? 0));
      });
    }),
    { numRuns: 150 },
  );
});

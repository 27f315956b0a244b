import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
import type { PlannedTask, TaskPlan } from "#api";
import { formatTime, ManualClock } from "#clock";
import { SidecarError } from "#sidecar";
import { buildPlan } from "./build.ts";
import type { TaskOutcome } from "./contract.ts";
import { SidecarModel } from "./sidecar-model.fixture.ts";
import { createSidecarTaskRunner, type SidecarTaskOptions, type SidecarTaskRunner } from "./sidecar-task.ts";

const ID = "00000000-0000-4000-8000-000000000001";

let clock: ManualClock;
let sidecar: SidecarModel;
let runner: SidecarTaskRunner;
let plan: TaskPlan;

beforeEach(() => {
  clock = new ManualClock();
  sidecar = new SidecarModel(clock);
  runner = createSidecarTaskRunner({ clock });
  usePlan("configure-genesis");
});

function usePlan(type: string, params?: unknown, maxRetries = 3): void {
  plan = buildPlan({ id: ID, tasks: [{ type, params, maxRetries }] });
}

function theTask(): PlannedTask {
  const [task] = plan.tasks;
  assert.ok(task !== undefined);
  return task;
}

/** One pass; what it records is put into the plan, as a flush would. */
async function pass(options?: SidecarTaskOptions & { flush?: boolean }): Promise<TaskOutcome> {
  const task = theTask();
  const outcome = await runner(
    sidecar.client,
    task.type,
    options,
  )({ task, plan, signal: new AbortController().signal });
  if (options?.flush !== false && "record" in outcome) Object.assign(task, outcome.record);
  return outcome;
}

const restartController = () => {
  runner = createSidecarTaskRunner({ clock });
};

/** A failure was counted: what the engine does to the task. */
function countFailure(): void {
  const task = theTask();
  task.retryCount = (task.retryCount ?? 0) + 1;
  delete task.submittedAt;
}

describe("first submission", () => {
  test("a task of a plan this process just built is POSTed without a GET before it, and looked at in the same pass", async () => {
    runner.noteFreshPlan(ID);
    const outcome = await pass();
    assert.equal(sidecar.posts.length, 1);
    assert.equal(sidecar.gets, 1);
    assert.deepEqual(outcome, {
      state: "running",
      pollAfterMs: 20,
      waitingFor: "the sidecar to finish configure-genesis",
      record: { submittedAt: formatTime(clock.now()) },
    });
  });

  test("a task that ends at once is complete in the pass of its POST, with its acceptance recorded", async () => {
    sidecar.instantly = () => ({});
    const submittedAt = formatTime(clock.now());
    assert.deepEqual(await pass(), { state: "complete", record: { submittedAt } });
  });

  test("a task that fails at once is counted in the pass of its POST", async () => {
    sidecar.instantly = () => ({ error: "no such bucket" });
    assert.deepEqual(await pass(), { state: "failed", error: "no such bucket", record: { failedRun: 1 } });
  });

  test("in a process that did not build the plan the id is asked for first", async () => {
    await pass();
    assert.equal(sidecar.gets, 2);
    assert.equal(sidecar.posts.length, 1);
  });

  test("wire params are sent, and the request has none when the type takes none", async () => {
    usePlan("snapshot-restore", { TargetHeight: 7 });
    await pass();
    assert.deepEqual(sidecar.posts[0], {
      id: theTask().id,
      type: "snapshot-restore",
      params: { targetHeight: 7 },
    });
    usePlan("mark-ready", {});
    await pass();
    assert.deepEqual(sidecar.posts[1], { id: theTask().id, type: "mark-ready" });
  });

  test("params that can never be accepted end the task before anything is sent", async () => {
    usePlan("config-apply", { mode: "full", overrides: { "storage.prunning": "x" } });
    runner.noteFreshPlan(ID);
    const outcome = await pass();
    assert.equal(outcome.state, "terminal");
    assert.match(outcome.state === "terminal" ? outcome.error : "", /did you mean "storage.pruning"/);
    assert.equal(sidecar.posts.length + sidecar.gets, 0);
  });

  test("a request the sidecar rejects ends the task with the sidecar's text", async () => {
    sidecar.client.submit = async () => {
      throw new SidecarError("rejected by the sidecar of a/b: unknown task type: x", { class: "rejected" });
    };
    assert.deepEqual(await pass(), {
      state: "terminal",
      error: "rejected by the sidecar of a/b: unknown task type: x",
    });
  });

  test("any other error of the POST is the caller's to retry, and the id is asked for before the next POST", async () => {
    runner.noteFreshPlan(ID);
    sidecar.postFault = "lostAnswer";
    await assert.rejects(pass(), { class: "timeout" });
    assert.equal(theTask().submittedAt, undefined);
    const outcome = await pass();
    assert.equal(outcome.state, "running");
    assert.equal(sidecar.posts.length, 1);
    assert.equal(theTask().submittedAt, formatTime(clock.now()));
  });

  test("an error of the look right after the POST does not lose the acceptance; the next look reports it", async () => {
    runner.noteFreshPlan(ID);
    const unavailable = new SidecarError("answered 502", { class: "unavailable" });
    sidecar.getFault = unavailable;
    assert.equal((await pass()).state, "running");
    assert.notEqual(theTask().submittedAt, undefined);
    sidecar.getFault = unavailable;
    await clock.advance(20);
    await assert.rejects(pass(), unavailable);
    assert.equal(sidecar.posts.length, 1);
  });

  test("nothing is sent once the signal is aborted", async () => {
    runner.noteFreshPlan(ID);
    const reason = new Error("stop");
    const task = runner(sidecar.client, "configure-genesis");
    await assert.rejects(task({ task: theTask(), plan, signal: AbortSignal.abort(reason) }), reason);
    assert.equal(sidecar.posts.length, 0);
  });

  test("a type that is no sidecar task is a programming error, thrown when the task is made", () => {
    assert.throws(() => runner(sidecar.client, "apply-service"), /apply-service is not a sidecar task/);
  });
});

describe("an attempt whose acceptance was not recorded", () => {
  beforeEach(async () => {
    await pass({ flush: false });
    restartController();
    assert.equal(theTask().submittedAt, undefined);
  });

  test("is adopted while it runs, with the time the sidecar accepted it", async () => {
    const accepted = formatTime(clock.now());
    await clock.advance(30_000);
    const outcome = await pass();
    assert.deepEqual(outcome, {
      state: "running",
      pollAfterMs: 3_000,
      waitingFor: "the sidecar to finish configure-genesis",
      record: { submittedAt: accepted },
    });
    assert.equal(sidecar.posts.length, 1);
  });

  test("is complete when it completed", async () => {
    sidecar.finish(theTask().id);
    assert.equal((await pass()).state, "complete");
    assert.equal(sidecar.posts.length, 1);
  });

  test("is counted when it failed, not run again", async () => {
    sidecar.finish(theTask().id, "boom");
    assert.deepEqual(await pass(), { state: "failed", error: "boom", record: { failedRun: 1 } });
    assert.equal(sidecar.posts.length, 1);
  });

  test("is counted once: after the count the same failure leads to the next attempt", async () => {
    sidecar.finish(theTask().id, "boom");
    await pass();
    countFailure();
    assert.equal((await pass()).state, "running");
    assert.equal(sidecar.posts.length, 2);
    sidecar.finish(theTask().id, "boom again");
    restartController();
    assert.deepEqual(await pass(), { state: "failed", error: "boom again", record: { failedRun: 2 } });
  });
});

describe("polling", () => {
  test("follows the schedule, whatever wakes the reconciler in between", async () => {
    runner.noteFreshPlan(ID);
    await pass();
    const looks: number[] = [];
    for (let ms = 1; ms <= 800; ms++) {
      await clock.advance(1);
      const before = sidecar.gets;
      await pass();
      if (sidecar.gets > before) looks.push(ms);
    }
    // One millisecond early is in time: timers fire so.
    assert.deepEqual(looks, [19, 38, 87, 186, 385, 584, 783]);
    assert.equal(sidecar.posts.length, 1);
  });

  test("a completion is seen by the next look", async () => {
    await pass();
    sidecar.finish(theTask().id);
    await clock.advance(20);
    assert.equal((await pass()).state, "complete");
  });

  test("a failure is counted with its run and the sidecar's text", async () => {
    await pass();
    sidecar.finish(theTask().id, "disk full");
    await clock.advance(20);
    assert.deepEqual(await pass(), { state: "failed", error: "disk full", record: { failedRun: 1 } });
  });

  test("a failure without a text names the task", async () => {
    await pass();
    sidecar.finish(theTask().id, "");
    await clock.advance(20);
    sidecar.client.task = async (id) => ({ id, type: "configure-genesis", status: "failed", run: 1 });
    const outcome = await pass();
    assert.equal(
      outcome.state === "failed" && outcome.error,
      `task ${theTask().id} failed with unknown error`,
    );
  });

  test("an acceptance whose flush was lost is recorded again by the next pass, even one that does not poll", async () => {
    runner.noteFreshPlan(ID);
    await pass({ flush: false });
    await clock.advance(2);
    await pass();
    assert.notEqual(theTask().submittedAt, undefined);
    assert.equal(sidecar.gets, 1);
  });

  test("after a restart a task submitted long ago is polled at the pace it had reached", async () => {
    await pass();
    await clock.advance(3_600_000);
    restartController();
    const outcome = await pass();
    assert.equal(outcome.state === "running" && outcome.pollAfterMs, 5_000);
  });

  test("what a running task says does not change while nothing changes", async () => {
    await pass();
    await clock.advance(5_000);
    const [first, second] = [await pass(), await pass()];
    assert.equal(
      first.state === "running" && first.waitingFor,
      second.state === "running" && second.waitingFor,
    );
    assert.ok(!("record" in second));
  });
});

describe("submitting an accepted attempt again", () => {
  beforeEach(() => pass());

  async function postsAfter(ms: number): Promise<number> {
    await clock.advance(ms);
    await pass();
    return sidecar.posts.length;
  }

  test("a sidecar that forgot the task, and says so twice, gets it again under the same id: at once, then 1, 2, 4 s apart", async () => {
    const postedAt = [clock.monotonic()];
    while (sidecar.posts.length < 5) {
      const { length } = sidecar.posts;
      sidecar.forgetAll();
      const outcome = await pass();
      if (sidecar.posts.length > length) postedAt.push(clock.monotonic());
      await clock.advance(outcome.state === "running" ? (outcome.pollAfterMs ?? 0) : 0);
    }
    const gaps = postedAt.slice(1).map((at, index) => at - (postedAt[index] ?? 0));
    assert.deepEqual(gaps, [1_020, 1_020, 2_000, 4_000]);
    assert.equal(new Set(sidecar.posts.map((post) => post.id)).size, 1);
    assert.equal(theTask().retryCount, undefined);
  });

  test("a database that fails for a moment does not run a task again that has failed", async () => {
    sidecar.hidden = true;
    await clock.advance(20);
    const doubted = await pass();
    assert.equal(
      doubted.state === "running" && doubted.waitingFor,
      "configure-genesis, which the sidecar no longer knows",
    );
    sidecar.hidden = false;
    sidecar.finish(theTask().id, "boom");
    await clock.advance(1_000);
    assert.equal((await pass()).state, "failed");
    assert.equal(sidecar.posts.length, 1);
  });

  test("while it holds back it says what it waits for", async () => {
    let said: unknown;
    for (let looks = 0; looks < 7; looks++) {
      sidecar.forgetAll();
      const outcome = await pass();
      assert.equal(outcome.state, "running");
      if (outcome.state !== "running") return;
      said = outcome.waitingFor;
      await clock.advance(outcome.pollAfterMs ?? 0);
      if (/to be submitted again/.test(String(said))) break;
    }
    assert.equal(said, "configure-genesis to be submitted again: the sidecar no longer knows it");
  });

  test("a run cut short by the sidecar's shutdown is started again and uses no retry", async () => {
    sidecar.stopGracefully();
    assert.equal(await postsAfter(20), 2);
    assert.equal(sidecar.started, 2);
    sidecar.finish(theTask().id, "boom");
    await clock.advance(20);
    assert.deepEqual(await pass(), { state: "failed", error: "boom", record: { failedRun: 2 } });
  });

  test("an error that only mentions a cancelled context is a failure", async () => {
    sidecar.finish(theTask().id, "context canceled by user: giving up");
    await clock.advance(20);
    assert.equal((await pass()).state, "failed");
  });

  test("a failure counted earlier that shows up again means the attempt was lost", async () => {
    sidecar.finish(theTask().id, "boom");
    theTask().failedRun = 1;
    theTask().retryCount = 1;
    restartController();
    await pass();
    assert.equal(sidecar.posts.length, 2);
  });

  test("a 404 after a counted failure is believed on the second look, and resets the count before the POST", async () => {
    sidecar.finish(theTask().id, "boom");
    await clock.advance(20);
    Object.assign(theTask(), { failedRun: 1 });
    countFailure();
    sidecar.forgetAll();
    restartController();
    assert.deepEqual(await pass(), {
      state: "running",
      pollAfterMs: 1_000,
      waitingFor: "configure-genesis, which the sidecar no longer knows",
      record: {},
    });
    await clock.advance(1_000);
    const confirmed = await pass();
    assert.deepEqual("record" in confirmed && confirmed.record, { failedRun: 0 });
    assert.equal(sidecar.posts.length, 1);
    sidecar.instantly = () => ({ error: "boom" });
    // The controller dies in the POST: the failure of the new run 1 counts all the same.
    sidecar.postFault = "crashAfter";
    await clock.advance(1);
    await assert.rejects(pass());
    restartController();
    assert.deepEqual(await pass(), { state: "failed", error: "boom", record: { failedRun: 1 } });
    assert.equal(sidecar.posts.length, 2);
  });
});

describe("tasks that sign transactions", () => {
  beforeEach(async () => {
    const params = {
      chainId: "c",
      keyName: "k",
      proposalId: 1,
      option: "yes",
      fees: "1usei",
      gas: 1,
    };
    usePlan("gov-vote", params, 0);
    runner.noteFreshPlan(ID);
    await pass();
    assert.equal(sidecar.posts.length, 1);
  });

  /** As after a restart before the acceptance was written. */
  function forgetAcceptance(): void {
    delete theTask().submittedAt;
    restartController();
  }

  test("are POSTed only after a second 404 when a POST may have left before", async () => {
    sidecar.forgetAll();
    forgetAcceptance();
    assert.equal((await pass()).state, "running");
    assert.equal(sidecar.posts.length, 1, "one 404 may be a database that fails for a moment");
    await clock.advance(1_000);
    assert.equal((await pass()).state, "running");
    assert.equal(sidecar.posts.length, 2);
  });

  test("are not POSTed when the sidecar remembers them after all", async () => {
    sidecar.hidden = true;
    forgetAcceptance();
    assert.equal((await pass()).state, "running");
    sidecar.hidden = false;
    sidecar.finish(theTask().id, "deposit too small");
    await clock.advance(1_000);
    const outcome = await pass();
    assert.equal(outcome.state === "failed" && outcome.error, "deposit too small");
    assert.equal(sidecar.posts.length, 1);
  });

  test("hand on what the sidecar attached to its verdict, good or bad", async () => {
    sidecar.result = { txHash: "AB" };
    sidecar.finish(theTask().id);
    await clock.advance(20);
    const completed = await pass();
    assert.deepEqual(completed.state === "complete" && completed.result, { txHash: "AB" });
    sidecar.forgetAll();
    forgetAcceptance();
    runner.noteFreshPlan(ID);
    sidecar.instantly = () => ({ error: "out of gas" });
    const failed = await pass();
    assert.deepEqual(failed.state === "failed" && failed.result, { txHash: "AB" });
  });

  test("are never POSTed again once accepted, though the sidecar forgot them", async () => {
    sidecar.forgetAll();
    for (let i = 0; i < 5; i++) {
      await clock.advance(60_000);
      const outcome = await pass();
      assert.equal(
        outcome.state === "running" && outcome.waitingFor,
        "gov-vote, which the sidecar no longer knows",
      );
      restartController();
    }
    assert.equal(sidecar.posts.length, 1);
  });

  test("fail when the sidecar's shutdown cut them short", async () => {
    sidecar.stopGracefully();
    await clock.advance(20);
    assert.equal((await pass()).state, "failed");
    assert.equal(sidecar.posts.length, 1);
  });
});

describe("tasks that end with the acceptance of their POST", () => {
  test("snapshot-upload, which never ends, is complete on the accepted POST, without any GET", async () => {
    usePlan("snapshot-upload", {});
    assert.deepEqual(await pass(), { state: "complete", record: { submittedAt: formatTime(clock.now()) } });
    assert.equal(sidecar.gets, 0);
  });

  test("mark-ready is polled to its result in a plan, and ends on acceptance when asked to", async () => {
    usePlan("mark-ready", {});
    assert.equal((await pass()).state, "running");
    usePlan("mark-ready", {});
    assert.equal((await pass({ completesOn: "accept" })).state, "complete");
  });

  test("an accepted one is not POSTed again", async () => {
    usePlan("snapshot-upload", {});
    theTask().submittedAt = formatTime(clock.now());
    assert.equal((await pass()).state, "complete");
    assert.equal(sidecar.posts.length, 0);
  });
});

describe("plans and sidecars of other versions", () => {
  test("a sidecar without run numbers: failures are told apart by their time of submission", async () => {
    sidecar.reportsRun = false;
    await pass();
    sidecar.finish(theTask().id, "boom");
    await clock.advance(20);
    const first = await pass();
    assert.equal(first.state, "failed");
    countFailure();
    restartController();
    await clock.advance(10_000);
    await pass();
    assert.equal(sidecar.posts.length, 2, "an older failure leads to the next attempt");
    sidecar.finish(theTask().id, "boom");
    delete theTask().submittedAt;
    restartController();
    assert.equal((await pass()).state, "failed", "a newer failure is counted");
    assert.equal(sidecar.posts.length, 2);
  });

  test("a plan taken over from the Go operator in mid-retry does not count its old failure a second time", async () => {
    await pass();
    sidecar.finish(theTask().id, "boom");
    countFailure(); // without failedRun
    restartController();
    assert.equal((await pass()).state, "running");
    assert.equal(sidecar.posts.length, 2);
  });
});

test("a forgotten plan is not taken for a new one", async () => {
  runner.noteFreshPlan(ID);
  runner.forget(ID);
  await pass();
  assert.equal(sidecar.gets, 2);
});

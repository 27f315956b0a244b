/**
 * D1: whatever dies, gets lost or restarts on either side, each attempt of a sidecar task runs once and each failure is counted
 * once. The real engine and runner work against a model of the sidecar; faults come in any order, then they stop.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { TaskPlan } from "#api";
import { ManualClock } from "#clock";
import { buildPlan } from "./build.ts";
import { createPlanEngine } from "./engine.ts";
import { type PostFault, ProcessKilled, SidecarModel } from "./sidecar-model.fixture.ts";
import { createSidecarTaskRunner } from "./sidecar-task.ts";

type Step =
  | {
      readonly kind: "pass";
      readonly post?: PostFault;
      readonly get?: "refused" | "crash";
      readonly flush: "ok" | "lost" | "crash";
    }
  | { readonly kind: "advance"; readonly ms: number }
  | { readonly kind: "finish" }
  | { readonly kind: "stopSidecar" }
  | { readonly kind: "restartController" };

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record(
        {
          kind: fc.constant("pass" as const),
          post: fc.constantFrom<PostFault>("refused", "lostAnswer", "crashBefore", "crashAfter"),
          get: fc.constantFrom<"refused" | "crash">("refused", "crash"),
          flush: fc.constantFrom<"ok" | "lost" | "crash">("ok", "ok", "lost", "crash"),
        },
        { requiredKeys: ["kind", "flush"] },
      ),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant("advance" as const),
        ms: fc.constantFrom(5, 50, 1_000, 31_000),
      }),
    },
    { weight: 3, arbitrary: fc.constant<Step>({ kind: "finish" }) },
    { weight: 1, arbitrary: fc.constant<Step>({ kind: "stopSidecar" }) },
    { weight: 1, arbitrary: fc.constant<Step>({ kind: "restartController" }) },
  ),
  { maxLength: 40 },
);

class World {
  readonly clock = new ManualClock();
  readonly sidecar = new SidecarModel(this.clock);
  /** What the API server holds. */
  plan: TaskPlan;
  interrupted = 0;
  /** One entry per attempt: does it succeed? Later ones do. */
  readonly #outcomes: readonly boolean[];
  #engine = createPlanEngine({ clock: this.clock });
  #runner = createSidecarTaskRunner({ clock: this.clock });

  constructor(outcomes: readonly boolean[], maxRetries: number, instant: boolean) {
    this.#outcomes = outcomes;
    this.plan = buildPlan({
      id: "00000000-0000-4000-8000-000000000001",
      tasks: [{ type: "configure-genesis", maxRetries }],
    });
    this.#runner.noteFreshPlan("00000000-0000-4000-8000-000000000001");
    if (instant) this.sidecar.instantly = () => this.#nextEnd();
  }

  async step(step: Step): Promise<void> {
    switch (step.kind) {
      case "pass":
        return await this.pass(step);
      case "advance":
        return await this.clock.advance(step.ms);
      case "finish":
        return this.finish();
      case "restartController":
        return this.#restart();
      case "stopSidecar":
        this.interrupted += this.sidecar.running.length;
        return this.sidecar.stopGracefully();
    }
  }

  /** One reconcile of the plan. Returns the time it wants to be called again. */
  async pass(step: Omit<Extract<Step, { kind: "pass" }>, "kind">): Promise<void> {
    this.sidecar.postFault = step.post;
    this.sidecar.getFault =
      step.get === undefined ? undefined : step.get === "crash" ? new ProcessKilled() : new Error("refused");
    let killed = false;
    const dying = this.#dying(() => {
      killed = true;
    });
    const progress = await this.#engine.execute(this.plan, (type) => this.#runner(dying, type), {
      signal: new AbortController().signal,
    });
    this.sidecar.postFault = undefined;
    this.sidecar.getFault = undefined;
    if (killed || step.flush === "crash") return this.#restart();
    if (step.flush === "ok") this.plan = progress.plan;
  }

  finish(): void {
    for (const id of this.sidecar.running) this.sidecar.finish(id, this.#nextEnd().error);
  }

  /** No faults any more: how it ends, and within how many passes. */
  async settle(): Promise<void> {
    for (let passes = 0; this.plan.phase === "Active"; passes++) {
      assert.ok(passes < 100, "the plan does not end");
      await this.pass({ flush: "ok" });
      this.finish();
      await this.clock.advance(31_000);
    }
  }

  get retryCount(): number {
    return this.plan.tasks[0]?.retryCount ?? 0;
  }

  #nextEnd(): { error?: string } {
    const succeeds = this.#outcomes[this.sidecar.finished] ?? true;
    return succeeds ? {} : { error: "boom" };
  }

  #restart(): void {
    this.#engine = createPlanEngine({ clock: this.clock });
    this.#runner = createSidecarTaskRunner({ clock: this.clock });
  }

  /** A killed process does not go on to swallow its own death: its later calls go nowhere and its answer is dropped. */
  #dying(onKill: () => void): SidecarModel["client"] {
    let dead = false;
    const guard = async <T>(call: () => Promise<T>): Promise<T> => {
      if (dead) throw new ProcessKilled();
      try {
        return await call();
      } catch (error) {
        if (error instanceof ProcessKilled) {
          dead = true;
          onKill();
        }
        throw error;
      }
    };
    const { client } = this.sidecar;
    return {
      ...client,
      submit: (task) => guard(() => client.submit(task)),
      task: (id) => guard(() => client.task(id)),
    };
  }
}

const worlds = {
  outcomes: fc.array(fc.boolean(), { maxLength: 6 }),
  maxRetries: fc.nat(4),
  instant: fc.boolean(),
};

async function check(
  outcomes: boolean[],
  maxRetries: number,
  instant: boolean,
  script: Step[],
): Promise<void> {
  const world = new World(outcomes, maxRetries, instant);
  for (const step of script) {
    await world.step(step);
    // A count never runs ahead of the failures that happened, at any moment.
    assert.ok(world.retryCount <= world.sidecar.finished);
  }
  await world.settle();

  const failuresFirst = outcomes.concat(true).indexOf(true);
  const succeeds = failuresFirst <= maxRetries;
  assert.equal(world.plan.phase, succeeds ? "Complete" : "Failed");
  assert.equal(world.retryCount, Math.min(failuresFirst, maxRetries), "failures counted");
  assert.equal(
    world.sidecar.finished,
    Math.min(failuresFirst, maxRetries) + 1,
    "attempts that ran to an end",
  );
  assert.equal(world.sidecar.started - world.interrupted, world.sidecar.finished, "runs started");
}

test("each attempt runs once and each failure is counted once, whatever dies, gets lost or restarts", async () => {
  await fc.assert(
    fc.asyncProperty(
      worlds.outcomes,
      worlds.maxRetries,
      worlds.instant,
      steps,
      async (outcomes, maxRetries, instant, script) => await check(outcomes, maxRetries, instant, script),
    ),
    { numRuns: 600 },
  );
});

test("without faults there is one POST per attempt, and none after the end", async () => {
  await fc.assert(
    fc.asyncProperty(
      worlds.outcomes,
      worlds.maxRetries,
      worlds.instant,
      async (outcomes, maxRetries, instant) => {
        const world = new World(outcomes, maxRetries, instant);
        await world.settle();
        assert.equal(world.sidecar.posts.length, world.sidecar.finished);
        await world.pass({ flush: "ok" });
        assert.equal(world.sidecar.posts.length, world.sidecar.finished);
      },
    ),
    { numRuns: 100 },
  );
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { elapsedMs, type Instant } from "./fence.ts";
import {
  type ElectionAction,
  type ElectionConfig,
  type ElectionInput,
  type ElectionState,
  startElection,
  stepElection,
  type Transition,
} from "./leader-election.ts";
import type { Lease, LeaseRecord } from "./lease.ts";
import { leaseWith, ServerLease } from "./testing/scripted-lease.ts";

const CONFIG: ElectionConfig = {
  identity: "me",
  leaseDurationMs: 15_000,
  renewDeadlineMs: 10_000,
  retryPeriodMs: 2_000,
};
const at = (ms: number): Instant => ({ monotonic: ms, wall: Date.UTC(2026, 0, 1) + ms });
const RETRY: ElectionAction = { do: "wait", ms: 2_000, jittered: true };

function step(from: Transition, input: ElectionInput, ms: number): Transition {
  return stepElection(from.state, input, at(ms), CONFIG);
}

const read = (lease: Lease | undefined): ElectionInput => ({ saw: "read", lease });
const foreign = (resourceVersion: string, spec: Partial<LeaseRecord> = {}): Lease =>
  leaseWith(resourceVersion, {
    holderIdentity: "other",
    leaseDurationSeconds: 15,
    acquireTime: "2026-01-01T00:00:00.000000Z",
    renewTime: `2026-01-01T00:00:0${resourceVersion}.000000Z`,
    leaseTransitions: 4,
    ...spec,
  });

/** The answer to the action that was asked for. */
function written(after: Transition, resourceVersion: string, startedAtMs: number): ElectionInput {
  const { action } = after;
  assert.ok(action.do === "create" || action.do === "patch");
  return {
    saw: "written",
    lease: leaseWith(resourceVersion, action.record),
    record: action.record,
    startedAt: at(startedAtMs),
  };
}

/** Leads since `ms`, on resourceVersion 1. */
function leading(ms = 0): Transition {
  const creating = step(startElection(), read(undefined), ms);
  return step(creating, written(creating, "1", ms), ms);
}

describe("leader election, after a restart of the same container of the same pod", () => {
  const restarted: ElectionConfig = { ...CONFIG, identity: "host_pod-uid_2", slot: "host_pod-uid_" };
  const finds = (holderIdentity: string) =>
    stepElection(startElection().state, read(foreign("1", { holderIdentity })), at(0), restarted).action;

  it("takes the Lease of its dead predecessor at once", () => {
    const action = finds("host_pod-uid_1");
    assert.equal(action.do, "patch");
    assert.equal(action.do === "patch" && action.resourceVersion, "1");
    assert.equal(action.do === "patch" && action.record.leaseTransitions, 5);
  });

  it("waits for any other holder, on the same host too", () => {
    for (const other of ["host_other-uid_1", "host_1", "other"]) assert.deepEqual(finds(other), RETRY);
  });
});

describe("leader election, as a candidate", () => {
  it("starts by reading the Lease", () => {
    assert.deepEqual(startElection().action, { do: "read" });
  });

  it("creates the Lease when there is none, in client-go's format", () => {
    assert.deepEqual(step(startElection(), read(undefined), 0).action, {
      do: "create",
      record: {
        holderIdentity: "me",
        leaseDurationSeconds: 15,
        acquireTime: "2026-01-01T00:00:00.000000Z",
        renewTime: "2026-01-01T00:00:00.000000Z",
        leaseTransitions: 0,
      },
    });
  });

  it("leads once the Lease was created", () => {
    const { state, action } = leading();
    assert.equal(state.at, "leading");
    assert.deepEqual(action, { do: "wait", ms: 2_000, jittered: false });
  });

  it("waits for a holder it sees for the first time, whatever the times in the Lease say", () => {
    const ancient = foreign("1", { renewTime: "1999-01-01T00:00:00.000000Z" });
    assert.deepEqual(step(startElection(), read(ancient), 0).action, RETRY);
  });

  it("takes over from a holder whose record did not change for a lease duration on our clock", () => {
    const seen = step(startElection(), read(foreign("1")), 1_000);
    const almost = step(seen, read(foreign("1")), 15_999);
    assert.deepEqual(almost.action, RETRY);
    const { action } = step(almost, read(foreign("1")), 16_000);
    assert.ok(action.do === "patch");
    assert.equal(action.resourceVersion, "1");
    assert.equal(action.record.leaseTransitions, 5);
    assert.equal(action.record.acquireTime, "2026-01-01T00:00:16.000000Z");
  });

  it("starts counting anew with each renewal of the holder", () => {
    const first = step(startElection(), read(foreign("1")), 0);
    const renewed = step(first, read(foreign("2")), 14_000);
    assert.deepEqual(step(renewed, read(foreign("2")), 28_000).action, RETRY);
    assert.equal(step(renewed, read(foreign("2")), 29_000).action.do, "patch");
  });

  it("does not take a foreign label on the Lease for a sign of life", () => {
    const first = step(startElection(), read(foreign("1")), 0);
    const touched = { ...foreign("1"), metadata: { ...foreign("1").metadata, resourceVersion: "9" } };
    const { action } = step(first, read(touched), 15_000);
    assert.ok(action.do === "patch");
    assert.equal(action.resourceVersion, "9");
  });

  it("honours a holder's longer duration, and never waits less than its own", () => {
    const long = step(startElection(), read(foreign("1", { leaseDurationSeconds: 60 })), 0);
    assert.deepEqual(step(long, read(foreign("1", { leaseDurationSeconds: 60 })), 59_999).action, RETRY);
    const short = step(startElection(), read(foreign("1", { leaseDurationSeconds: 1 })), 0);
    assert.deepEqual(step(short, read(foreign("1", { leaseDurationSeconds: 1 })), 14_999).action, RETRY);
  });

  it("takes a released Lease at once", () => {
    const { action } = step(startElection(), read(foreign("3", { holderIdentity: "" })), 0);
    assert.ok(action.do === "patch");
    assert.equal(action.record.leaseTransitions, 5);
  });

  it("patches a Lease without any spec", () => {
    const bare = leaseWith("7", undefined);
    assert.equal(step(startElection(), read(bare), 0).action.do, "patch");
  });

  it("does not take the deletion of a living holder's Lease for a release", () => {
    const seen = step(startElection(), read(foreign("1")), 0);
    assert.deepEqual(step(seen, read(undefined), 14_999).action, RETRY);
    assert.equal(step(seen, read(undefined), 15_000).action.do, "create");
  });

  it("tries again later when another candidate was faster", () => {
    const creating = step(startElection(), read(undefined), 0);
    const beaten = step(creating, { saw: "failed", outcome: "refused" }, 0);
    assert.deepEqual(beaten.action, RETRY);
    assert.deepEqual(step(beaten, { saw: "waited" }, 2_000).action, { do: "read" });
  });

  it("finds out by reading that a take-over whose answer was lost succeeded", () => {
    const creating = step(startElection(), read(undefined), 0);
    const lost = step(creating, { saw: "failed", outcome: "unknown" }, 0);
    assert.deepEqual(lost.action, RETRY);
    const mine = foreign("1", { holderIdentity: "me" });
    const { action } = step(step(lost, { saw: "waited" }, 2_000), read(mine), 2_000);
    assert.ok(action.do === "patch");
    assert.equal(action.record.leaseTransitions, 4, "no new transition: it was ours already");
  });

  it("does not lead on an answer older than the renew deadline", () => {
    const creating = step(startElection(), read(undefined), 0);
    const late = step(creating, written(creating, "1", 0), 10_000);
    assert.equal(late.state.at, "candidate");
    assert.deepEqual(late.action, RETRY);
  });

  it("ends at once on stop, with nothing to release", () => {
    const waiting = step(startElection(), read(foreign("1")), 0);
    assert.deepEqual(step(waiting, { saw: "stop" }, 1), { state: { at: "released" }, action: { do: "end" } });
  });

  it("looks whether it has to release when stopped with a take-over in doubt", () => {
    const creating = step(startElection(), read(undefined), 0);
    const lost = step(creating, { saw: "failed", outcome: "unknown" }, 0);
    const stopped = step(lost, { saw: "stop" }, 1);
    assert.equal(stopped.state.at, "releasing");
    assert.deepEqual(stopped.action, { do: "read" });
  });

  it("has nothing in doubt after a read that failed", () => {
    const failed = step(startElection(), { saw: "failed", outcome: "unread" }, 0);
    assert.equal(step(failed, { saw: "stop" }, 1).state.at, "released");
  });
});

describe("leader election, as the leader", () => {
  it("renews after the retry period with the resourceVersion it holds, keeping acquireTime and transitions", () => {
    const { action } = step(leading(), { saw: "waited" }, 2_000);
    assert.deepEqual(action, {
      do: "patch",
      resourceVersion: "1",
      record: {
        holderIdentity: "me",
        leaseDurationSeconds: 15,
        acquireTime: "2026-01-01T00:00:00.000000Z",
        renewTime: "2026-01-01T00:00:02.000000Z",
        leaseTransitions: 0,
      },
    });
  });

  it("counts the deadline from the start of the last successful renew, not from its answer", () => {
    const renewing = step(leading(), { saw: "waited" }, 2_000);
    const renewed = step(renewing, written(renewing, "2", 2_000), 5_000);
    assert.equal(step(renewed, { saw: "waited" }, 11_999).state.at, "leading");
    assert.equal(step(renewed, { saw: "waited" }, 12_000).state.at, "lost");
  });

  it("loses the lease by silence: ten seconds of failed calls", () => {
    let now = leading();
    for (let ms = 2_000; ms < 10_000; ms += 2_000) {
      now = step(step(now, { saw: "waited" }, ms), { saw: "failed", outcome: "unknown" }, ms);
      assert.equal(now.state.at, "leading");
      assert.deepEqual(now.action, { do: "wait", ms: 2_000, jittered: false });
    }
    const end = step(now, { saw: "waited" }, 10_000);
    assert.deepEqual(end, { state: { at: "lost", reason: "not renewed for 10 s" }, action: { do: "end" } });
  });

  it("loses the lease by a conflict with another holder in it", () => {
    const conflict = step(
      step(leading(), { saw: "waited" }, 2_000),
      { saw: "failed", outcome: "refused" },
      2_000,
    );
    assert.deepEqual(conflict.action, { do: "read" });
    assert.deepEqual(step(conflict, read(foreign("5")), 2_000).state, {
      at: "lost",
      reason: "taken over by other",
    });
  });

  it("goes on after a conflict with its own renewal, whose answer had been lost", () => {
    const conflict = step(
      step(leading(), { saw: "waited" }, 2_000),
      { saw: "failed", outcome: "refused" },
      2_000,
    );
    const { action, state } = step(conflict, read(foreign("2", { holderIdentity: "me" })), 2_000);
    assert.equal(state.at, "leading");
    assert.ok(action.do === "patch");
    assert.equal(action.resourceVersion, "2");
  });

  it("gives way when somebody cleared the holder", () => {
    const conflict = step(
      step(leading(), { saw: "waited" }, 2_000),
      { saw: "failed", outcome: "refused" },
      2_000,
    );
    assert.equal(step(conflict, read(foreign("5", { holderIdentity: "" })), 2_000).state.at, "lost");
  });

  it("creates the Lease again when it was deleted", () => {
    const conflict = step(
      step(leading(), { saw: "waited" }, 2_000),
      { saw: "failed", outcome: "refused" },
      2_000,
    );
    assert.equal(step(conflict, read(undefined), 2_000).action.do, "create");
  });

  it("loses the lease when the wall clock jumped: the machine was suspended", () => {
    const after = stepElection(
      leading().state,
      { saw: "waited" },
      { monotonic: 2_000, wall: at(3_600_000).wall },
      CONFIG,
    );
    assert.equal(after.state.at, "lost");
  });

  it("does not mind a wall clock set back", () => {
    const after = stepElection(
      leading().state,
      { saw: "waited" },
      { monotonic: 2_000, wall: at(-3_600_000).wall },
      CONFIG,
    );
    assert.equal(after.state.at, "leading");
  });
});

describe("leader election, releasing", () => {
  const stopped = (): Transition => step(leading(), { saw: "stop" }, 1_000);

  it("reads first, then clears the holder as client-go does", () => {
    assert.deepEqual(stopped().action, { do: "read" });
    const { action } = step(stopped(), read(foreign("8", { holderIdentity: "me" })), 1_000);
    assert.deepEqual(action, {
      do: "patch",
      resourceVersion: "8",
      record: {
        holderIdentity: "",
        leaseDurationSeconds: 1,
        acquireTime: "2026-01-01T00:00:01.000000Z",
        renewTime: "2026-01-01T00:00:01.000000Z",
        leaseTransitions: 4,
      },
    });
  });

  it("ends once the release was written", () => {
    const releasing = step(stopped(), read(foreign("8", { holderIdentity: "me" })), 1_000);
    assert.equal(step(releasing, written(releasing, "9", 1_000), 1_000).state.at, "released");
  });

  it("leaves the Lease alone when it is somebody else's, or gone", () => {
    for (const lease of [foreign("8"), undefined]) {
      assert.deepEqual(step(stopped(), read(lease), 1_000).action, { do: "end" });
    }
  });

  it("tries three times against conflicts, then lets the lease run out", () => {
    let now = stopped();
    const patches: ElectionAction[] = [];
    while (now.action.do !== "end") {
      if (now.action.do === "read") now = step(now, read(foreign("8", { holderIdentity: "me" })), 1_000);
      patches.push(now.action);
      now = step(now, { saw: "failed", outcome: "refused" }, 1_000);
      assert.ok(patches.length < 10);
    }
    assert.equal(patches.length, 3);
    assert.equal(now.state.at, "released");
  });

  it("does not wait for an API server that does not answer", () => {
    assert.deepEqual(step(stopped(), { saw: "failed", outcome: "unread" }, 1_000).action, { do: "end" });
  });
});

/*
 * Two electors, one Lease, and a world that does what it likes with their messages and their time. Each has its own
 * clocks: skewed, running up to 10 % fast or slow, and a suspension in which the monotonic clock may stand still.
 */
interface WorldEvent {
  readonly who: 0 | 1;
  /** World time until this elector moves again. */
  readonly afterMs: number;
  readonly fate: "answered" | "answerLost" | "requestLost";
  readonly suspendMs: number;
  readonly stop: boolean;
}

class SimulatedElector {
  readonly config: ElectionConfig;
  readonly rate: number;
  readonly offset: number;
  /** Lost to suspensions with a monotonic clock that stood still. */
  asleepMs = 0;
  readonly monotonicStops: boolean;
  state: ElectionState;
  action: ElectionAction;
  fenceFrom: Instant | undefined;
  fenceClosed = false;

  constructor(identity: string, rate: number, offset: number, monotonicStops: boolean) {
    this.config = { ...CONFIG, identity };
    this.rate = rate;
    this.offset = offset;
    this.monotonicStops = monotonicStops;
    ({ state: this.state, action: this.action } = startElection());
  }

  now(world: number): Instant {
    const lost = this.monotonicStops ? this.asleepMs : 0;
    return { monotonic: (world - lost) * this.rate, wall: this.offset + world * this.rate };
  }

  /** As the real fence judges it. */
  fenceOpen(world: number): boolean {
    if (this.fenceFrom === undefined || this.fenceClosed) return false;
    return elapsedMs(this.fenceFrom, this.now(world)) < this.config.renewDeadlineMs;
  }

  take(input: ElectionInput, world: number): void {
    const next = stepElection(this.state, input, this.now(world), this.config);
    if (this.state.at === "leading" && next.state.at !== "leading") this.fenceClosed = true;
    if (next.state.at === "leading" && (this.fenceFrom === undefined || this.fenceOpen(world))) {
      this.fenceFrom = next.state.held.renewedAt;
    }
    ({ state: this.state, action: this.action } = next);
  }

  restart(generation: number): SimulatedElector {
    const next = new SimulatedElector(
      `${this.config.identity.split("#")[0]}#${generation}`,
      this.rate,
      this.offset,
      this.monotonicStops,
    );
    next.asleepMs = this.asleepMs;
    return next;
  }
}

function simulate(
  events: readonly WorldEvent[],
  electors: [SimulatedElector, SimulatedElector],
  onMoment: (world: number) => void,
): number {
  const server = new ServerLease();
  let world = 0;
  let led = 0;
  let generation = 0;
  for (const event of events) {
    const elector = electors[event.who];
    world += event.afterMs;
    onMoment(world);
    if (event.suspendMs > 0) {
      world += event.suspendMs;
      elector.asleepMs += event.suspendMs;
      onMoment(world);
    }
    if (elector.state.at === "lost" || elector.state.at === "released") {
      electors[event.who] = elector.restart(++generation);
      continue;
    }
    if (event.stop && elector.state.at !== "releasing") {
      elector.take({ saw: "stop" }, world);
      onMoment(world);
      continue;
    }
    const { action } = elector;
    if (action.do === "end") continue;
    if (action.do === "wait") {
      elector.take({ saw: "waited" }, world);
      continue;
    }
    const startedAt = elector.now(world);
    const answer = event.fate === "requestLost" ? undefined : server.serve(action);
    // The answer travels while the world goes on.
    world += event.afterMs % 700;
    onMoment(world);
    const failed: ElectionInput = { saw: "failed", outcome: action.do === "read" ? "unread" : "unknown" };
    if (answer === undefined || event.fate !== "answered") elector.take(failed, world);
    else if (answer === "refused") elector.take({ saw: "failed", outcome: "refused" }, world);
    else if (action.do === "read") elector.take({ saw: "read", lease: answer.lease }, world);
    else if (answer.lease !== undefined) {
      elector.take({ saw: "written", lease: answer.lease, record: action.record, startedAt }, world);
    }
    if (elector.state.at === "leading") led++;
    onMoment(world);
  }
  return led;
}

const worldEvent: fc.Arbitrary<WorldEvent> = fc.record({
  who: fc.constant<0 | 1>(0),
  afterMs: fc.oneof(
    { weight: 6, arbitrary: fc.integer({ min: 0, max: 1_500 }) },
    fc.integer({ min: 0, max: 20_000 }),
  ),
  fate: fc.oneof(
    { weight: 12, arbitrary: fc.constant("answered" as const) },
    fc.constantFrom("answerLost" as const, "requestLost" as const),
  ),
  suspendMs: fc.oneof({ weight: 40, arbitrary: fc.constant(0) }, fc.integer({ min: 1_000, max: 60_000 })),
  stop: fc.oneof({ weight: 60, arbitrary: fc.constant(false) }, fc.constant(true)),
});

/** Stretches in which only one of them moves: a leader that is silent while the other one looks on. */
const worldEvents: fc.Arbitrary<WorldEvent[]> = fc
  .array(fc.tuple(fc.constantFrom<0 | 1>(0, 1), fc.array(worldEvent, { minLength: 1, maxLength: 14 })), {
    minLength: 6,
    maxLength: 16,
  })
  .map((stretches) => stretches.flatMap(([who, events]) => events.map((event) => ({ ...event, who }))));

describe("two electors on one Lease", () => {
  it("never have their fences open at the same moment, whatever happens to messages, clocks and machines", () => {
    let led = 0;
    const clock = fc.tuple(fc.constantFrom(0.9, 1, 1.1), fc.integer({ min: -1e9, max: 1e9 }), fc.boolean());
    fc.assert(
      fc.property(worldEvents, clock, clock, (events, a, b) => {
        const electors: [SimulatedElector, SimulatedElector] = [
          new SimulatedElector("a", ...a),
          new SimulatedElector("b", ...b),
        ];
        led += simulate(events, electors, (world) => {
          assert.ok(
            !(electors[0].fenceOpen(world) && electors[1].fenceOpen(world)),
            `two leaders at ${world}`,
          );
        });
      }),
      { numRuns: 4_000 },
    );
    assert.ok(led > 1_000, `the simulation must see leaders to prove anything, saw ${led}`);
  });
});

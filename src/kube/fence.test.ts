import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type Clock, ManualClock } from "#clock";
import { isApiError } from "./errors.ts";
import { createFence, createOpenFence, instantOf } from "./fence.ts";

const DEADLINE = 10_000;
const isFenced = (error: unknown): boolean => isApiError(error, "fenced");

/** The two clocks of a machine apart: a suspension moves the wall only, an NTP step too. */
class SplitClock extends ManualClock {
  wallOffset = 0;
  override now(): number {
    return super.now() + this.wallOffset;
  }
}

function fenceOn(clock: Clock) {
  const fence = createFence(clock, DEADLINE);
  fence.renewed(instantOf(clock));
  return fence;
}

describe("the write fence", () => {
  it("refuses before the first lease, without aborting anything", () => {
    const fence = createFence(new ManualClock(), DEADLINE);
    assert.throws(() => fence.assertOpen(), isFenced);
    assert.equal(fence.signal.aborted, false);
    assert.equal(fence.closedBecause, undefined);
  });

  it("lets pass until the renew deadline, not one millisecond longer, and then aborts what is in flight", async () => {
    const clock = new ManualClock();
    const fence = fenceOn(clock);
    await clock.advance(DEADLINE - 1);
    fence.assertOpen();
    assert.equal(fence.signal.aborted, false);
    await clock.advance(1);
    assert.equal(fence.signal.aborted, true);
    assert.ok(isFenced(fence.signal.reason));
    assert.throws(() => fence.assertOpen(), isFenced);
    assert.equal(fence.closedBecause, "the lease was not renewed in time");
    assert.equal(clock.pending, 0);
  });

  it("counts from the start of the renew, however late its answer came", async () => {
    const clock = new ManualClock();
    const fence = fenceOn(clock);
    await clock.advance(2_000);
    const started = instantOf(clock);
    await clock.advance(3_000);
    fence.renewed(started);
    await clock.advance(6_999);
    assert.equal(fence.isOpen, true);
    await clock.advance(1);
    assert.equal(fence.isOpen, false);
  });

  it("stays open from renewal to renewal, with one timer", async () => {
    const clock = new ManualClock();
    const fence = fenceOn(clock);
    for (let i = 0; i < 20; i++) {
      await clock.advance(2_000);
      fence.renewed(instantOf(clock));
    }
    fence.assertOpen();
    assert.equal(clock.pending, 1);
    assert.equal(fence.signal.aborted, false);
  });

  it("does not open again for a renew that succeeded after the deadline", async () => {
    const clock = new ManualClock();
    const fence = fenceOn(clock);
    await clock.advance(DEADLINE);
    fence.renewed(instantOf(clock));
    assert.throws(() => fence.assertOpen(), isFenced);
  });

  it("is closed after a suspension in which only the wall clock went on", () => {
    const clock = new SplitClock();
    const fence = fenceOn(clock);
    clock.wallOffset = DEADLINE;
    assert.throws(() => fence.assertOpen(), isFenced);
    assert.equal(fence.signal.aborted, true);
  });

  it("aborts what is in flight within a second of waking up, though timers stood still with the machine", async () => {
    const clock = new SplitClock();
    const fence = fenceOn(clock);
    await clock.advance(1_500);
    clock.wallOffset = 3_600_000;
    await clock.advance(1_000);
    assert.equal(fence.signal.aborted, true);
  });

  it("is not held open by a wall clock that was set back", async () => {
    const clock = new SplitClock();
    const fence = fenceOn(clock);
    clock.wallOffset = -3_600_000;
    await clock.advance(DEADLINE - 1);
    assert.equal(fence.isOpen, true);
    await clock.advance(1);
    assert.equal(fence.isOpen, false);
  });

  it("closes for good when told to, keeping the first reason", async () => {
    const clock = new ManualClock();
    const fence = fenceOn(clock);
    fence.close("first");
    fence.close("second");
    fence.renewed(instantOf(clock));
    assert.equal(fence.closedBecause, "first");
    assert.throws(() => fence.assertOpen(), /first/);
    assert.equal(clock.pending, 0);
  });
});

describe("the open fence of a process without election", () => {
  it("lets pass until it is closed", () => {
    const fence = createOpenFence();
    fence.assertOpen();
    fence.close("shutting down");
    assert.throws(() => fence.assertOpen(), isFenced);
    assert.equal(fence.signal.aborted, true);
  });
});

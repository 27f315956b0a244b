import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ManualClock } from "#clock";
import { type CallEnd, NodeFences } from "./node-fence.ts";

function admitted(fences: NodeFences, node = "a", deadlineMs = 5_000): (how: CallEnd) => void {
  const admission = fences.admit(node, deadlineMs);
  assert.ok(admission.admitted);
  return admission.end;
}

test("a call that ends without answer or time-out frees the probe and keeps the delay", async () => {
  const clock = new ManualClock();
  const fences = new NodeFences(clock);
  admitted(fences)("timedOut");
  await clock.advance(1_000);
  admitted(fences)("other");
  admitted(fences)("timedOut");
  assert.deepEqual(fences.admit("a", 5_000), { admitted: false, retryAfterMs: 2_000 });
});

test("a probe whose end is never reported stops counting at its deadline", async () => {
  const clock = new ManualClock();
  const fences = new NodeFences(clock);
  admitted(fences)("timedOut");
  await clock.advance(1_000);
  admitted(fences);
  assert.deepEqual(fences.admit("a", 5_000), { admitted: false, retryAfterMs: 5_000 });
  await clock.advance(5_000);
  admitted(fences);
});

test("a late end of a call from before the fence does not free the probe that is out now", async () => {
  const clock = new ManualClock();
  const fences = new NodeFences(clock);
  const slow = admitted(fences);
  admitted(fences)("timedOut");
  await clock.advance(1_000);
  admitted(fences);
  slow("timedOut");
  assert.equal(fences.admit("a", 5_000).admitted, false);
});

test("nodes that are asked no more leave no entry for ever", async () => {
  const clock = new ManualClock();
  const fences = new NodeFences(clock);
  for (let i = 0; i < 50; i++) admitted(fences, `gone-${i}`)("timedOut");
  assert.equal(fences.size, 50);
  await clock.advance(11 * 60_000);
  admitted(fences, "new")("timedOut");
  assert.equal(fences.size, 1);
});

test("a node that only ever times out is asked at most once per delay, and the delay stays within 1 and 30 s", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 40_000 }), { maxLength: 60 }), async (waits) => {
      const clock = new ManualClock();
      const fences = new NodeFences(clock);
      let lastEnd = Number.NEGATIVE_INFINITY;
      for (const wait of waits) {
        await clock.advance(wait);
        const admission = fences.admit("a", 5_000);
        if (!admission.admitted) {
          assert.ok(admission.retryAfterMs > 0 && admission.retryAfterMs <= 30_000);
          continue;
        }
        assert.ok(clock.monotonic() - lastEnd >= 1_000);
        admission.end("timedOut");
        lastEnd = clock.monotonic();
      }
    }),
    { numRuns: 20 },
  );
});

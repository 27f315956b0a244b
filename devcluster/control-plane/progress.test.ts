import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualClock } from "#clock";
import { startProgress } from "./progress.ts";

test("tells every five seconds what was done, what is left at most, and that linking is silent", async () => {
  const clock = new ManualClock();
  const lines: string[] = [];
  const progress = startProgress({ expected: 100, log: (line) => lines.push(line), clock });
  await clock.advance(5_000);
  for (let i = 0; i < 12; i++) progress.downloading();
  await clock.advance(5_000);
  for (let i = 0; i < 20; i++) progress.compiling();
  await clock.advance(50_000);
  progress.done();
  progress.stop();
  await clock.advance(60_000);
  assert.deepEqual(lines.slice(0, 5), [
    "  5 s: reading the module graph",
    "  10 s: 12 modules downloaded",
    "  15 s: 20 packages of at most 100 compiled, at most about 1 min left",
    "  20 s: 20 packages of at most 100 compiled, linking or compiling a large package",
    "  25 s: 20 packages of at most 100 compiled, linking or compiling a large package",
  ]);
  assert.equal(lines.at(-1), "  built in 1 min 0 s, 20 packages compiled");
  assert.equal(lines.length, 13);
});

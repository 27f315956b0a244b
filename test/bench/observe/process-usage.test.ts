import assert from "node:assert/strict";
import { test } from "node:test";
import { parseCpuSeconds, parseMachineCpuSeconds, parseMemory, readUsage } from "./process-usage.ts";

test("CPU seconds of a process are found behind a command name with blanks and parentheses", () => {
  const stat = "1234 (a) b (c) S 1 1234 1234 0 -1 4194560 900 0 3 0 250 75 0 0 20 0 11 0 999 1000 200";
  assert.equal(parseCpuSeconds(stat), 3.25);
});

test("memory is told in MiB", () => {
  const status = "Name:\tnode\nVmHWM:\t  204800 kB\nVmRSS:\t  102400 kB\n";
  assert.deepEqual(parseMemory(status), { rssMiB: 100, peakRssMiB: 200 });
});

test("the machine is busy for everything but idle and iowait", () => {
  assert.equal(parseMachineCpuSeconds("cpu  100 20 300 9999 8888 1 2 77 0 0\ncpu0 1 2\n"), 5);
});

test("a process that is gone has no usage", async () => {
  assert.equal(await readUsage(2 ** 31 - 1), undefined);
});

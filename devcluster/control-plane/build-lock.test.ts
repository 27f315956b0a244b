import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { withBuildLock } from "./build-lock.ts";
import { run } from "./run.ts";

let folder = "";
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "lock-test-"));
});
after(() => rm(folder, { recursive: true, force: true }));

/** A pid that was just in use and is not any more. */
async function deadPid(): Promise<string> {
  return (await run("/bin/sh", ["-c", "echo $$"])).stdout.trim();
}

test("of two who want the lock, one works at a time, and the other is told for whom it waits", async () => {
  const file = join(folder, "two.lock");
  const lines: string[] = [];
  const order: string[] = [];
  const first = Promise.withResolvers<void>();
  const holding = Promise.withResolvers<void>();
  const one = withBuildLock({ file, log: (line) => lines.push(line) }, async () => {
    holding.resolve();
    await first.promise;
    order.push("one");
  });
  await holding.promise;
  const waiting = Promise.withResolvers<void>();
  const log = (line: string) => {
    lines.push(line);
    waiting.resolve();
  };
  const two = withBuildLock({ file, log }, async () => {
    order.push("two");
  });
  await waiting.promise;
  assert.deepEqual(order, []);
  first.resolve();
  await Promise.all([one, two]);
  assert.deepEqual(order, ["one", "two"]);
  assert.deepEqual(lines, [
    `Process ${process.pid} is building the control plane; waiting for it (lock ${file})`,
  ]);
  assert.equal(existsSync(file), false);
});

test("the lock of a process that died is broken at once", async () => {
  const file = join(folder, "dead.lock");
  await writeFile(file, await deadPid());
  const held = await withBuildLock({ file, log: assert.fail }, () => readFile(file, "utf8"));
  assert.equal(held, String(process.pid));
});

test("the lock of a living process that stopped touching it is broken: its pid was recycled", async () => {
  const file = join(folder, "recycled.lock");
  await writeFile(file, String(process.ppid));
  const longAgo = new Date(Date.now() - 61_000);
  await utimes(file, longAgo, longAgo);
  assert.equal(await withBuildLock({ file, log: assert.fail }, async () => "worked"), "worked");
});

test("work that fails releases the lock", async () => {
  const file = join(folder, "fails.lock");
  const failing = withBuildLock({ file, log: assert.fail }, () => Promise.reject(new Error("no compiler")));
  await assert.rejects(failing, /no compiler/);
  assert.equal(existsSync(file), false);
});

test("a lock that somebody else took over meanwhile is left to him", async () => {
  const file = join(folder, "taken.lock");
  await withBuildLock({ file, log: assert.fail }, () => writeFile(file, "1"));
  assert.equal(await readFile(file, "utf8"), "1");
});

import assert from "node:assert/strict";
import { test } from "node:test";
import type { SeiNodeStatus, TaskPlan } from "#api";
import { buildPlan, type TaskSpec } from "#plan";
import { recordConfigWrites } from "./applied-config.ts";
import { shortHash } from "./short-hash.ts";

const ADDRESS = "network.p2p.external_address";
const apply = (overrides: object, incremental = true): TaskSpec => ({
  type: "config-apply",
  params: { mode: "full", overrides, ...(incremental && { incremental }) },
});
const patch = (address: string): TaskSpec => ({
  type: "config-patch",
  params: { files: { "config.toml": { p2p: { "external-address": address } } } },
});
const restart: TaskSpec = { type: "restart-seid" };
const replace: TaskSpec = { type: "replace-pod", params: {} };

const ID = "00000000-0000-4000-8000-000000000001";
type Config = NonNullable<SeiNodeStatus["applied"]>["config"];

/** What the record is once all of `tasks` are Complete, the first `done` of which were so before. */
function after(
  given: Config,
  tasks: readonly TaskSpec[],
  options: { done?: number; init?: boolean } = {},
): Config {
  const built = buildPlan({ id: ID, tasks, ...(options.init && { failedPhase: "Failed" }) });
  const upTo = (count: number): TaskPlan => ({
    ...built,
    tasks: built.tasks.map((task, index) => ({ ...task, status: index < count ? "Complete" : "Pending" })),
  });
  const status: SeiNodeStatus = given === undefined ? {} : { applied: { config: given } };
  recordConfigWrites(status, upTo(options.done ?? 0), upTo(tasks.length), "pod/0");
  return status.applied?.config;
}

const keys = (values: Record<string, string>) =>
  Object.fromEntries(Object.entries(values).map(([key, value]) => [key, shortHash(value)]));
const old = { keys: keys({ a: "1", [ADDRESS]: "" }) };

test("the configuration written at init replaces the record; seid, behind its gate, has read nothing before", () => {
  const written = after({ ...old, seid: "pod/0" }, [apply({ b: "2" }, false)], { init: true });
  assert.deepEqual(written?.keys, keys({ [ADDRESS]: "", b: "2" }));
  assert.deepEqual(after(undefined, [apply({ b: "2" }, false)], { init: true }), {
    keys: keys({ [ADDRESS]: "", b: "2" }),
  });
});

test("an incremental one adds to the record, and seid does not know it before it was restarted", () => {
  const written = { keys: keys({ a: "1", [ADDRESS]: "", b: "2" }), seid: "pod/0" };
  assert.deepEqual(after(old, [apply({ b: "2" })]), written);
  assert.deepEqual(after(old, [apply({ b: "2" }), restart]), { keys: written.keys });
  assert.deepEqual(after(old, [apply({ a: "1" })]), old, "as it was");
  const stillUnread = { ...old, seid: "pod/0" };
  assert.deepEqual(after(stillUnread, [apply({ a: "1" })]), stillUnread);
  assert.deepEqual(after(undefined, [apply({ a: "1" })]), { keys: keys({ a: "1" }), seid: "pod/0" });
});

test("a patched address goes into a record that is there, and makes none", () => {
  assert.deepEqual(after(undefined, [patch("x:1")]), undefined);
  assert.deepEqual(after(old, [patch("x:1")]), { keys: keys({ a: "1", [ADDRESS]: "x:1" }), seid: "pod/0" });
  assert.deepEqual(after(old, [replace, patch("x:1")]), { keys: keys({ a: "1", [ADDRESS]: "x:1" }) });
});

test("a task is recorded when it becomes Complete and not before or after", () => {
  assert.deepEqual(after(old, [apply({ b: "2" })], { done: 1 }), old);
  assert.deepEqual(after(old, []), old);
});

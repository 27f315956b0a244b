import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Fixture, id } from "./testing/fixture.ts";

test("a new task is running from its acceptance and completed right after", async () => {
  const fixture = new Fixture();
  const { engine } = fixture.startSidecar();
  assert.deepEqual(engine.submit({ id: id(1), type: "config-validate" }), { id: id(1) });
  assert.equal(engine.get(id(1))?.status, "running");
  await fixture.settle();
  const row = engine.get(id(1));
  assert.equal(row?.status, "completed");
  assert.equal(row?.run, 1);
  assert.equal(row?.completedAt, "2026-01-01T00:00:00.000Z");
});

test("a running or completed id is a no-op, whatever type and params come with it", async () => {
  const fixture = new Fixture();
  fixture.scripts.set("config-validate", { delayMs: 1000 });
  const { engine } = fixture.startSidecar();
  engine.submit({ id: id(1), type: "config-validate" });
  engine.submit({ id: id(1), type: "mark-ready", params: { a: 1 } });
  await fixture.clock.advance(1000);
  assert.equal(engine.get(id(1))?.status, "completed");
  engine.submit({ id: id(1), type: "mark-ready" });
  await fixture.settle();
  assert.equal(engine.get(id(1))?.type, "config-validate");
  assert.equal(engine.ready, false, "mark-ready was never executed");
  assert.equal(fixture.journal.executionsOf(id(1)), 1);
  assert.deepEqual(
    fixture.journal.postsOf(id(1)).map(({ outcome }) => outcome),
    ["started", "known", "known"],
  );
});

test("a failed id runs again with run + 1 and the new type and params", async () => {
  const fixture = new Fixture();
  fixture.scripts.set("config-validate", { fail: "broken", times: 1 });
  const { engine } = fixture.startSidecar();
  engine.submit({ id: id(1), type: "config-validate", params: { old: true } });
  await fixture.settle();
  assert.deepEqual([engine.get(id(1))?.status, engine.get(id(1))?.error], ["failed", "broken"]);
  engine.submit({ id: id(1), type: "mark-ready", params: { new: true } });
  engine.submit({ id: id(1), type: "mark-ready" });
  await fixture.settle();
  const row = engine.get(id(1));
  assert.deepEqual(
    [row?.status, row?.run, row?.type, row?.params],
    ["completed", 2, "mark-ready", { new: true }],
  );
  assert.equal(row?.error, undefined);
  assert.equal(fixture.journal.executionsOf(id(1)), 2, "two posts of one failed id start one run");
});

for (const [what, body, error] of [
  ["an id that is no UUID", { id: "nope", type: "mark-ready" }, 'task ID must be a valid UUID: "nope"'],
  ["no type", { id: id(1) }, "type is required"],
  ["an unregistered type", { id: id(1), type: "dance" }, "unknown task type: dance"],
] as const) {
  test(`a submission with ${what} is refused and leaves no row`, () => {
    const fixture = new Fixture();
    const { engine } = fixture.startSidecar();
    assert.deepEqual(engine.submit(body), { error });
    assert.equal(fixture.volume.rows.size, 0);
    assert.equal(fixture.journal.posts[0]?.outcome, "rejected");
  });
}

test("an omitted id is made up, and an unknown one is not found", () => {
  const { engine } = new Fixture().startSidecar();
  const answer = engine.submit({ type: "mark-ready" });
  assert.ok("id" in answer && engine.get(answer.id) !== undefined);
  assert.equal(engine.get(id(9)), undefined);
});

test("tasks run side by side: a hanging one delays no other", async () => {
  const fixture = new Fixture();
  fixture.scripts.set("config-patch", { hang: true });
  const { engine } = fixture.startSidecar();
  engine.submit({ id: id(1), type: "config-patch" });
  engine.submit({ id: id(2), type: "mark-ready" });
  await fixture.settle();
  assert.equal(engine.get(id(1))?.status, "running");
  assert.equal(engine.ready, true);
});

test("a killed process leaves its tasks running; the next one executes them with the same run, and is not ready", async () => {
  const fixture = new Fixture();
  fixture.scripts.set("config-patch", { delayMs: 50 });
  const first = fixture.startSidecar();
  first.engine.submit({ id: id(1), type: "mark-ready" });
  first.engine.submit({ id: id(2), type: "config-patch", params: { files: { "a.toml": { x: 1 } } } });
  await fixture.settle();
  assert.equal(first.engine.ready, true);
  first.crash();
  await fixture.clock.advance(100);
  assert.equal(fixture.row(id(2))?.status, "running", "a dead process stores nothing");
  const second = fixture.startSidecar();
  assert.equal(second.engine.ready, false);
  await fixture.clock.advance(100);
  assert.deepEqual([fixture.row(id(2))?.status, fixture.row(id(2))?.run], ["completed", 1]);
  assert.equal(fixture.journal.executionsOf(id(2)), 2);
  assert.equal(fixture.journal.postsOf(id(2)).length, 1);
  second.engine.submit({ id: id(1), type: "mark-ready" });
  await fixture.settle();
  assert.equal(second.engine.ready, false, "a completed mark-ready is a no-op and opens nothing");
});

test("an interrupted mark-ready opens the gate on its own after the restart", async () => {
  const fixture = new Fixture();
  fixture.scripts.set("mark-ready", { hang: true, times: 1 });
  const first = fixture.startSidecar();
  first.engine.submit({ id: id(1), type: "mark-ready" });
  first.crash();
  const second = fixture.startSidecar();
  await fixture.settle();
  assert.equal(second.engine.ready, true);
});

test("a row whose type has no handler any more fails at the next start", async () => {
  const fixture = new Fixture();
  fixture.scripts.set("discover-peers", { hang: true });
  const first = fixture.startSidecar();
  first.engine.submit({ id: id(1), type: "discover-peers" });
  first.crash();
  fixture.version = "new";
  fixture.startSidecar();
  assert.equal(fixture.row(id(1))?.status, "failed");
  assert.match(fixture.row(id(1))?.error ?? "", /^no handler registered for task type/);
});

test("a graceful stop of v0.0.56 fails what runs with context canceled; the new sidecar resumes it", async () => {
  for (const [version, status, error] of [
    ["v0.0.56", "failed", "context canceled"],
    ["new", "running", undefined],
  ] as const) {
    const fixture = new Fixture();
    fixture.version = version;
    const first = fixture.startSidecar();
    first.engine.submit({ id: id(1), type: "snapshot-upload" });
    await fixture.settle();
    first.shutDown();
    await fixture.settle();
    assert.deepEqual([fixture.row(id(1))?.status, fixture.row(id(1))?.error], [status, error], version);
    fixture.startSidecar();
    await fixture.settle();
    assert.equal(fixture.journal.executionsOf(id(1)), version === "new" ? 2 : 1, version);
  }
});

test("deleting a running task: v0.0.56 drops the row and writes it again at the end, the new sidecar cancels", async () => {
  for (const [version, after] of [
    ["v0.0.56", "completed"],
    ["new", undefined],
  ] as const) {
    const fixture = new Fixture();
    fixture.version = version;
    fixture.scripts.set("config-validate", { delayMs: 10 });
    const { engine } = fixture.startSidecar();
    engine.submit({ id: id(1), type: "config-validate" });
    assert.equal(engine.delete(id(1)), "deleted");
    assert.equal(engine.get(id(1)), undefined);
    assert.equal(engine.delete(id(1)), "not found");
    await fixture.clock.advance(20);
    assert.equal(fixture.row(id(1))?.status, after, version);
  }
});

test("a panic kills v0.0.56 and fails the task of the new sidecar", async () => {
  for (const [version, exits, status] of [
    ["v0.0.56", [2], "running"],
    ["new", [], "failed"],
  ] as const) {
    const fixture = new Fixture();
    fixture.version = version;
    fixture.scripts.set("config-validate", { panic: "nil map" });
    const { engine } = fixture.startSidecar();
    engine.submit({ id: id(1), type: "config-validate" });
    await fixture.settle();
    assert.deepEqual(fixture.exits, exits, version);
    assert.equal(fixture.row(id(1))?.status, status, version);
  }
});

test("a script can let a task fail on its second poll", async () => {
  const fixture = new Fixture();
  fixture.scripts.set("config-apply", { fail: "late", untilPoll: 2 });
  const { engine } = fixture.startSidecar();
  engine.submit({ id: id(1), type: "config-apply" });
  await fixture.settle();
  assert.equal(engine.get(id(1))?.status, "running");
  await fixture.clock.advance(60_000);
  assert.equal(fixture.row(id(1))?.status, "running", "time alone changes nothing");
  engine.get(id(1));
  await fixture.settle();
  assert.deepEqual([engine.get(id(1))?.status, engine.get(id(1))?.error], ["failed", "late"]);
});

test("results are attached by the new sidecar only, also to failures", async () => {
  for (const version of ["v0.0.56", "new"] as const) {
    const fixture = new Fixture();
    fixture.version = version;
    fixture.scripts.set("config-validate", { result: { ok: 1 } });
    fixture.scripts.set("gov-vote", { fail: "no", result: { txHash: "AB" } });
    const { engine } = fixture.startSidecar();
    engine.submit({ id: id(1), type: "config-validate" });
    engine.submit({ id: id(2), type: "gov-vote" });
    await fixture.settle();
    assert.deepEqual(fixture.row(id(1))?.result, version === "new" ? { ok: 1 } : undefined);
    assert.equal(fixture.row(id(2))?.status, "failed");
    assert.deepEqual(fixture.row(id(2))?.result, version === "new" ? { txHash: "AB" } : undefined);
  }
});

test("a broken database refuses submissions, knows no task and keeps the rows for later", async () => {
  const fixture = new Fixture();
  const { engine } = fixture.startSidecar();
  engine.submit({ id: id(1), type: "config-validate" });
  await fixture.settle();
  fixture.volume.databaseBroken = true;
  assert.deepEqual(engine.submit({ id: id(2), type: "mark-ready" }), {
    error: "persist task: disk I/O error",
  });
  assert.equal(engine.get(id(1)), undefined);
  assert.deepEqual(engine.list(), []);
  fixture.volume.databaseBroken = false;
  assert.equal(engine.get(id(1))?.status, "completed");
});

test("the list shows the newest submission first, a re-run included, and at most 100", async () => {
  const fixture = new Fixture();
  fixture.scripts.set("config-validate", { fail: "x", times: 1 });
  const { engine } = fixture.startSidecar();
  engine.submit({ id: id(0), type: "config-validate" });
  await fixture.settle();
  for (let n = 1; n <= 120; n++) engine.submit({ id: id(n), type: "mark-ready" });
  engine.submit({ id: id(0), type: "config-validate" });
  const listed = engine.list().map((row) => row.id);
  assert.equal(listed.length, 100);
  assert.deepEqual(listed.slice(0, 2), [id(0), id(120)]);
});

test("mark-not-ready clears the flag and forgets mark-ready, and a stranded hold wins over an older mark-ready", async () => {
  const fixture = new Fixture();
  fixture.version = "new";
  const first = fixture.startSidecar();
  first.engine.submit({ id: id(1), type: "mark-ready" });
  await fixture.settle();
  first.engine.submit({ id: id(2), type: "mark-not-ready" });
  await fixture.settle();
  assert.equal(first.engine.ready, false);
  assert.equal(first.engine.get(id(1)), undefined);

  fixture.scripts.set("mark-ready", { hang: true, times: 1 });
  fixture.scripts.set("mark-not-ready", { hang: true, times: 1 });
  first.engine.submit({ id: id(3), type: "mark-ready" });
  first.engine.submit({ id: id(4), type: "mark-not-ready" });
  first.crash();
  const second = fixture.startSidecar();
  await fixture.settle();
  assert.equal(second.engine.ready, false);
});

test("over any sequence of submits, failures and crashes an id executes once per run plus once per crash that met it running", async () => {
  const step = fc.oneof(
    fc.record({ is: fc.constant("submit" as const), n: fc.integer({ min: 1, max: 3 }) }),
    fc.record({ is: fc.constant("crash" as const), n: fc.constant(0) }),
    fc.record({ is: fc.constant("settle" as const), n: fc.integer({ min: 0, max: 20 }) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      const fixture = new Fixture();
      fixture.scripts.set(
        "config-validate",
        ...[1, 2, 3, 4].map(() => ({ fail: "x", delayMs: 10, times: 1 })),
      );
      let sidecar = fixture.startSidecar();
      const expected = new Map<string, number>();
      const add = (taskId: string) => expected.set(taskId, (expected.get(taskId) ?? 0) + 1);
      for (const { is, n } of steps) {
        if (is === "submit") {
          const before = fixture.row(id(n))?.status;
          if (before === undefined || before === "failed") add(id(n));
          sidecar.engine.submit({ id: id(n), type: "config-validate" });
        } else if (is === "settle") {
          await fixture.clock.advance(n);
        } else {
          sidecar.crash();
          for (const row of fixture.volume.rows.values()) if (row.status === "running") add(row.id);
          sidecar = fixture.startSidecar();
        }
        for (const row of fixture.volume.rows.values()) {
          assert.equal(fixture.journal.executionsOf(row.id), expected.get(row.id));
          assert.ok(row.run <= fixture.journal.postsOf(row.id).length);
        }
      }
    }),
    { numRuns: 100 },
  );
});

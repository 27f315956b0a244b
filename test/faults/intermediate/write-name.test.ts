import assert from "node:assert/strict";
import { test } from "node:test";
import { request } from "./testing.ts";
import { mayBeMissing, nameApiWrite } from "./write-name.ts";

const statusPatch = (status: object) =>
  request("patch", "seinodes/status", { metadata: { resourceVersion: "7" }, status });

test("a status write is named after what changed, not after what the patch carries along", () => {
  const before = {
    phase: "Initializing",
    plan: { id: "p", tasks: [{ id: "1", type: "config-apply", status: "Pending" }] },
  };
  const tasks = [{ id: "1", type: "config-apply", status: "Complete", submittedAt: "2026-01-01T00:00:00Z" }];
  const conditions = [{ type: "Ready", status: "False", reason: "Initializing", message: "waits" }];
  const patch = statusPatch({ plan: { tasks }, conditions });
  assert.equal(nameApiWrite(patch, before), "status config-apply submitted and complete");
  assert.equal(
    nameApiWrite(statusPatch({ plan: null, phase: "Running" }), before),
    "status no plan, phase Running",
  );
});

test("conditions name a status write that changes nothing else", () => {
  const conditions = [{ type: "Ready", status: "True", reason: "Ready", message: "" }];
  assert.equal(nameApiWrite(statusPatch({ conditions }), {}), "status Ready=True/Ready");
});

test("creates, applies, deletes and finalizers are named after their object", () => {
  const headers = { "content-type": "application/apply-patch+yaml" };
  const query = new URLSearchParams({ fieldManager: "m" });
  assert.equal(
    nameApiWrite(request("create", "jobs", { metadata: { name: "node-bootstrap" } }), {}),
    "create jobs node-bootstrap",
  );
  assert.equal(nameApiWrite(request("patch", "services", {}, { headers, query }), {}), "apply services node");
  assert.equal(nameApiWrite(request("delete", "pods", {}, { name: "node-0" }), {}), "delete pods node-0");
  const finalizers = (list: readonly string[]) =>
    request("patch", "seinodes", { metadata: { finalizers: list } });
  assert.equal(nameApiWrite(finalizers(["sei.io/x"]), {}), "add finalizer");
  assert.equal(nameApiWrite(finalizers([]), {}), "remove finalizer");
});

test("writes about another object than the node start with its name; those of a group say what moved", () => {
  const group = (status: object) =>
    request("patch", "seinodedeployments/status", { status }, { name: "group" });
  const rollout = { targetHash: "h", nodes: [{ name: "group-0" }, { name: "group-1" }] };
  assert.equal(
    nameApiWrite(group({ phase: "Upgrading", rollout }), {}),
    "group: status phase Upgrading, rollout",
  );
  const waves = { nodes: [{ name: "group-0", wave: 0 }, { name: "group-1" }] };
  assert.equal(nameApiWrite(group({ rollout: waves }), { rollout }), "group: status waves");
  const ready = { nodes: [{ name: "group-0", ready: true }, { name: "group-1" }] };
  assert.equal(nameApiWrite(group({ rollout: ready, nodes: [] }), { rollout }), "group: status progress");
  assert.equal(nameApiWrite(group({ rollout: null }), { rollout }), "group: status no rollout");
});

test("a task's status write is named after what it tells of the execution", () => {
  const task = (status: object) => request("patch", "seinodetasks/status", { status }, { name: "task" });
  const first = task({ phase: "Running", task: { id: "1", status: "Pending" } });
  assert.equal(nameApiWrite(first, {}), "task: status execution id and Pending, phase Running");
  const submitted = task({ task: { submittedAt: "2026-01-01T00:00:00Z" } });
  assert.equal(nameApiWrite(submitted, { task: { id: "1" } }), "task: status execution's submittedAt");
});

test("only what may be told together with the next may be missing, and never the first of it", () => {
  for (const name of [
    "group: status progress #2",
    "group-1: POST set-genesis-peers #3",
    "status x retry 2",
    "group: status Reconciling~, Ready~ #2",
  ])
    assert.ok(mayBeMissing(name), name);
  for (const name of [
    "group: status progress",
    "POST mark-ready #2",
    "group: status waves #2",
    "status Ready=False/X #2",
  ])
    assert.ok(!mayBeMissing(name), name);
});

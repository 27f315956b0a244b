import assert from "node:assert/strict";
import { test } from "node:test";
import { request } from "./testing.ts";
import { nameApiWrite } from "./write-name.ts";

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

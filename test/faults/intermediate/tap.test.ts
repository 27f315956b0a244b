import assert from "node:assert/strict";
import { test } from "node:test";
import { type ApiRequest, RESET, type RelayAnswer } from "../../harness/faults/index.ts";
import { Tap } from "./tap.ts";
import { nameApiWrite } from "./write-name.ts";

function request(verb: string, resource: string, body: object, more: Partial<ApiRequest> = {}): ApiRequest {
  return {
    method: "",
    url: "",
    headers: {},
    signal: new AbortController().signal,
    namespace: "run-0001",
    name: "node",
    query: new URLSearchParams(),
    verb,
    resource,
    body: JSON.stringify(body),
    ...more,
  };
}

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

const answering = (status: number) => (): Promise<RelayAnswer> =>
  Promise.resolve({ status, headers: { "audit-id": "a" }, body: "{}" });
const deletePod = request("delete", "pods", {}, { name: "node-0" });

test("a refused write is passed on and does not count: the point is the first that succeeds", async () => {
  const tap = new Tap(() => Promise.reject(new Error("nobody is killed here")));
  await tap.begin({ way: "lost the answer of", write: "delete pods node-0" });
  assert.notEqual(await tap.api(deletePod, answering(409)), RESET);
  assert.equal(tap.hit, false);
  assert.equal(await tap.api(deletePod, answering(200)), RESET);
  assert.equal(tap.hit, true);
});

test("the second write of a name is a point of its own, and what came before `begin` does not count", async () => {
  let kills = 0;
  const tap = new Tap(async () => {
    kills += 1;
  });
  await tap.api(deletePod, answering(200));
  await tap.begin({ way: "killed after", write: "delete pods node-0 #2" });
  await tap.api(deletePod, answering(200));
  assert.equal(kills, 0);
  assert.equal(await tap.api(deletePod, answering(200)), RESET);
  await tap.killed;
  assert.equal(kills, 1);
  assert.deepEqual(
    tap.writes.map(({ name }) => name),
    ["delete pods node-0", "delete pods node-0 #2"],
  );
});

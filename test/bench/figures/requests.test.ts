import assert from "node:assert/strict";
import { test } from "node:test";
import type { RequestRecord } from "#devcluster";
import type { AuditRecord } from "../../harness/audit.ts";
import { countApiRequests, countApiWrites, countByUser, countSidecarRequests, total } from "./requests.ts";

const audited = (verb: string, resource: string, code = 200): AuditRecord => ({
  user: "manager",
  verb,
  resource,
  namespace: "sei",
  name: "node-0",
  code,
  authorized: true,
  at: "",
  uri: "",
});

const asked = (method: string, path: string, more: Partial<RequestRecord> = {}): RequestRecord => ({
  at: 0,
  namespace: "sei",
  node: "node-0",
  port: 8443,
  method,
  path,
  outcome: 200,
  ...more,
});

test("API requests are counted by verb and resource, without lease and watches, a refusal by its code", () => {
  const records = [
    audited("patch", "seinodes/status"),
    audited("create", "events"),
    audited("patch", "seinodes/status"),
    audited("patch", "seinodes/status", 409),
    audited("update", "leases"),
    audited("watch", "pods"),
  ];
  const counts = countApiRequests(records);
  assert.deepEqual(counts, [
    ["patch seinodes/status", 2],
    ["create events", 1],
    ["patch seinodes/status 409", 1],
  ]);
  assert.equal(total(counts), 4);
  assert.equal(countApiWrites(records), 4);
});

test("sidecar requests are counted by path without task ids and queries; seid's and failed ones are told apart", () => {
  const id = "0f8fad5b-d9cb-469f-a165-70867728950e";
  assert.deepEqual(
    countSidecarRequests([
      asked("GET", `/v0/tasks/${id}`),
      asked("GET", `/v0/tasks/${id}?wait=1`),
      asked("POST", "/v0/tasks", { outcome: 201 }),
      asked("POST", "/v0/tasks", { outcome: "hung" }),
      asked("GET", "/v0/healthz", { outcome: 503 }),
      asked("GET", "/status", { port: 26657 }),
    ]),
    [
      ["GET /v0/tasks/{id}", 2],
      ["GET /v0/healthz 503", 1],
      ["POST /v0/tasks", 1],
      ["POST /v0/tasks hung", 1],
      ["seid GET /status", 1],
    ],
  );
});

test("reads are no writes", () => {
  assert.equal(
    countApiWrites([audited("get", "pods"), audited("list", "pods"), audited("delete", "pods")]),
    1,
  );
});

test("the requests of everybody are counted by user", () => {
  const users = [
    "admin",
    "system:serviceaccount:kube-system:statefulset-controller",
    "system:apiserver",
    "admin",
  ];
  assert.deepEqual(countByUser(users.map((user) => ({ ...audited("get", "pods"), user }))), [
    ["admin", 2],
    ["apiserver", 1],
    ["kube-system:statefulset-controller", 1],
  ]);
});

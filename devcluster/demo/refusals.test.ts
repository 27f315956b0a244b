import assert from "node:assert/strict";
import { test } from "node:test";
import { findRefusals } from "./refusals.ts";

const user = "system:serviceaccount:sei-k8s-system:manager";
const none = { user, log: "", audit: "", sidecarOutcomes: [] };
const event = (code: number, username = user, stage = "ResponseComplete") =>
  `${JSON.stringify({ stage, verb: "list", requestURI: "/api/v1/secrets", user: { username }, responseStatus: { code } })}\n`;

test("an ordinary run has no refusals", () => {
  const log = '{"level":"info","ts":"2026-01-01T00:00:00Z","msg":"plan built","uid":"403-1a"}\n';
  const sidecarOutcomes = [
    { path: "/v0/tasks", outcome: 404 },
    { path: "/v0/tasks", outcome: "lost" },
  ];
  assert.deepEqual(findRefusals({ ...none, log, audit: event(200) + event(404), sidecarOutcomes }), []);
});

test("a refused request of the manager is found in the audit log, others' are not its", () => {
  const audit = event(403) + event(403, "admin") + event(403, user, "ResponseStarted") + event(401);
  assert.deepEqual(findRefusals({ ...none, audit }), [
    "list /api/v1/secrets was answered with 403",
    "list /api/v1/secrets was answered with 401",
  ]);
});

test("an event that is still being written does not count and does not break", () => {
  assert.deepEqual(findRefusals({ ...none, audit: event(200) + event(403).slice(0, -20) }), []);
});

test("a line of the manager's log that speaks of a refusal is found", () => {
  const lines = [
    '{"error":"secrets is forbidden"}',
    '{"status":403}',
    '{"error":"answered with status 401"}',
  ];
  const log = `{"msg":"fine"}\n${lines.join("\n")}\n`;
  assert.deepEqual(
    findRefusals({ ...none, log }),
    lines.map((line) => `the manager's log: ${line}`),
  );
});

test("a sidecar's proxy that refuses is found", () => {
  const sidecarOutcomes = [{ path: "/v0/tasks", outcome: 403 }];
  assert.deepEqual(findRefusals({ ...none, sidecarOutcomes }), [
    "a sidecar's proxy answered /v0/tasks with 403",
  ]);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import type { AnsweredRequest } from "./audit.ts";
import { findRefusals } from "./refusals.ts";

const none = { log: "", requests: [], sidecarOutcomes: [] };
const answered = (code: number): AnsweredRequest => ({
  verb: "list",
  uri: "/api/v1/secrets",
  object: { resource: "secrets", namespace: "", name: "" },
  code,
  at: 0,
});

test("an ordinary run has no refusals", () => {
  const log = '{"level":"info","ts":"2026-01-01T00:00:00Z","msg":"plan built","uid":"403-1a"}\n';
  const sidecarOutcomes = [
    { path: "/v0/tasks", outcome: 404 },
    { path: "/v0/tasks", outcome: "lost" },
  ];
  const requests = [answered(200), answered(404)];
  assert.deepEqual(findRefusals({ log, requests, sidecarOutcomes }), []);
});

test("a request that the API server refused is found", () => {
  assert.deepEqual(findRefusals({ ...none, requests: [answered(403), answered(200), answered(401)] }), [
    "list /api/v1/secrets was answered with 403",
    "list /api/v1/secrets was answered with 401",
  ]);
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

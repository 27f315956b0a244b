import assert from "node:assert/strict";
import { test } from "node:test";
import { firstSecretReads } from "./secret-reads.ts";

const event = (change: object = {}) => ({
  stage: "ResponseComplete",
  verb: "get",
  user: { username: "manager" },
  objectRef: { resource: "secrets", namespace: "sei", name: "keys" },
  responseStatus: { code: 200 },
  requestReceivedTimestamp: "2026-01-01T00:00:02.500000Z",
  ...change,
});
const read = (...events: object[]) =>
  firstSecretReads(events.map((each) => `${JSON.stringify(each)}\n`).join(""), "manager", "sei");

test("the first of several reads counts, in whatever order they are logged", () => {
  const earlier = event({ requestReceivedTimestamp: "2026-01-01T00:00:01.000000Z" });
  assert.deepEqual([...read(event(), earlier)], [["keys", Date.parse("2026-01-01T00:00:01Z")]]);
});

const others: readonly [situation: string, change: object][] = [
  ["by somebody else", { user: { username: "kubelet" } }],
  ["that found nothing", { responseStatus: { code: 404 } }],
  ["of another resource", { objectRef: { resource: "pods", namespace: "sei", name: "keys" } }],
  ["in another namespace", { objectRef: { resource: "secrets", namespace: "kube-system", name: "keys" } }],
  ["that was no get", { verb: "create" }],
  ["without its answer yet", { stage: "RequestReceived" }],
];
for (const [situation, change] of others) {
  test(`a request ${situation} is no read`, () => assert.equal(read(event(change)).size, 0));
}

test("the line still being written is left out", () => {
  assert.equal(firstSecretReads(JSON.stringify(event()).slice(0, 30), "manager", "sei").size, 0);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { answeredRequests, firstSecretReads, podDeletions } from "./audit.ts";

const event = (change: object = {}) => ({
  stage: "ResponseComplete",
  verb: "get",
  user: { username: "manager" },
  requestURI: "/api/v1/namespaces/sei/secrets/keys",
  objectRef: { resource: "secrets", namespace: "sei", name: "keys" },
  responseStatus: { code: 200 },
  requestReceivedTimestamp: "2026-01-01T00:00:02.500000Z",
  ...change,
});
const logOf = (...events: object[]) => events.map((each) => `${JSON.stringify(each)}\n`).join("");
const requestsOf = (...events: object[]) => answeredRequests(logOf(...events), "manager");
const reads = (...events: object[]) => firstSecretReads(requestsOf(...events), "sei");

test("an answered request of the manager is told with its object, its answer and when it came in", () => {
  assert.deepEqual(requestsOf(event()), [
    {
      verb: "get",
      uri: "/api/v1/namespaces/sei/secrets/keys",
      object: { resource: "secrets", namespace: "sei", name: "keys" },
      code: 200,
      at: Date.parse("2026-01-01T00:00:02.5Z"),
    },
  ]);
});

test("a request about no object is told without one", () => {
  const { objectRef: _, ...bare } = event({ verb: "list" });
  assert.deepEqual(requestsOf(bare)[0]?.object, { resource: "", namespace: "", name: "" });
});

test("requests of others, unanswered ones, and the line still being written are left out", () => {
  const log = logOf(event({ user: { username: "kubelet" } }), event({ stage: "ResponseStarted" }));
  assert.deepEqual(answeredRequests(log + JSON.stringify(event()).slice(0, 30), "manager"), []);
});

test("the first of several reads of a Secret counts, in whatever order they are logged", () => {
  const earlier = event({ requestReceivedTimestamp: "2026-01-01T00:00:01.000000Z" });
  assert.deepEqual([...reads(event(), earlier)], [["keys", Date.parse("2026-01-01T00:00:01Z")]]);
});

const noReads: readonly [situation: string, change: object][] = [
  ["that found nothing", { responseStatus: { code: 404 } }],
  ["of another resource", { objectRef: { resource: "pods", namespace: "sei", name: "keys" } }],
  ["in another namespace", { objectRef: { resource: "secrets", namespace: "kube-system", name: "keys" } }],
  ["that was no get", { verb: "create" }],
];
for (const [situation, change] of noReads) {
  test(`a request ${situation} is no read of a Secret`, () => assert.equal(reads(event(change)).size, 0));
}

test("deletions of pods are counted by name; refused ones and those of other things do not count", () => {
  const pod = (name: string, change: object = {}) =>
    event({ verb: "delete", objectRef: { resource: "pods", namespace: "sei", name }, ...change });
  const counts = podDeletions(
    requestsOf(
      pod("a-0"),
      pod("b-0"),
      pod("b-0", { responseStatus: { code: 202 } }),
      pod("c-0", { responseStatus: { code: 409 } }),
      pod("c-0", { verb: "get" }),
      pod("c-0", { objectRef: { resource: "pods", namespace: "other", name: "c-0" } }),
      event({ verb: "delete" }),
    ),
    "sei",
  );
  assert.deepEqual(
    [...counts],
    [
      ["a-0", 1],
      ["b-0", 2],
    ],
  );
});

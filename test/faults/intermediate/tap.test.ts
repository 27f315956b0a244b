import assert from "node:assert/strict";
import { test } from "node:test";
import { RESET, type RelayAnswer } from "../../harness/faults/index.ts";
import { Tap } from "./tap.ts";
import { request } from "./testing.ts";

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

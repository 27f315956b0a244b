import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { seiNodeTaskId, taskId, uuidV5 } from "./ids.ts";

const PLAN = "00000000-0000-4000-8000-000000000001";

test("task ids equal the published test vectors", () => {
  assert.equal(taskId(PLAN, "ensure-data-pvc", 0), "3fc2a0ee-6002-53cc-9ebb-6906ccddaa4c");
  assert.equal(taskId(PLAN, "mark-ready", 11), "b581745b-3604-59c2-a8fc-99b0e3cd35f4");
  assert.equal(taskId(PLAN, "submit-halt-signal", 2), "cc056a8c-78c6-53bb-b378-46f413501c1c");
  assert.equal(taskId(PLAN, "await-nodes-at-height", 3), "ab46b37f-451c-5130-9dba-bfa5839c71ef");
});

test("a SeiNodeTask's id equals the published test vectors", () => {
  const uid = "11111111-2222-4333-8444-555555555555";
  assert.equal(seiNodeTaskId(uid, "RestartSeid"), "17dc1236-6bef-5ab7-82cc-7d82ef126127");
  assert.equal(seiNodeTaskId("task-uid-1", "UpdateNodeImage"), "b619c04d-5cbf-5295-a377-9e90cb9ea0e5");
  assert.equal(seiNodeTaskId("task-uid-govvote", "GovVote"), "ac8394a8-7640-5c84-b404-7f74c9d04a6c");
});

test("per-node ids of another namespace equal the published test vectors", () => {
  const namespace = "d4a7e1f3-8b29-4c6d-a5e0-2f1d3c4b5a6e";
  const halt = taskId(PLAN, "submit-halt-signal", 2);
  assert.equal(uuidV5(namespace, `rpc-0/halt-signal/${halt}`), "f33b3b1d-395b-5692-861c-51879d9ecdc1");
  const height = taskId(PLAN, "await-nodes-at-height", 3);
  assert.equal(uuidV5(namespace, `rpc-g7-0/await-height/${height}`), "9a7bb350-5a5e-5506-8e85-e0865921aa92");
});

test("a namespace that is not a UUID is refused instead of hashed", () => {
  assert.throws(() => uuidV5("rpc-0", "x"), /not a UUID: rpc-0/);
});

test("ids are version 5, variant 1 UUIDs that differ when any part differs", () => {
  fc.assert(
    fc.property(fc.uuid(), fc.string(), fc.nat(50), (plan, type, index) => {
      const id = taskId(plan, type, index);
      assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      assert.equal(id, taskId(plan, type, index));
      assert.notEqual(id, taskId(plan, type, index + 1));
      assert.notEqual(id, taskId(plan, `${type}x`, index));
    }),
  );
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { seiNode } from "./testing.ts";
import { seiNodePredicate } from "./watches.ts";

const old = seiNode();
const changed = (metadata: object) =>
  seiNodePredicate({ type: "modified", old, object: { ...old, metadata: { ...old.metadata, ...metadata } } });

for (const name of ["sei.io/retry", "sei.io/apply-config"]) {
  test(`a new value of ${name} is worth a pass`, () => {
    assert.equal(changed({ annotations: { [name]: "1" } }), true);
  });
}

test("another spec, another object and a deletion are worth a pass; labels, other annotations and our own status are not", () => {
  assert.equal(changed({ generation: 2 }), true);
  assert.equal(changed({ uid: "another" }), true);
  assert.equal(changed({ deletionTimestamp: "2026-01-01T00:00:00Z" }), true);
  assert.equal(changed({ labels: { a: "b" }, annotations: { "a.b/c": "d" }, resourceVersion: "2" }), false);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { labelKeys, ownerKeys, ownKey } from "./event-keys.ts";
import type { OwnerReference } from "./object.ts";
import { statefulSets } from "./resources.ts";
import { configMap } from "./testing/objects.ts";

const reference = (more: Partial<OwnerReference>): OwnerReference => ({
  apiVersion: "apps/v1",
  kind: "StatefulSet",
  name: "owner",
  uid: "u",
  controller: true,
  ...more,
});
const owned = (...ownerReferences: OwnerReference[]) => configMap("a", 1, { ownerReferences });

test("an object maps to its controlling owner of the right kind and group, whatever the version", () => {
  const keys = [
    ...ownerKeys(statefulSets)({ type: "added", object: owned(reference({ apiVersion: "apps/v1beta1" })) }),
  ];
  assert.deepEqual(keys, [{ namespace: "ns", name: "owner" }]);
});

for (const [title, other] of [
  ["another kind", { kind: "Deployment" }],
  ["another group", { apiVersion: "sei.io/v1" }],
  ["no controller", { controller: false }],
] as const) {
  test(`an owner with ${title} is not woken`, () => {
    assert.deepEqual([...ownerKeys(statefulSets)({ type: "added", object: owned(reference(other)) })], []);
  });
}

test("when an object is handed over, both owners have to look", () => {
  const object = owned(reference({ name: "new" }));
  const old = owned(reference({ name: "old" }));
  const names = [...ownerKeys(statefulSets)({ type: "modified", object, old })].map(({ name }) => name);
  assert.deepEqual(names, ["old", "new"]);
});

test("a cluster-scoped owner has no namespace", () => {
  const keys = ownerKeys({ ...statefulSets, namespaced: false })({
    type: "added",
    object: owned(reference({})),
  });
  assert.deepEqual([...keys], [{ name: "owner" }]);
});

test("a label names a key in the object's namespace, before and after the change", () => {
  const map = labelKeys("sei.io/node");
  const object = configMap("a", 2, { labels: { "sei.io/node": "n1" } });
  const old = configMap("a", 1, { labels: { "sei.io/node": "n0" } });
  assert.deepEqual(
    [...map({ type: "modified", object, old })],
    [
      { namespace: "ns", name: "n0" },
      { namespace: "ns", name: "n1" },
    ],
  );
  assert.deepEqual([...map({ type: "modified", object, old: object })], [{ namespace: "ns", name: "n1" }]);
  assert.deepEqual([...map({ type: "added", object: configMap("a", 1) })], []);
});

test("an object's own key is its key", () => {
  assert.deepEqual(
    [...ownKey({ type: "added", object: configMap("a", 1) })],
    [{ namespace: "ns", name: "a" }],
  );
});

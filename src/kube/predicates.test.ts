import assert from "node:assert/strict";
import { test } from "node:test";
import type { ObjectMeta } from "./object.ts";
import {
  allOf,
  annotationChanged,
  anyOf,
  finalizersChanged,
  generationChanged,
  labelChanged,
  metadataChanged,
  type Predicate,
} from "./predicates.ts";
import { configMap } from "./testing/objects.ts";

const owner = { apiVersion: "v1", kind: "ConfigMap", name: "o", uid: "o-uid" };
const modified = (old: Partial<ObjectMeta>, now: Partial<ObjectMeta>) =>
  ({ type: "modified", old: configMap("a", 1, old), object: configMap("a", 2, now) }) as const;

const cases: [
  title: string,
  predicate: Predicate,
  old: Partial<ObjectMeta>,
  now: Partial<ObjectMeta>,
  passes: boolean,
][] = [
  ["a spec change", generationChanged, { generation: 1 }, { generation: 2 }, true],
  ["a status change", generationChanged, { generation: 1 }, { generation: 1 }, false],
  [
    "a deletion request",
    generationChanged,
    { generation: 1 },
    { generation: 1, deletionTimestamp: "t" },
    true,
  ],
  ["its annotation added", annotationChanged("x"), {}, { annotations: { x: "1" } }, true],
  ["its annotation removed", annotationChanged("x"), { annotations: { x: "1" } }, {}, true],
  ["another annotation", annotationChanged("x"), {}, { annotations: { y: "1" } }, false],
  ["its label changed", labelChanged("x"), { labels: { x: "1" } }, { labels: { x: "2" } }, true],
  ["another label", labelChanged("x"), { labels: { x: "1" } }, { labels: { x: "1", y: "2" } }, false],
  ["its owner changed", metadataChanged, {}, { ownerReferences: [owner] }, true],
  ["its label removed", metadataChanged, { labels: { x: "1" } }, {}, true],
  ["its annotation changed", metadataChanged, { annotations: { x: "1" } }, { annotations: { x: "2" } }, true],
  ["a new resourceVersion alone", metadataChanged, { labels: { x: "1" } }, { labels: { x: "1" } }, false],
  ["a finalizer removed", finalizersChanged, { finalizers: ["f"] }, {}, true],
  ["the same finalizers", finalizersChanged, { finalizers: ["f"] }, { finalizers: ["f"] }, false],
];

for (const [title, predicate, old, now, passes] of cases) {
  test(`${title} ${passes ? "passes" : "does not pass"}`, () =>
    assert.equal(predicate(modified(old, now)), passes));
}

test("objects that come and go pass every predicate", () => {
  for (const predicate of [
    generationChanged,
    annotationChanged("x"),
    labelChanged("x"),
    finalizersChanged,
    metadataChanged,
  ]) {
    assert.ok(predicate({ type: "added", object: configMap("a", 1) }));
    assert.ok(predicate({ type: "deleted", object: configMap("a", 1) }));
  }
});

test("anyOf and allOf combine", () => {
  const event = modified({ generation: 1 }, { generation: 2 });
  assert.ok(anyOf(labelChanged("x"), generationChanged)(event));
  assert.ok(!allOf(labelChanged("x"), generationChanged)(event));
});

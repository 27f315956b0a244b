import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { isJsonObject, mergePatchBetween, projectOnto, sameJson } from "./json.ts";

test("absent, null, empty list and empty object are the same value", () => {
  assert.ok(sameJson({ a: [], b: null }, { c: {} }));
  assert.ok(sameJson({ a: { b: undefined } }, {}));
  assert.ok(!sameJson({ a: [0] }, {}));
  assert.ok(!sameJson({ a: false }, {}));
});

test("equality looks at the fields of both sides, whichever has more, and does not depend on the order", () => {
  const scalar = fc.oneof(fc.boolean(), fc.constant(null), fc.constant(undefined), fc.nat(2));
  const { json } = fc.letrec((tie) => ({
    json: fc.oneof(
      { maxDepth: 3 },
      scalar,
      fc.array(tie("json"), { maxLength: 2 }),
      fc.dictionary(fc.constantFrom("a", "b", "toString"), tie("json"), { noNullPrototype: true }),
    ),
  }));
  // By definition: absent values cut away from objects, keys sorted, then compared as text.
  const normal = (value: unknown): unknown => {
    if (Array.isArray(value))
      return value.length === 0 ? undefined : value.map((item) => normal(item) ?? null);
    if (!isJsonObject(value)) return value ?? undefined;
    const kept = Object.keys(value)
      .toSorted()
      .flatMap((key) => {
        const inner = normal(value[key]);
        return inner === undefined ? [] : [[key, inner]];
      });
    return kept.length === 0 ? undefined : Object.fromEntries(kept);
  };
  fc.assert(
    fc.property(json, json, (a, b) => {
      const expected = JSON.stringify(normal(a)) === JSON.stringify(normal(b));
      assert.equal(sameJson(a, b), expected);
      assert.equal(sameJson(b, a), expected);
    }),
  );
});

test("a merge patch removes with null, descends into objects and replaces lists", () => {
  assert.deepEqual(mergePatchBetween({ a: 1, b: { c: 1, d: 2 }, e: [1] }, { b: { c: 1, d: 3 }, e: [1, 2] }), {
    a: null,
    b: { d: 3 },
    e: [1, 2],
  });
  assert.equal(mergePatchBetween({ a: { b: 1 } }, { a: { b: 1 } }), undefined);
});

test("applying the patch between two values gives the second one", () => {
  const json = fc.dictionary(
    fc.constantFrom("a", "b", "c"),
    fc.oneof(
      fc.integer(),
      fc.string(),
      fc.array(fc.integer(), { maxLength: 3 }),
      fc.dictionary(
        fc.constantFrom("x", "y"),
        fc.oneof(fc.integer(), fc.array(fc.boolean(), { maxLength: 2 })),
      ),
    ),
  );
  fc.assert(
    fc.property(json, json, (from, to) => {
      const patch = mergePatchBetween(from, to);
      assert.ok(sameJson(patch === undefined ? from : applyMergePatch(from, patch), to));
    }),
  );
});

test("a projection ignores what the server added and shows what somebody else changed", () => {
  const applied = {
    spec: {
      replicas: 1,
      containers: [
        { name: "a", image: "x" },
        { name: "b", image: "y" },
      ],
    },
  };
  const live = {
    spec: {
      replicas: 3,
      defaulted: true,
      containers: [
        { name: "b", image: "y", pullPolicy: "Always" },
        { name: "a", image: "x" },
      ],
    },
  };
  assert.deepEqual(projectOnto(live, applied), {
    spec: { replicas: 3, containers: applied.spec.containers },
  });
});

test("a list of another length counts as changed as a whole", () => {
  assert.deepEqual(projectOnto({ ports: [1, 2] }, { ports: [1] }), { ports: [1, 2] });
});

function applyMergePatch(target: unknown, patch: unknown): unknown {
  if (!isJsonObject(patch)) return patch;
  const result = isJsonObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = applyMergePatch(result[key], value);
  }
  return result;
}

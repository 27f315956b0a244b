import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseExact, parseExactMember, UnsafeIntegerError } from "./exact-json.ts";

test("integers up to 2^53-1 pass, the next one is refused with its path and its object", () => {
  assert.deepEqual(parseExact('{"a":9007199254740991,"b":-9007199254740991}', "x"), {
    a: 2 ** 53 - 1,
    b: 1 - 2 ** 53,
  });
  const text =
    '{"kind":"K","metadata":{"name":"n","namespace":"ns"},"spec":{"list":[1,{"h":9007199254740992}]}}';
  assert.throws(
    () => parseExact(text, "get K ns/n"),
    (error) => {
      assert.ok(error instanceof UnsafeIntegerError);
      assert.equal(
        error.message,
        "get K ns/n: spec.list[1].h of K ns/n is 9007199254740992, beyond the largest exact integer 9007199254740991",
      );
      assert.deepEqual(
        [error.class, error.kind, error.namespace, error.objectName, error.path],
        ["invalid", "K", "ns", "n", "spec.list[1].h"],
      );
      return true;
    },
  );
});

test("long digits in strings and keys, fractions and exponents are left alone", () => {
  const text =
    '{"9007199254740993":"sha256:90071992547409931234, 9007199254740993","f":9007199254740993.5,"e":1e300,"z":0.12345678901234567}';
  assert.deepEqual(parseExact(text, "x"), JSON.parse(text));
});

test("malformed text is a SyntaxError on both ways through", () => {
  assert.throws(() => parseExact('{"a":', "x"), SyntaxError);
  assert.throws(() => parseExact('{"a":9007199254740993', "x"), SyntaxError);
});

test("a bad item is reported beside the good ones, with identity and no rounded number anywhere", () => {
  const bad =
    '{"metadata":{"name":"b","generation":90071992547409930,"labels":{"l":"1"}},"status":{"n":12345678901234567890}}';
  const { items, whole } = parseExactMember(
    `{"metadata":{"resourceVersion":"5"},"items":[{"metadata":{"name":"a"}},${bad}]}`,
    "items",
    "list",
  );
  assert.deepEqual(items[0], { value: { metadata: { name: "a" } } });
  assert.deepEqual(items[1]?.value, {
    apiVersion: undefined,
    kind: undefined,
    metadata: { name: "b", labels: { l: "1" } },
  });
  assert.ok(items[1]?.error instanceof UnsafeIntegerError);
  assert.deepEqual((whole as { metadata: unknown }).metadata, { resourceVersion: "5" });
});

test("a member that is absent, null or a single object gives none or one item", () => {
  assert.deepEqual(parseExactMember("{}", "items", "x").items, []);
  assert.deepEqual(parseExactMember('{"items":null}', "items", "x").items, []);
  assert.deepEqual(parseExactMember("7", "items", "x").items, []);
  assert.deepEqual(parseExactMember('{"object":{"a":1}}', "object", "x").items, [{ value: { a: 1 } }]);
});

test("property: safe values come out as JSON.parse gives them, and an unsafe integer at any depth never passes", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      fc.pre(!holdsUnsafe(value));
      const text = JSON.stringify(value);
      assert.deepEqual(parseExact(text, "x"), JSON.parse(text));
    }),
  );
  const unsafe = fc.bigInt({ min: 2n ** 53n, max: 2n ** 63n - 1n }).chain((n) => fc.constantFrom(n, -n));
  const keys = fc.array(fc.oneof(fc.string(), fc.constant(0)), { maxLength: 5 });
  fc.assert(
    fc.property(unsafe, keys, fc.constantFrom("", " ", "\n\t"), (digits, path, space) => {
      const text = path.reduceRight<string>(
        (inner, step) =>
          step === 0 ? `[${space}${inner}${space}]` : `{${JSON.stringify(step)}:${space}${inner}}`,
        String(digits),
      );
      assert.throws(() => parseExact(text, "x"), UnsafeIntegerError);
    }),
  );
});

/** JavaScript prints a float without a fraction as an integer, so it may not occur in the safe half of the property. */
function holdsUnsafe(value: unknown): boolean {
  if (typeof value === "number") return Number.isInteger(value) && !Number.isSafeInteger(value);
  return typeof value === "object" && value !== null && Object.values(value).some(holdsUnsafe);
}

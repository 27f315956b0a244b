import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { compareVersions, includesVersion } from "./resource-version.ts";

test("versions compare as the integers they are, beyond 2^53 too", () => {
  const version = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
  fc.assert(
    fc.property(version, version, (a, b) => {
      assert.equal(Math.sign(compareVersions(`${a}`, `${b}`)), a < b ? -1 : a > b ? 1 : 0);
    }),
  );
});

test("a position includes itself and all before it; before the first list there is none", () => {
  assert.ok(includesVersion("100", "100"));
  assert.ok(includesVersion("100", "99"));
  assert.ok(!includesVersion("100", "101"));
  assert.ok(!includesVersion(undefined, "1"));
});

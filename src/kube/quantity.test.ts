import assert from "node:assert/strict";
import { test } from "node:test";
import { parseQuantity } from "./quantity.ts";

test("equal amounts in different notations are equal", () => {
  for (const [a, b] of [
    ["1Gi", "1073741824"],
    ["2000Gi", "2097152000Ki"],
    ["1.5Gi", "1536Mi"],
    ["1e3", "1k"],
    ["0.5", "500m"],
    [".5", "5e-1"],
    ["40Ti", "43980465111040"],
    ["100n", "0.1u"],
    ["+1", "1."],
  ] as const) {
    assert.equal(parseQuantity(a), parseQuantity(b), `${a} = ${b}`);
  }
});

test("a larger amount is larger", () => {
  assert.ok((parseQuantity("1G") ?? 0n) < (parseQuantity("1Gi") ?? 0n));
  assert.ok((parseQuantity("-1") ?? 0n) < (parseQuantity("0") ?? -1n));
});

test("what is no quantity is refused", () => {
  for (const text of ["", "Gi", "1gi", "1 Gi", "one", "1.2.3", "0x10"])
    assert.equal(parseQuantity(text), undefined, text);
});

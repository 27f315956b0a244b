import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { align, type Line, paint, seconds, width } from "./text.ts";

const plainPaper = { columns: 80, colour: false };

test("a line on plain paper has neither escape codes nor trailing spaces", () => {
  assert.equal(paint([{ text: "a", colour: "red" }, { text: " b  " }], plainPaper), "a b");
});

test("a line on coloured paper wraps each coloured span in its code", () => {
  const line: Line = [{ text: "a", colour: "green" }, { text: " b" }];
  assert.equal(paint(line, { columns: 80, colour: true }), "\u001b[32ma\u001b[0m b");
});

test("a line that is too long is cut inside a span and ends in an ellipsis", () => {
  const line: Line = [{ text: "abc", colour: "red" }, { text: "defgh" }];
  assert.equal(paint(line, { columns: 8, colour: false }), "abcdefgh");
  assert.equal(paint(line, { columns: 7, colour: false }), "abcdef…");
  assert.equal(paint(line, { columns: 3, colour: false }), "ab…");
  assert.equal(paint(line, { columns: 0, colour: false }), "");
  assert.equal(paint(line, { columns: 3, colour: true }), "\u001b[31mab\u001b[0m…");
});

test("control characters in foreign text do not reach the terminal", () => {
  assert.equal(paint([{ text: "a\u001b[2Jb\nc\u009bd" }], plainPaper), "a [2Jb c d");
});

test("no line is ever wider than its paper, whatever is in it", () => {
  const span = fc.record({ text: fc.string({ unit: "grapheme-ascii", maxLength: 20 }) });
  fc.assert(
    fc.property(fc.array(span, { maxLength: 6 }), fc.nat(60), (line, columns) => {
      assert.ok(width(paint(line, { columns, colour: false })) <= columns);
    }),
  );
});

test("columns are as wide as their widest cell, the last one as it is", () => {
  const rows = [
    [{ text: "a" }, { text: "bbb" }, { text: "x" }],
    [{ text: "aaaa" }, { text: "" }, { text: "yy" }],
  ];
  assert.deepEqual(
    align(rows).map((line) => paint(line, plainPaper)),
    ["a     bbb  x", "aaaa       yy"],
  );
});

test("seconds have three digits", () => {
  assert.deepEqual([0, 4, 1234, 9994, 9995, 59_960].map(seconds), [
    "0.00 s",
    "0.00 s",
    "1.23 s",
    "9.99 s",
    "10.0 s",
    "60.0 s",
  ]);
});

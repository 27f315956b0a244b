import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualClock } from "#clock";
import { Board } from "./board.ts";
import { openLiveDisplay, openPlainDisplay } from "./display.ts";

function setUp() {
  const clock = new ManualClock();
  const board = new Board("Demo", clock);
  const written: string[] = [];
  const output = { write: (text: string) => written.push(text), isTTY: true, columns: 40, rows: 24 };
  return { clock, board, written, output };
}

const ENTER = "\u001b[?1049h\u001b[?25l\u001b[?7l";
const LEAVE = "\u001b[?7h\u001b[?25h\u001b[?1049l";

test("a live display redraws at most five times a second, however much happens", async () => {
  const { clock, board, written, output } = setUp();
  const display = openLiveDisplay(board, output, clock, false);
  for (let i = 0; i < 100; i++) {
    board.notice(`notice ${i}`);
    await clock.advance(10);
  }
  // On entering, and then at 0, 200, ... 1000 ms.
  assert.equal(written.length, 1 + 6);
  assert.equal(
    written.at(-1),
    "\u001b[HDemo  1.00 s\u001b[K\r\n\u001b[K\r\n\u001b[K\r\n" +
      "⚠ notice 97\u001b[K\r\n⚠ notice 98\u001b[K\r\n⚠ notice 99\u001b[K\r\n\u001b[J",
  );
  display.close();
  assert.equal(clock.pending, 0);
});

test("a closed live display leaves the terminal as it was, the last screen as text, and writes no more", async () => {
  const { clock, board, written, output } = setUp();
  const display = openLiveDisplay(board, output, clock, false);
  assert.equal(written[0], ENTER);
  await clock.advance(50);
  display.close();
  assert.equal(written.at(-1), `${LEAVE}Demo  0.05 s\n\n`);
  const count = written.length;
  display.close();
  await clock.advance(1000);
  assert.equal(written.length, count);
});

test("a plain display writes each change at once and a sign of life after two seconds of silence in a step", async () => {
  const { clock, board, written, output } = setUp();
  const display = openPlainDisplay(board, output, clock);
  const work = Promise.withResolvers<void>();
  const running = board.steps.run("build", () => work.promise);
  await clock.advance(1500);
  board.notice("half-way");
  await clock.advance(4100);
  work.resolve();
  await running;
  await clock.advance(10_000);
  display.close();
  assert.equal(
    written.join(""),
    `  0.00 s  --- build
  1.50 s  half-way
  3.50 s  ... build (3.50 s)
  5.50 s  ... build (5.50 s)
  5.60 s  --- done after 5.60 s: build
`,
  );
  assert.equal(clock.pending, 0);
});

test("a plain display opened late tells what is there, unless the reader knows", async () => {
  const { clock, board, written, output } = setUp();
  await board.steps.run("earlier", async () => {});
  openPlainDisplay(board, output, clock).close();
  assert.equal(written.join(""), "  0.00 s  --- earlier\n  0.00 s  --- done after 0.00 s: earlier\n");
  written.length = 0;
  const display = openPlainDisplay(board, output, clock, { readerKnowsAll: true });
  board.notice("news");
  display.close();
  board.notice("too late");
  assert.deepEqual(written, ["  0.00 s  news\n"]);
});

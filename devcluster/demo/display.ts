/** Puts the board in front of people: a screen that is redrawn on a terminal, a line per change anywhere else. */
import type { Clock } from "#clock";
import type { Board } from "./board.ts";
import { changesBetween } from "./view/changes.ts";
import { renderScreen } from "./view/render.ts";
import type { Screen } from "./view/screen.ts";
import { seconds } from "./view/text.ts";

/** The part of a stream that is needed, so that a test can be one. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
}

export interface Display {
  /** Stops showing; a terminal is left as it was found. May be called twice. */
  close(): void;
}

/** At most five redraws a second. */
const REDRAW_MS = 200;
/** A reader without news for this long wants to know that something is still going on. */
const SILENCE_MS = 2000;

/** The alternate screen keeps redraws out of the scroll-back and survives a change of the window's size. */
const ENTER = "\u001b[?1049h\u001b[?25l\u001b[?7l";
const LEAVE = "\u001b[?7h\u001b[?25h\u001b[?1049l";
const HOME = "\u001b[H";
const ERASE_LINE = "\u001b[K";
const ERASE_BELOW = "\u001b[J";

/** Redraws the whole screen. When it closes, the last screen stays behind as ordinary text. */
export function openLiveDisplay(board: Board, output: Output, clock: Clock, colour: boolean): Display {
  let last = "";
  let cancel = () => {};
  let open = true;
  const paper = () => ({ columns: output.columns ?? 80, rows: (output.rows ?? 24) - 1, colour });
  const tick = () => {
    const lines = renderScreen(board.screen(), paper());
    const frame = lines.map((line) => `${line}${ERASE_LINE}\r\n`).join("") + ERASE_BELOW;
    if (frame !== last) output.write(HOME + frame);
    last = frame;
    cancel = clock.after(REDRAW_MS, tick);
  };
  output.write(ENTER);
  tick();
  return {
    close() {
      if (!open) return;
      open = false;
      cancel();
      const lines = renderScreen(board.screen(), { ...paper(), rows: Number.POSITIVE_INFINITY });
      output.write(`${LEAVE}${lines.join("\n")}\n`);
    },
  };
}

/**
 * One line per change, as it happens; while a step runs without news, a sign of life every two seconds. What is on the
 * board already is told first, unless the reader knows it.
 */
export function openPlainDisplay(
  board: Board,
  output: Output,
  clock: Clock,
  options: { readonly readerKnowsAll?: boolean } = {},
): Display {
  const now = board.screen();
  let shown: Screen = options.readerKnowsAll === true ? now : { ...now, steps: [], nodes: [], notices: [] };
  let cancel = () => {};
  let open = true;
  const awaitSilence = () => {
    cancel();
    cancel = clock.after(SILENCE_MS, () => {
      const step = board.steps.running;
      if (step !== undefined) {
        output.write(
          `${seconds(board.elapsedMs).padStart(8)}  ... ${step.title} (${seconds(step.elapsedMs)})\n`,
        );
      }
      awaitSilence();
    });
  };
  const update = () => {
    const screen = board.screen();
    const lines = changesBetween(shown, screen);
    shown = screen;
    if (lines.length === 0) return;
    output.write(lines.map((line) => `${line}\n`).join(""));
    awaitSilence();
  };
  const unsubscribe = board.onChange(update);
  awaitSilence();
  update();
  return {
    close() {
      if (!open) return;
      open = false;
      cancel();
      unsubscribe();
    },
  };
}

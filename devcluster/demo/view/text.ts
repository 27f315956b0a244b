/** Words and lines: cutting, aligning, colouring, and making foreign text harmless. Pure. */

export type Colour = "green" | "yellow" | "red" | "dim" | "bold";

/** Text in one colour. A line is a list of them, so that it can be measured and cut before escape codes are in it. */
export interface Span {
  readonly text: string;
  readonly colour?: Colour | undefined;
}
export type Line = readonly Span[];

export interface Paper {
  /** Longest line. `Infinity`: never cut. */
  readonly columns: number;
  readonly colour: boolean;
}

const CODES: Readonly<Record<Colour, string>> = {
  green: "32",
  yellow: "33",
  red: "31",
  dim: "2",
  bold: "1",
};

/** The line as it is written: cut to the paper's width with an ellipsis, without trailing spaces. */
export function paint(line: Line, paper: Paper): string {
  const spans = cut(line.map(harmless), paper.columns);
  if (!paper.colour) {
    return spans
      .map((span) => span.text)
      .join("")
      .trimEnd();
  }
  return spans
    .map(({ text, colour }) =>
      colour === undefined || text === "" ? text : `\u001b[${CODES[colour]}m${text}\u001b[0m`,
    )
    .join("");
}

export function plain(text: string): Line {
  return [{ text }];
}

/** Left-aligned cells, two spaces apart, each column as wide as its widest cell. The last one is not padded. */
export function align(rows: readonly (readonly Span[])[]): Line[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach(({ text }, index) => {
      widths[index] = Math.max(widths[index] ?? 0, width(text));
    });
  }
  return rows.map((row) =>
    row.flatMap((cell, index): Span[] => {
      if (index === row.length - 1) return [cell];
      return [cell, { text: " ".repeat((widths[index] ?? 0) - width(cell.text) + 2) }];
    }),
  );
}

/** `0.04 s`, `12.3 s`: three digits, which is what a reader takes in and a loaded machine is good for. */
export function seconds(ms: number): string {
  return ms < 9995 ? `${(ms / 1000).toFixed(2)} s` : `${(ms / 1000).toFixed(1)} s`;
}

/** Code points: all that we draw, and all that Kubernetes names are made of, is one cell wide. */
export function width(text: string): number {
  return [...text].length;
}

/** Messages come from containers and registries: a control character in one must not steer the reader's terminal. */
function harmless(span: Span): Span {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return { ...span, text: span.text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, " ") };
}

function cut(line: Line, columns: number): Line {
  const total = line.reduce((sum, { text }) => sum + width(text), 0);
  if (total <= columns) return line;
  if (columns < 1) return [];
  let left = columns - 1;
  const kept: Span[] = [];
  for (const { text, colour } of line) {
    const part = [...text].slice(0, left).join("");
    left -= width(part);
    kept.push({ text: part, colour });
    if (left === 0) break;
  }
  return [...kept, { text: "…" }];
}

/** A run as text, for a terminal and for docs/performance.md. Pure. */
import { type Counts, total } from "../figures/requests.ts";
import type { Figure, Run, Section } from "./contract.ts";
import { verdict } from "./verdict.ts";

export function renderRun({ machine, sections, failures }: Run): string {
  const blocks = [
    machine.join("\n"),
    ...sections.map(renderSection),
    ...failures.map(({ title, problem }) => `${title}\n  DID NOT END: ${problem}`),
  ];
  return `${blocks.join("\n\n")}\n`;
}

export function renderSection({ title, figures, requests = [], notes = [] }: Section): string {
  const rows = figures.map((figure) => [
    figure.name,
    formatMeasured(figure),
    formatReference(figure),
    formatTarget(figure),
    formatVerdict(figure),
  ]);
  return [
    title,
    ...table([["", "measured", "reference", "target", ""], ...rows]),
    ...requests.flatMap(renderRequests),
    ...(notes.length === 0 ? [] : ["", ...notes.map((note) => `  ${note}`)]),
  ].join("\n");
}

function renderRequests({
  title,
  nodes,
  counts,
}: {
  title: string;
  nodes: number;
  counts: Counts;
}): string[] {
  const perNode = (times: number) => formatNumber(times / nodes);
  const rows = [...counts, ["all", total(counts)] as const].map(([what, times]) =>
    nodes === 1 ? [what, String(times)] : [what, String(times), perNode(times)],
  );
  return ["", `  ${title}`, ...table([nodes === 1 ? ["", "times"] : ["", "times", "per node"], ...rows])];
}

/** First column to the left, all others to the right, indented by two. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, index) => {
      widths[index] = Math.max(widths[index] ?? 0, cell.length);
    });
  }
  return rows.map((row) => {
    const cells = row.map((cell, index) =>
      index === 0 ? cell.padEnd(widths[index] ?? 0) : cell.padStart(widths[index] ?? 0),
    );
    return `  ${cells.join("  ")}`.trimEnd();
  });
}

/** Three digits, which is what a loaded machine is good for; whole numbers stay whole. */
export function formatNumber(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return "inf";
  if (Number.isInteger(value) || Math.abs(value) >= 100) return String(Math.round(value));
  return Math.abs(value) >= 10 ? value.toFixed(1) : value.toFixed(2);
}

const withUnit = (text: string, unit: string) => (unit === "" ? text : `${text} ${unit}`);

function formatMeasured({ value, above, unit }: Figure): string {
  if (value === undefined) return "-";
  const text = above === undefined ? formatNumber(value) : `${formatNumber(above)}..${formatNumber(value)}`;
  return withUnit(text, unit);
}

function formatReference({ reference, unit }: Figure): string {
  return reference === undefined ? "" : withUnit(formatNumber(reference), unit);
}

function formatTarget({ target, unit }: Figure): string {
  return target === undefined ? "" : withUnit(`${target.op} ${formatNumber(target.value)}`, unit);
}

function formatVerdict(figure: Figure): string {
  if (figure.target === undefined) return "";
  const found = verdict(figure);
  return found === "unknown" ? "?" : found;
}

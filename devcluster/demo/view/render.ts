/**
 * The live screen: what the story has done so far, and below it groups, nodes, pods and tasks as a tree. Pure.
 *
 *       NAME         STATE    READY  PLAN             IMAGE                INFO
 *     ◌ rpc-0        Running  False  6/7 observe-image  sei:v6.3.0 → v6.4.0  Updating
 *     └─◌ rpc-0-0    Pending  False                   sei:v6.4.0           revision 7d9f8c6b5
 */
import { foldings } from "./fold.ts";
import {
  type Forest,
  type GroupView,
  type Mark,
  type NodeView,
  type PodView,
  type Screen,
  SIGNS,
  type StepView,
  type TaskView,
} from "./screen.ts";
import { align, type Colour, type Line, type Paper, paint, plain, type Span, seconds } from "./text.ts";

export interface Terminal extends Paper {
  /** Most lines. With more, what is well is folded; then the top is dropped: what happens now is at the bottom. */
  readonly rows: number;
}

const COLOURS: Readonly<Record<Mark, Colour>> = { ok: "green", busy: "yellow", warn: "yellow", bad: "red" };
const STEP_MARKS: Readonly<Record<StepView["state"], Mark>> = { done: "ok", running: "busy", failed: "bad" };

const HEADING = ["  NAME", "STATE", "READY", "PLAN", "IMAGE", "INFO"];

export function renderScreen(screen: Screen, terminal: Terminal): string[] {
  const sizes = foldings(screen).map(screenLines);
  const fitting = sizes.find((lines) => lines.length <= terminal.rows) ?? sizes.at(-1) ?? [];
  return fitting.slice(-Math.max(1, terminal.rows)).map((line) => paint(line, terminal));
}

function screenLines(screen: Screen): Line[] {
  const tree = forestTable(screen);
  return [
    [
      { text: screen.title, colour: "bold" },
      { text: `  ${seconds(screen.elapsedMs)}`, colour: "dim" },
    ],
    [],
    ...screen.steps.flatMap(stepLines),
    ...(tree.length === 0 ? [] : [[], ...tree]),
    ...(screen.notices.length === 0 ? [] : [[], ...screen.notices.slice(-3).map(notice)]),
  ];
}

/** The tree alone, with its heading: nodes of no group first. Empty when there is nothing. */
export function forestTable({ nodes, groups }: Forest): Line[] {
  const rows = [...nodes, ...groups].flatMap((each) =>
    treeRows("nodes" in each ? groupRow(each) : nodeRow(each)),
  );
  const heading = HEADING.map((text): Span => ({ text, colour: "dim" }));
  return rows.length === 0 ? [] : align([heading, ...rows]);
}

/** How long each part took, right-aligned, one a line. */
export function timingLines(timings: readonly { readonly ms: number; readonly what: string }[]): Line[] {
  return timings.map(({ ms, what }) => plain(`${seconds(ms).padStart(10)}  ${what}`));
}

/** A claim and whether it held. */
export function claimLine(claim: { readonly holds: boolean; readonly text: string }): Line {
  const mark: Mark = claim.holds ? "ok" : "bad";
  return [{ text: "  " }, sign(mark), { text: ` ${claim.text}` }];
}

function stepLines({ title, state, elapsedMs, notes }: StepView): Line[] {
  const head: Line = [
    sign(STEP_MARKS[state]),
    { text: ` ${title}` },
    { text: `  ${seconds(elapsedMs)}`, colour: "dim" },
  ];
  return [head, ...notes.map((note): Line => [{ text: `    ${note}`, colour: "dim" }])];
}

/** One line of the tree, and what hangs below it. */
interface Row {
  readonly mark: Mark;
  readonly name: string;
  /** Of the columns after the name. */
  readonly cells: readonly string[];
  readonly children: readonly Row[];
}

function treeRows({ mark, name, cells, children }: Row, branch = "", below = ""): Span[][] {
  const last = children.length - 1;
  return [
    [{ text: `${branch}${SIGNS[mark]} ${name}`, colour: COLOURS[mark] }, ...cells.map((text) => ({ text }))],
    ...children.flatMap((child, index) =>
      treeRows(child, `${below}${index === last ? "└─" : "├─"}`, `${below}${index === last ? "  " : "│ "}`),
    ),
  ];
}

function groupRow({ name, mark, phase, ready, task, image, count, health, nodes }: GroupView): Row {
  const cells = [phase, ready, task, image, inWords(count, health)];
  return { mark, name, cells, children: nodes.map(nodeRow) };
}

function nodeRow({ name, mark, phase, ready, task, image, health, keys, pods, tasks }: NodeView): Row {
  const cells = [phase, ready, task, image, inWords(health, keys)];
  return { mark, name, cells, children: [...tasks.map(taskRow), ...pods.map(podRow)] };
}

function taskRow({ name, mark, phase, ready, kind, reason }: TaskView): Row {
  return { mark, name, cells: [phase, ready, kind, "", reason], children: [] };
}

function podRow({ name, mark, state, ready, image, revision }: PodView): Row {
  const info = revision === "" ? "" : `revision ${revision}`;
  return { mark, name, cells: [state, ready ? "True" : "False", "", image, info], children: [] };
}

function inWords(...parts: readonly string[]): string {
  return parts.filter((text) => text !== "").join("; ");
}

function notice(text: string): Line {
  return [{ text: `${SIGNS.warn} ${text}`, colour: "yellow" }];
}

function sign(mark: Mark): Span {
  return { text: SIGNS[mark], colour: COLOURS[mark] };
}

/**
 * The live screen: what the story has done so far, and below it the nodes with their pods as a tree. Pure.
 *
 *       NAME         STATE    READY  PLAN             IMAGE                INFO
 *     ◌ rpc-0        Running  False  6/7 observe-image  sei:v6.3.0 → v6.4.0  Updating
 *     └─◌ rpc-0-0    Pending  False                   sei:v6.4.0           revision 7d9f8c6b5
 */
import { type Mark, type NodeView, type PodView, type Screen, SIGNS, type StepView } from "./screen.ts";
import { align, type Colour, type Line, type Paper, paint, plain, type Span, seconds } from "./text.ts";

export interface Terminal extends Paper {
  /** Most lines. The top is dropped when there are more: what happens now is at the bottom. */
  readonly rows: number;
}

const COLOURS: Readonly<Record<Mark, Colour>> = { ok: "green", busy: "yellow", warn: "yellow", bad: "red" };
const STEP_MARKS: Readonly<Record<StepView["state"], Mark>> = { done: "ok", running: "busy", failed: "bad" };

const HEADING = ["  NAME", "STATE", "READY", "PLAN", "IMAGE", "INFO"];

export function renderScreen(screen: Screen, terminal: Terminal): string[] {
  const lines: Line[] = [
    [
      { text: screen.title, colour: "bold" },
      { text: `  ${seconds(screen.elapsedMs)}`, colour: "dim" },
    ],
    [],
    ...screen.steps.flatMap(stepLines),
    ...(screen.nodes.length === 0 ? [] : [[], ...nodeTable(screen.nodes)]),
    ...(screen.notices.length === 0 ? [] : [[], ...screen.notices.slice(-3).map(notice)]),
  ];
  return lines.slice(-Math.max(1, terminal.rows)).map((line) => paint(line, terminal));
}

/** The tree of nodes and pods alone, with its heading. */
export function nodeTable(nodes: readonly NodeView[]): Line[] {
  const heading = HEADING.map((text): Span => ({ text, colour: "dim" }));
  return align([heading, ...nodes.flatMap((node) => [nodeCells(node), ...podRows(node.pods)])]);
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

function nodeCells(node: NodeView): Span[] {
  return [
    { text: `${SIGNS[node.mark]} ${node.name}`, colour: COLOURS[node.mark] },
    { text: node.phase },
    { text: node.ready },
    { text: node.task },
    { text: node.image },
    { text: [node.health, node.keys].filter((text) => text !== "").join("; ") },
  ];
}

function podRows(pods: readonly PodView[]): Span[][] {
  return pods.map((pod, index) => [
    {
      text: `${index === pods.length - 1 ? "└" : "├"}─${SIGNS[pod.mark]} ${pod.name}`,
      colour: COLOURS[pod.mark],
    },
    { text: pod.state },
    { text: pod.ready ? "True" : "False" },
    { text: "" },
    { text: pod.image },
    { text: pod.revision === "" ? "" : `revision ${pod.revision}` },
  ]);
}

function notice(text: string): Line {
  return [{ text: `${SIGNS.warn} ${text}`, colour: "yellow" }];
}

function sign(mark: Mark): Span {
  return { text: SIGNS[mark], colour: COLOURS[mark] };
}

/** What became different between two screens, one line per thing that changed: the demo where there is no terminal. Pure. */
import type { NodeView, PodView, Screen, StepView } from "./screen.ts";
import { seconds } from "./text.ts";

export function changesBetween(before: Screen, after: Screen): string[] {
  return [
    ...after.steps.flatMap((step, index) => stepChanges(before.steps[index], step)),
    ...nodeChanges(before.nodes, after.nodes),
    ...after.notices.slice(before.notices.length),
  ].map((text) => `${seconds(after.elapsedMs).padStart(8)}  ${text}`);
}

function stepChanges(before: StepView | undefined, step: StepView): string[] {
  const lines = before === undefined ? [`--- ${step.title}`] : [];
  for (const note of step.notes.slice(before?.notes.length ?? 0)) lines.push(`    ${note}`);
  if (step.state !== "running" && step.state !== before?.state) {
    lines.push(
      `--- ${step.state === "done" ? "done" : "FAILED"} after ${seconds(step.elapsedMs)}: ${step.title}`,
    );
  }
  return lines;
}

function nodeChanges(before: readonly NodeView[], after: readonly NodeView[]): string[] {
  const lines: string[] = [];
  for (const node of after) {
    const old = before.find(({ name }) => name === node.name);
    const facts = old === undefined ? describeNode(node) : difference(describeNode(old), describeNode(node));
    if (facts.size > 0) lines.push(`SeiNode ${node.name}: ${inWords(facts)}`);
    lines.push(...podChanges(old?.pods ?? [], node.pods));
  }
  for (const node of before) {
    if (after.some(({ name }) => name === node.name)) continue;
    lines.push(`SeiNode ${node.name}: gone`, ...podChanges(node.pods, []));
  }
  return lines;
}

function podChanges(before: readonly PodView[], after: readonly PodView[]): string[] {
  const lines: string[] = [];
  for (const pod of after) {
    const old = before.find(({ name }) => name === pod.name);
    const facts = old === undefined ? describePod(pod) : difference(describePod(old), describePod(pod));
    if (facts.size > 0) lines.push(`Pod ${pod.name}: ${inWords(facts)}`);
  }
  for (const pod of before) {
    if (!after.some(({ name }) => name === pod.name)) lines.push(`Pod ${pod.name}: gone`);
  }
  return lines;
}

type Facts = ReadonlyMap<string, string>;

function describeNode({ phase, ready, task, image, health, keys }: NodeView): Facts {
  return new Map([
    ["phase", phase],
    ["plan", task],
    ["image", image],
    ["ready", ready],
    ["health", health],
    // Most nodes have none, and who has some keeps them.
    ...(keys === "" ? [] : [["keys", keys] as const]),
  ]);
}

function describePod({ state, ready, image, revision }: PodView): Facts {
  return new Map([
    ["state", state],
    ["ready", ready ? "True" : "False"],
    ["image", image],
    ["revision", revision],
  ]);
}

/** Empty values stay in: that a plan is over is news. */
function difference(old: Facts, now: Facts): Facts {
  return new Map([...now].filter(([key, value]) => old.get(key) !== value));
}

function inWords(facts: Facts): string {
  return [...facts].map(([key, value]) => `${key} ${value === "" ? "-" : value}`).join(", ");
}

/** What became different between two screens, one line per thing that changed: the demo where there is no terminal. Pure. */
import type { Forest, GroupView, NodeView, PodView, Screen, StepView, TaskView } from "./screen.ts";
import { seconds } from "./text.ts";

export function changesBetween(before: Screen, after: Screen): string[] {
  return [
    ...after.steps.flatMap((step, index) => stepChanges(before.steps[index], step)),
    ...changes("SeiNodeDeployment", before.groups, after.groups, describeGroup),
    ...nodeChanges(nodesOf(before), nodesOf(after)),
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

function nodesOf({ nodes, groups }: Forest): readonly NodeView[] {
  return [...nodes, ...groups.flatMap((group) => group.nodes)];
}

function nodeChanges(before: readonly NodeView[], after: readonly NodeView[]): string[] {
  const names = new Set([...after, ...before].map(({ name }) => name));
  return [...names].flatMap((name) => {
    const [old, now] = [before, after].map((nodes) => nodes.filter((node) => node.name === name));
    const partsOf = (nodes: readonly NodeView[] = []) => nodes[0] ?? { pods: [], tasks: [] };
    return [
      ...changes("SeiNode", old ?? [], now ?? [], describeNode),
      ...changes("SeiNodeTask", partsOf(old).tasks, partsOf(now).tasks, describeTask),
      ...changes("Pod", partsOf(old).pods, partsOf(now).pods, describePod),
    ];
  });
}

/** One line for each thing that is new, different or gone. */
function changes<T extends { readonly name: string }>(
  kind: string,
  before: readonly T[],
  after: readonly T[],
  describe: (one: T) => Facts,
): string[] {
  const lines = after.flatMap((one) => {
    const old = before.find(({ name }) => name === one.name);
    const facts = old === undefined ? describe(one) : difference(describe(old), describe(one));
    return facts.size > 0 ? [`${kind} ${one.name}: ${inWords(facts)}`] : [];
  });
  const gone = before.filter((one) => !after.some(({ name }) => name === one.name));
  return [...lines, ...gone.map(({ name }) => `${kind} ${name}: gone`)];
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

function describeGroup({ phase, ready, task, image, count, health }: GroupView): Facts {
  return new Map([
    ["phase", phase],
    ["plan", task],
    ["image", image],
    ["ready", ready],
    ["health", health],
    ["nodes", count],
  ]);
}

function describeTask({ phase, ready, kind, reason }: TaskView): Facts {
  return new Map([
    ["kind", kind],
    ["phase", phase],
    ["reason", reason],
    ["ready", ready],
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

/** What a screen leaves out when the terminal is too low for all of it: what is over, then what is well. Pure. */
import type { NodeView, Screen } from "./screen.ts";

/** From nothing left out to the least that still tells what happens now. */
export function foldings(screen: Screen): Screen[] {
  const folds = [dropOldNotes, foldSettledNodes, foldSettledGroups, dropOldSteps];
  const screens = [screen];
  for (const fold of folds) screens.push(fold(screens.at(-1) ?? screen));
  return screens;
}

function dropOldNotes(screen: Screen): Screen {
  const last = screen.steps.length - 1;
  return {
    ...screen,
    steps: screen.steps.map((step, index) => (index === last ? step : { ...step, notes: [] })),
  };
}

/** A node that is well is one line. */
function foldSettledNodes(screen: Screen): Screen {
  const fold = (node: NodeView): NodeView => {
    const isSettled = [node, ...node.pods, ...node.tasks].every(({ mark }) => mark === "ok");
    return isSettled ? { ...node, pods: [], tasks: [] } : node;
  };
  return {
    ...screen,
    nodes: screen.nodes.map(fold),
    groups: screen.groups.map((group) => ({ ...group, nodes: group.nodes.map(fold) })),
  };
}

/** A group that is well is one line. */
function foldSettledGroups(screen: Screen): Screen {
  const isWell = ({ mark, pods, tasks }: NodeView) => mark === "ok" && pods.length + tasks.length === 0;
  return {
    ...screen,
    groups: screen.groups.map((group) =>
      group.mark === "ok" && group.nodes.every(isWell) ? { ...group, nodes: [] } : group,
    ),
  };
}

/** What is left fits a terminal of 24 lines in every step of the demo. */
function dropOldSteps(screen: Screen): Screen {
  const steps = screen.steps.slice(-3).map((step) => ({ ...step, notes: step.notes.slice(-4) }));
  return { ...screen, steps };
}

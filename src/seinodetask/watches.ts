/** Which tasks a change of a node is news for: those that work on it and have not ended. */
import type { SeiNodeTask } from "#api";
import { type Indexes, type Informer, keyOf, type ObjectKey } from "#kube";
import { isTerminal } from "./terminal.ts";

const TARGET = "target";

/** For the informer of SeiNodeTasks. A task leaves the index when it ends, so the past wakes nobody. */
export const taskIndexes: Indexes<SeiNodeTask> = {
  [TARGET]: ({ metadata, spec, status }) => {
    // The CRD does not demand a spec.
    const name = spec?.target?.nodeRef?.name;
    return name === undefined || isTerminal(status?.phase) ? [] : [targetKey(metadata.namespace, name)];
  },
};

export function tasksOfNode(
  tasks: Pick<Informer<SeiNodeTask>, "byIndex">,
  { namespace, name }: ObjectKey,
): ObjectKey[] {
  return tasks.byIndex(TARGET, targetKey(namespace, name)).map(keyOf);
}

function targetKey(namespace: string | undefined, name: string): string {
  return `${namespace ?? ""}/${name}`;
}

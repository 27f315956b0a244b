/** What objects tell that somebody who watches wants to hear, as lines. Each is to be said once. Pure, but for `sayOnce`. */
import {
  type SeiNode,
  type SeiNodeDeployment,
  SeiNodeDeploymentConditions,
  type SeiNodeTask,
  SeiNodeTaskConditions,
  TaskTypes,
} from "#api";
import { type DeepReadonly, findCondition } from "#kube";

/** Passes each line on the first time it comes. */
export function sayOnce(tell: (line: string) => void): (lines: readonly string[]) => void {
  const said = new Set<string>();
  return (lines) => {
    for (const line of lines) {
      if (said.has(line)) continue;
      said.add(line);
      tell(line);
    }
  };
}

/** Of a validator that takes part in a genesis ceremony. */
export function founderNews({ metadata, status }: DeepReadonly<SeiNode>): string[] {
  const handedIn = isComplete(status?.plan, TaskTypes.uploadGenesisArtifacts) || status?.phase === "Running";
  return handedIn ? [`${metadata.name} handed in its identity and its gentx`] : [];
}

/** Of the group that founds a chain. */
export function ceremonyNews({ status }: DeepReadonly<SeiNodeDeployment>): string[] {
  const type = SeiNodeDeploymentConditions.genesisCeremonyComplete;
  const isOver = findCondition(status?.conditions, type)?.status === "True";
  const lines: string[] = [];
  if (status?.genesisS3URI !== undefined) lines.push(`the genesis is assembled: ${status.genesisS3URI}`);
  if (isOver || isComplete(status?.plan, TaskTypes.collectAndSetPeers))
    lines.push("each validator has the others as its peers");
  if (isOver) lines.push(`condition ${type} is True`);
  return lines;
}

/** Of a group that is rolled out: whose turn has come, and that it is over. */
export function rolloutNews({ status }: DeepReadonly<SeiNodeDeployment>): string[] {
  const waves = Map.groupBy(status?.rollout?.nodes ?? [], ({ wave }) => wave);
  const turns = [...waves].flatMap(([wave, nodes]) => {
    if (wave === undefined) return [];
    const why = wave === 0 ? " (not Ready anyway: all at once, this costs no capacity)" : "";
    return [`wave ${wave}: ${nodes.map(({ name }) => name).join(", ")}${why}`];
  });
  const type = SeiNodeDeploymentConditions.rolloutInProgress;
  const condition = findCondition(status?.conditions, type);
  return condition?.reason === "RolloutComplete" ? [...turns, `condition ${type}: RolloutComplete`] : turns;
}

export function taskNews({ metadata, spec, status }: DeepReadonly<SeiNodeTask>): string[] {
  const { phase } = status ?? {};
  if (phase === undefined) return [];
  const reconciling = findCondition(status?.conditions, SeiNodeTaskConditions.reconciling);
  return [`SeiNodeTask ${metadata.name} (${spec?.kind}): ${phase}, ${reconciling?.reason ?? "-"}`];
}

function isComplete(plan: DeepReadonly<NonNullable<SeiNode["status"]>>["plan"], taskType: string): boolean {
  return plan?.tasks.some(({ type, status }) => type === taskType && status === "Complete") ?? false;
}

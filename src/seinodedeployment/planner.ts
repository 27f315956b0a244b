/** Which tasks a group's plan holds (spec/seinodedeployment.md 7.4 and 9.3). Pure: ids, persisting and executing are not here. */
import { SeiNodeDeploymentConditions, type SeiNodeDeploymentStatus, TaskTypes } from "#api";
import { type DeepReadonly, findCondition } from "#kube";
import type { TaskSpec } from "#plan";
import { maxRetriesOf } from "#sidecar";
import { bech32Problem } from "./bech32.ts";
import { type Child, nameList } from "./children.ts";
import type { Group } from "./pass.ts";

/** The group's spec or nodes do not allow the plan. Not cured by retrying: somebody has to change something. */
export class PlanBuildError extends Error {
  override readonly name = "PlanBuildError";
}

export function inPlaceTasks(group: Group, nodeNames: readonly string[]): TaskSpec[] {
  const { namespace = "", name: groupName } = group.metadata;
  return [
    { type: TaskTypes.updateNodeSpecs, params: { groupName, namespace, nodeNames } },
    { type: TaskTypes.awaitSpecUpdate, params: { namespace, nodeNames } },
    { type: TaskTypes.markNodesReady, params: { namespace, nodeNames } },
  ];
}

/** Whether the group still has to found its chain, and every node that is to take part is there. */
export function needsCeremony(
  group: Group,
  status: DeepReadonly<SeiNodeDeploymentStatus>,
  children: readonly Child[],
): boolean {
  const type = SeiNodeDeploymentConditions.genesisCeremonyComplete;
  return (
    group.spec.genesis !== undefined &&
    group.spec.replicas > 0 &&
    status.plan === undefined &&
    status.rollout === undefined &&
    findCondition(status.conditions, type)?.status !== "True" &&
    children.length >= group.spec.replicas
  );
}

/**
 * Throws a PlanBuildError that names what is wrong. The genesis is assembled once: with it recorded, or with a node that
 * runs on it, a later plan only sees to the rest.
 */
export function ceremonyTasks(
  group: Group,
  status: DeepReadonly<SeiNodeDeploymentStatus>,
  children: readonly Child[],
): TaskSpec[] {
  const { namespace = "", name: groupName } = group.metadata;
  const { genesis } = group.spec;
  if (genesis === undefined) throw new PlanBuildError("spec.genesis is not set");
  const names = children.map(({ metadata }) => metadata.name);
  const problems = [...genesisProblems(genesis, namespace), ...nodeProblems(children)];
  if (problems.length > 0) throw new PlanBuildError(problems.join("; "));
  const { accountBalance, accounts = [], overrides = {} } = genesis;
  const assemble: TaskSpec = {
    type: TaskTypes.assembleAndUploadGenesis,
    params: {
      accountBalance,
      namespace,
      nodes: names.map((name) => ({ name })),
      ...(accounts.length > 0 && { accounts }),
      ...(Object.keys(overrides).length > 0 && { overrides }),
    },
    maxRetries: maxRetriesOf(TaskTypes.assembleAndUploadGenesis),
  };
  const assembled =
    status.genesisS3URI !== undefined || children.some((child) => child.status?.phase === "Running");
  return [
    ...(assembled ? [] : [assemble]),
    { type: TaskTypes.collectAndSetPeers, params: { groupName, namespace, nodeNames: names } },
    {
      type: TaskTypes.awaitNodesRunning,
      params: { groupName, namespace, expected: names.length, nodeNames: names },
    },
  ];
}

function genesisProblems(
  genesis: NonNullable<Group["spec"]["genesis"]>,
  namespace: string,
): readonly string[] {
  const problems: string[] = [];
  if (!genesis.accountBalance) problems.push("spec.genesis.accountBalance is empty");
  if (namespace === "") problems.push("the group has no namespace");
  for (const [index, { address, balance }] of (genesis.accounts ?? []).entries()) {
    const problem = bech32Problem(address, "sei");
    if (problem !== undefined)
      problems.push(`spec.genesis.accounts[${index}].address ${JSON.stringify(address)} ${problem}`);
    if (balance === "") problems.push(`spec.genesis.accounts[${index}].balance is empty`);
  }
  return problems;
}

function nodeProblems(children: readonly Child[]): readonly string[] {
  const problems: string[] = [];
  if (children.length === 0) problems.push("there are no nodes");
  const outsiders = children.filter((child) => child.spec.validator?.genesisCeremony === undefined);
  if (outsiders.length > 0) {
    const names = nameList(outsiders.map(({ metadata }) => metadata.name));
    problems.push(
      `SeiNode ${names} was made without a part in the ceremony: delete it to have it made again`,
    );
  }
  const failed = children.filter((child) => child.status?.phase === "Failed");
  if (failed.length > 0) {
    const names = nameList(failed.map(({ metadata }) => metadata.name));
    problems.push(
      `SeiNode ${names} is Failed: correct the cause and set its annotation sei.io/retry, or delete it to have it made again`,
    );
  }
  return problems;
}

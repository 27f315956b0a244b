/**
 * The tasks of a validator that takes part in the genesis of a new chain (spec/seinode.md 4.4): it makes its identity and
 * its gentx, hands them in, and waits for the genesis that the SeiNodeDeployment's plan assembles from all of them.
 */
import { type SeiNode, seiNodeDeployments, type TaskPlan, TaskTypes } from "#api";
import { controllerOf, type DeepReadonly } from "#kube";
import type { TaskSpec } from "#plan";
import { configApplyParams } from "./config-intent.ts";
import { controllerTask, sidecarTask } from "./task-specs.ts";

type Ceremony = DeepReadonly<NonNullable<NonNullable<SeiNode["spec"]["validator"]>["genesisCeremony"]>>;

/** The node's part in a ceremony. With one, snapshots, peers and key sources of the spec do not count. */
export function ceremonyOf(node: DeepReadonly<SeiNode>): Ceremony | undefined {
  return node.spec.validator?.genesisCeremony;
}

export function genesisTasks(node: DeepReadonly<SeiNode>, ceremony: Ceremony): TaskSpec[] {
  const { name } = node.metadata;
  const { chainId, stakingAmount, accountBalance } = ceremony;
  return [
    controllerTask(TaskTypes.ensureDataPvc, node),
    controllerTask(TaskTypes.applyRbacProxyConfig, node),
    controllerTask(TaskTypes.applyStatefulSet, node),
    controllerTask(TaskTypes.applyService, node),
    sidecarTask(TaskTypes.generateIdentity, { chainId, moniker: name }),
    sidecarTask(TaskTypes.generateGentx, { chainId, stakingAmount, accountBalance }),
    sidecarTask(TaskTypes.uploadGenesisArtifacts, { nodeName: name }),
    // Its budget of retries is the time the other validators and the assembly have.
    sidecarTask(TaskTypes.configureGenesis),
    // config-apply writes config.toml whole, so the peers come after it.
    sidecarTask(TaskTypes.configApply, configApplyParams(node).params),
    sidecarTask(TaskTypes.setGenesisPeers),
    sidecarTask(TaskTypes.configValidate),
    sidecarTask(TaskTypes.markReady),
  ];
}

/** Longer than an assembly takes once everybody has handed in; then the node asks for the genesis by itself. */
const ASSEMBLY_MS = 30_000;

/**
 * How long configure-genesis is still held back, so that its first attempt finds the genesis instead of failing and costing
 * a back-off. The group gives its nodes their peers right after it has assembled; that change of the spec wakes the node.
 * Undefined: not at all. It is pacing and no more: without a group, or a word from it, the attempts go their way.
 */
export function assemblyWaitMs(
  node: DeepReadonly<SeiNode>,
  plan: DeepReadonly<TaskPlan>,
  nowMs: number,
): number | undefined {
  const inGroup = controllerOf(node)?.kind === seiNodeDeployments.kind;
  if (ceremonyOf(node) === undefined || !inGroup || (node.spec.peers ?? []).length > 0) return undefined;
  const task = plan.tasks.find(({ type }) => type === TaskTypes.configureGenesis);
  if (task?.submittedAt !== undefined || (task?.retryCount ?? 0) > 0) return undefined;
  const upload = plan.tasks.find(({ type }) => type === TaskTypes.uploadGenesisArtifacts);
  const handedIn = Date.parse(upload?.submittedAt ?? "");
  const left = handedIn + ASSEMBLY_MS - nowMs;
  return left > 0 ? left : undefined;
}

/**
 * The tasks of a validator that takes part in the genesis of a new chain (spec/seinode.md 4.4): it makes its identity and
 * its gentx, hands them in, and waits for the genesis that the SeiNodeDeployment's plan assembles from all of them.
 */
import { type SeiNode, TaskTypes } from "#api";
import type { DeepReadonly } from "#kube";
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

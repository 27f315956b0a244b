/** What a SeiNodeTask does to a node while its manager is disturbed. */
import { type SeiNodeTaskSpec, seiNodeTasks } from "#api";
import { IMAGE_V2 } from "../../harness/world.ts";
import { NODE, TASK } from "./names.ts";
import { bringUp, ready, type Scene, untilNode, untilReadyOn, type Workload } from "./workloads.ts";

function createTask(
  { world, namespace }: Scene,
  kind: SeiNodeTaskSpec["kind"],
  payload: Partial<SeiNodeTaskSpec>,
): Promise<unknown> {
  const task = {
    apiVersion: "sei.io/v1alpha1",
    kind: seiNodeTasks.kind,
    metadata: { name: TASK, namespace },
    spec: { kind, target: { nodeRef: { name: NODE } }, ...payload },
  };
  return world.rest.create(seiNodeTasks, task);
}

async function untilComplete({ world, namespace }: Scene): Promise<void> {
  const key = { namespace, name: TASK };
  const task = await world.until(world.tasks, key, `${namespace}: task ended`, ({ status }) =>
    /^(Complete|Failed)$/.test(status?.phase ?? ""),
  );
  if (task.status?.phase !== "Complete") throw new Error(`${namespace}: ${JSON.stringify(task.status)}`);
}

function onRunningNode(
  name: string,
  kind: SeiNodeTaskSpec["kind"],
  payload: Partial<SeiNodeTaskSpec>,
): Workload {
  return {
    name,
    prepare: (scene) => bringUp(scene, { validator: {} }),
    act: (scene) => createTask(scene, kind, payload),
    async settled(scene) {
      await untilComplete(scene);
      await untilReadyOn(scene, "sei:v1");
    },
  };
}

export const restartSeid = onRunningNode("restart-seid", "RestartSeid", { restartSeid: {} });

export const govVote = onRunningNode("gov-vote", "GovVote", {
  govVote: { chainId: "pacific-1", proposalId: 7, option: "yes", fees: "1usei", gas: 1 },
});

/** Of a node that stands at an upgrade height. */
export const updateNodeImage: Workload = {
  name: "update-node-image",
  async prepare(scene) {
    await bringUp(scene);
    scene.world.simulator.halt(`${scene.namespace}/${NODE}`);
    await untilNode(scene, "halted", (node) => !ready(node));
  },
  act: (scene) => createTask(scene, "UpdateNodeImage", { updateNodeImage: { image: IMAGE_V2 } }),
  async settled(scene) {
    await untilComplete(scene);
    await untilReadyOn(scene, IMAGE_V2);
  },
};

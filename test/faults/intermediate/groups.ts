/** What is done to a SeiNodeDeployment while its manager is disturbed. */
import { type SeiNodeDeployment, type SeiNodeDeploymentSpec, seiNodeDeployments } from "#api";
import { type DeepReadonly, findCondition } from "#kube";
import { IMAGE_V1, IMAGE_V2 } from "../../harness/world.ts";
import { GROUP } from "./names.ts";
import { ready, type Scene, type Workload } from "./workloads.ts";

const NAMES = ["group-0", "group-1", "group-2"];

function createGroup(
  { world, namespace }: Scene,
  spec: Partial<SeiNodeDeploymentSpec>,
  chainId: string,
): Promise<unknown> {
  const group = {
    apiVersion: "sei.io/v1alpha1",
    kind: seiNodeDeployments.kind,
    metadata: { name: GROUP, namespace },
    spec: {
      replicas: NAMES.length,
      updateStrategy: { type: "InPlace" },
      template: { spec: { chainId, image: IMAGE_V1, validator: {} } },
      ...spec,
    },
  };
  return world.rest.create(seiNodeDeployments, group);
}

function untilGroup(scene: Scene, what: string, passes: (group: DeepReadonly<SeiNodeDeployment>) => boolean) {
  const { world, namespace } = scene;
  return world.until(world.groups, { namespace, name: GROUP }, `${namespace}: ${what}`, passes);
}

/** The group, and every node: the last word of the last node comes after that of the group. */
async function untilReadyOn(scene: Scene, image: string): Promise<void> {
  const { world, namespace } = scene;
  await untilGroup(scene, `Ready on ${image}`, ({ status, spec, metadata }) => {
    const told = findCondition(status?.conditions, "Ready");
    const { template } = spec;
    return (
      told?.status === "True" &&
      told.observedGeneration === metadata.generation &&
      template.spec.image === image
    );
  });
  for (const name of NAMES) {
    const key = { namespace, name };
    await world.until(world.nodes, key, `${namespace}/${name}: Ready on ${image}`, (node) => {
      return ready(node) && node.status?.currentImage === image;
    });
  }
}

/** Of nodes that all stand at an upgrade height: one wave. */
export const rollout: Workload = {
  name: "rollout",
  nodes: NAMES,
  async prepare(scene) {
    const { world, namespace } = scene;
    await createGroup(scene, {}, "pacific-1");
    await untilReadyOn(scene, IMAGE_V1);
    for (const name of NAMES) {
      world.simulator.halt(`${namespace}/${name}`);
      await world.until(world.nodes, { namespace, name }, `${name} halted`, (node) => !ready(node));
    }
    await untilGroup(scene, "not Ready", ({ status }) => {
      const message = findCondition(status?.conditions, "Ready")?.message ?? "";
      return NAMES.every((name) => message.includes(name));
    });
  },
  act: ({ world, namespace }) =>
    world.rest.mergePatch(
      seiNodeDeployments,
      { namespace, name: GROUP },
      { spec: { template: { spec: { image: IMAGE_V2 } } } },
    ),
  settled: (scene) => untilReadyOn(scene, IMAGE_V2),
};

const NEW_CHAIN = "devnet-1";

export const ceremony: Workload = {
  name: "ceremony",
  nodes: NAMES,
  prepare: () => Promise.resolve(),
  act: (scene) => {
    const genesis = { chainId: NEW_CHAIN, stakingAmount: "1usei", accountBalance: "1000usei" };
    return createGroup(scene, { genesis }, NEW_CHAIN);
  },
  settled: (scene) => untilReadyOn(scene, IMAGE_V1),
};

/** What must be the same after a disturbance that should have changed nothing at all. */
import { Labels, type SeiNode, type SeiNodeDeployment, seiNodeDeployments, seiNodes } from "#api";
import {
  configMaps,
  type DeepReadonly,
  jobs,
  type KubeObject,
  persistentVolumeClaims,
  pods,
  type ResourceType,
  services,
  statefulSets,
  unlessNotFound,
} from "#kube";
import { NAMESPACE, type World } from "../harness/world.ts";

const CHILDREN: readonly ResourceType[] = [
  statefulSets,
  services,
  configMaps,
  persistentVolumeClaims,
  pods,
  jobs,
];

/**
 * Which objects of this SeiNode there are, by uid and generation (an object deleted and made again, or written and written
 * back, shows), what its status says, and how often each task was POSTed. One line each.
 */
export async function identitiesOf(world: World, name: string): Promise<readonly string[]> {
  const key = { namespace: NAMESPACE, name };
  const node = await unlessNotFound(world.rest.get<SeiNode>(seiNodes, key));
  const lists = await Promise.all(CHILDREN.map((resource) => labelled(world, resource, name)));
  const posts = world.simulator.node(NAMESPACE, name).posts();
  return [
    ...(node === undefined ? [] : [identity("SeiNode", node), ...statusLines(node)]),
    ...lists.flat(),
    ...posts.map(({ type, id }) => `POST ${type} ${id}`),
  ];
}

/** The same of this SeiNodeDeployment, its Services and all its nodes. */
export async function identitiesOfGroup(world: World, name: string): Promise<readonly string[]> {
  const { rest } = world;
  const key = { namespace: NAMESPACE, name };
  const group = await unlessNotFound(rest.get<SeiNodeDeployment>(seiNodeDeployments, key));
  const selection = { namespace: NAMESPACE, labels: { [Labels.nodeDeployment]: name } };
  const [nodes, own] = await Promise.all([
    rest.list<SeiNode>(seiNodes, selection),
    rest.list(services, selection),
  ]);
  const perNode = nodes.map(async ({ metadata, spec }) => {
    const lines = [
      `images ${spec.image} ${spec.sidecar?.image}`,
      ...(await identitiesOf(world, metadata.name)),
    ];
    return lines.map((line) => `${metadata.name}: ${line}`);
  });
  const { phase, plan, rollout, templateHash, conditions = [] } = group?.status ?? {};
  return [
    ...(group === undefined ? [] : [identity(seiNodeDeployments.kind, group)]),
    `${name}: status ${JSON.stringify({ phase, plan, rollout, templateHash })}`,
    ...conditions.map(({ type, status: is, reason }) => `${name}: condition ${type} ${is} ${reason}`).sort(),
    ...own.map((service) => identity(services.kind, service)),
    ...(await Promise.all(perNode)).flat(),
  ];
}

async function labelled(world: World, resource: ResourceType, name: string): Promise<readonly string[]> {
  const selection = { namespace: NAMESPACE, labels: { [Labels.node]: name } };
  return (await world.rest.list(resource, selection)).map((object) => identity(resource.kind, object));
}

function identity(kind: string, { metadata }: DeepReadonly<KubeObject>): string {
  const { name, uid, generation = "-", deletionTimestamp } = metadata;
  return `${kind} ${name} ${uid} generation ${generation}${deletionTimestamp === undefined ? "" : " terminating"}`;
}

function statusLines({ status }: DeepReadonly<SeiNode>): readonly string[] {
  const { phase, currentImage, currentSidecarImage, plan, statefulSet, conditions = [] } = status ?? {};
  return [
    `status ${JSON.stringify({ phase, currentImage, currentSidecarImage, plan, statefulSet })}`,
    ...conditions.map(({ type, status: is, reason }) => `condition ${type} ${is} ${reason}`).sort(),
  ];
}

/** What this process watches (design D20): the three kinds in full, their children by label and nothing else. */
import { Labels, seiNodeDeployments, seiNodes, seiNodeTasks } from "#api";
import type { Clock, Random } from "#clock";
import {
  configMaps,
  createInformer,
  type DeepReadonly,
  httpRoutes,
  type Informer,
  type InformerOptions,
  jobs,
  type KubeObject,
  type ListWatch,
  type Logger,
  labelIndex,
  type OptionalKind,
  type Pod,
  persistentVolumeClaims,
  pods,
  type ResourceType,
  type RestClient,
  services,
  statefulSets,
} from "#kube";
import { taskIndexes } from "./seinodetask/index.ts";

export type Caches = ReturnType<typeof createCaches>;

/** Made, not started. Kinds whose reconciler is still to come are watched all the same. */
export function createCaches(
  rest: RestClient,
  common: { clock: Clock; random: Random; log: Logger },
  gatewayApi: OptionalKind,
) {
  const own = <T extends KubeObject>(
    resource: ResourceType<T>,
    more: Pick<InformerOptions<T>, "indexes"> = {},
  ): Informer<T> =>
    createInformer(rest, resource, {
      ...common,
      log: common.log.child({ logger: "cache", cache: resource.plural }),
      ...more,
    });
  const child = <T extends KubeObject>(
    resource: ResourceType<T>,
    more: Pick<InformerOptions<T>, "transform"> = {},
  ): Informer<T> =>
    createInformer(rest, resource, {
      ...common,
      log: common.log.child({ logger: "cache", cache: resource.plural }),
      labelSelector: Labels.node,
      indexes: labelIndex(Labels.node),
      ...more,
    });
  const ofGroup = <T extends KubeObject>(
    resource: ResourceType<T>,
    source: ListWatch,
    labelSelector: string,
  ): Informer<T> =>
    createInformer(source, resource, {
      ...common,
      log: common.log.child({ logger: "cache", cache: resource.plural }),
      labelSelector,
      indexes: labelIndex(Labels.nodeDeployment),
    });
  return {
    // A group lists its nodes in every pass.
    seiNodes: own(seiNodes, { indexes: labelIndex(Labels.nodeDeployment) }),
    seiNodeDeployments: own(seiNodeDeployments),
    seiNodeTasks: own(seiNodeTasks, { indexes: taskIndexes }),
    statefulSets: child(statefulSets),
    pods: child(pods, { transform: trimPod }),
    services: child(services),
    persistentVolumeClaims: child(persistentVolumeClaims),
    configMaps: child(configMaps),
    jobs: child(jobs),
    // The nodes' own Services carry the label of their group too, and are in the other cache.
    groupServices: ofGroup(services, rest, `${Labels.nodeDeployment},!${Labels.node}`),
    httpRoutes: ofGroup(httpRoutes, gatewayApi, Labels.nodeDeployment),
  };
}

/** What the clients read: one for groups, one for all others. A client knows one cache of a kind, and Services are in two. */
export function cachesByClient(caches: Caches) {
  const { services: ofNodes, groupServices: ofGroups, ...shared } = caches;
  return { groups: [...Object.values(shared), ofGroups], others: [...Object.values(shared), ofNodes] };
}

/**
 * Names, images and statuses are what is decided on; how a container runs is most of a pod's size and is rendered by us
 * anyway. Pods are never written, so nothing cut off here can get lost in the cluster.
 */
export function trimPod(pod: DeepReadonly<Pod>): DeepReadonly<Pod> {
  const { spec } = pod;
  if (spec === undefined) return pod;
  const { volumes: _volumes, affinity: _affinity, tolerations: _tolerations, ...rest } = spec;
  return {
    ...pod,
    spec: {
      ...rest,
      containers: spec.containers.map(trimContainer),
      ...(spec.initContainers === undefined
        ? {}
        : { initContainers: spec.initContainers.map(trimContainer) }),
    },
  };
}

type Container = NonNullable<DeepReadonly<Pod>["spec"]>["containers"][number];

function trimContainer({ name, image, restartPolicy, ports }: Container): Container {
  return {
    name,
    ...(image === undefined ? {} : { image }),
    ...(restartPolicy === undefined ? {} : { restartPolicy }),
    ...(ports === undefined ? {} : { ports }),
  };
}

/**
 * What a SeiNode came to, freed of all that tells only how and when it got there: two runs of which one was disturbed, or two
 * paths through the spec, are compared with it.
 */
import { type SeiNode, type SeiNodeStatus, seiNodes } from "#api";
import {
  type ConfigMap,
  configMaps,
  type DeepReadonly,
  isJsonObject,
  type KubeObject,
  type ObjectKey,
  type PersistentVolumeClaim,
  type Pod,
  persistentVolumeClaims,
  pods,
  type ResourceType,
  type Service,
  type StatefulSet,
  services,
  statefulSets,
  unlessNotFound,
} from "#kube";
import { NAMESPACE, type World } from "./world.ts";

export interface EndState {
  readonly spec: unknown;
  readonly status: unknown;
  readonly statefulSet: unknown;
  readonly service: unknown;
  readonly configMap: unknown;
  readonly claim: unknown;
  readonly pod: unknown;
  /** What the sidecar made of its volume; undefined before the first pod. */
  readonly files: unknown;
}

/** Read live. The node's name is replaced by `NODE`, ids and times by what they are. */
export async function endState(world: World, name: string, namespace = NAMESPACE): Promise<EndState> {
  const get = <T extends KubeObject>(resource: ResourceType<T>, suffix = name) => {
    const key: ObjectKey = { namespace, name: suffix };
    return unlessNotFound(world.rest.get<T>(resource, key));
  };
  const [node, statefulSet, service, configMap, claim, pod] = await Promise.all([
    get<SeiNode>(seiNodes),
    get<StatefulSet>(statefulSets),
    get<Service>(services),
    get<ConfigMap>(configMaps, `${name}-rbac-proxy-config`),
    get<PersistentVolumeClaim>(persistentVolumeClaims, `data-${name}`),
    get<Pod>(pods, `${name}-0`),
  ]);
  const state: EndState = {
    spec: node?.spec,
    status: node?.status && statusOf(node.status),
    statefulSet: rendered(statefulSet),
    service: rendered(service),
    configMap: configMap && { ...rendered(configMap), data: configMap.data },
    claim: rendered(claim),
    pod: pod && podState(pod),
    files: filesOf(world, namespace, name),
  };
  return normalise(state, name) as EndState;
}

/** What they tell was true when the task of a plan looked, which may be an edit ago. */
const SEEN_BY_TASKS = /^(SigningKey|NodeKey|OperatorKeyring|ImportPVC)Ready$/;

/**
 * Without what tells of the past on purpose: what was applied when, whether there ever was an update, what the sidecar wrote at
 * some time, and the labels its volume was made with. What is left is a function of the spec, whatever the path to it.
 */
export function withoutPast({ files: _, claim, ...state }: EndState): unknown {
  const status = isJsonObject(state.status) ? state.status : {};
  const { applied: __, observedApplyConfig: ___, ...current } = status;
  const conditions = Array.isArray(status.conditions) ? status.conditions.filter(isJsonObject) : [];
  return {
    ...state,
    claim: isJsonObject(claim) && { ...claim, labels: undefined },
    status: {
      ...current,
      conditions: conditions
        .filter(({ type, status: value }) => !(type === "NodeUpdateInProgress" && value === "False"))
        .filter(({ type }) => type !== "PendingChanges")
        .map((condition) =>
          SEEN_BY_TASKS.test(String(condition.type)) ? { ...condition, message: undefined } : condition,
        ),
    },
  };
}

/** What we ask for, without what others answer. */
function rendered(object: DeepReadonly<KubeObject> | undefined) {
  if (object === undefined) return undefined;
  const { labels, ownerReferences, finalizers } = object.metadata;
  return { labels, ownerReferences, finalizers, spec: (object as { spec?: unknown }).spec };
}

function statusOf({ conditions = [], applied, ...status }: DeepReadonly<SeiNodeStatus>) {
  // The name of the node goes into the hashes of its pod's labels and claim.
  const podFields = Object.keys(applied?.pod?.fields ?? {}).sort();
  return {
    ...status,
    applied: applied && { config: applied.config, podFields },
    // Their order says who was set first.
    conditions: byType(conditions),
  };
}

function podState({ spec, status, metadata }: DeepReadonly<Pod>) {
  return {
    terminating: metadata.deletionTimestamp !== undefined,
    images: [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])].map(({ name, image }) => ({
      name,
      image,
    })),
    ready: status?.conditions?.find(({ type }) => type === "Ready")?.status,
  };
}

function filesOf(world: World, namespace: string, name: string): unknown {
  try {
    const { markers, toml, ...files } = world.simulator.node(namespace, name).files;
    return { ...files, markers: [...markers].sort(), toml: Object.fromEntries(toml) };
  } catch {
    return undefined; // it never had a volume
  }
}

/** The API server and we ourselves take it for absent. */
function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

function byType<T extends { readonly type: string }>(conditions: readonly T[]): readonly T[] {
  return [...conditions].sort((a, b) => (a.type < b.type ? -1 : 1));
}

const VOLATILE = new Set([
  ...["uid", "resourceVersion", "creationTimestamp", "generation", "managedFields", "observedGeneration"],
  ...["lastTransitionTime", "phaseTransitionTime", "observedRetry", "volumeName"],
]);
const UUID = /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g;
const NODE_ID = /\b[0-9a-f]{40}\b/g;
const TIME = /\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g;

function normalise(value: unknown, name: string): unknown {
  if (typeof value === "string") {
    return value
      .replaceAll(name, "NODE")
      .replaceAll(UUID, "UUID")
      .replaceAll(NODE_ID, "ID")
      .replaceAll(TIME, "TIME");
  }
  if (Array.isArray(value)) return value.map((item) => normalise(item, name));
  if (!isJsonObject(value)) return value;
  const entries = Object.entries(value)
    .filter(([key, field]) => !VOLATILE.has(key) && field !== undefined && !isEmptyList(field))
    .map(([key, field]) => [key, normalise(field, name)] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

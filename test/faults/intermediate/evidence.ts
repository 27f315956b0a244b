/**
 * What a run of a workload leaves behind, in a form that is equal for two runs that did the same: uids, times, versions and
 * addresses are taken out, nothing else.
 */
import { seiNodeDeployments, seiNodes, seiNodeTasks } from "#api";
import {
  configMaps,
  isJsonObject,
  type JsonObject,
  jobs,
  type KubeObject,
  persistentVolumeClaims,
  pods,
  type ResourceType,
  services,
  statefulSets,
} from "#kube";
import type { NodeHandle } from "../../../devcluster/simulator/index.ts";
import type { AuditRecord } from "../../harness/audit.ts";
import type { World } from "../../harness/world.ts";
import { subject } from "./names.ts";

export interface Evidence {
  /** By `Kind/name`. */
  readonly objects: Readonly<Record<string, unknown>>;
  /** How often which object was created or deleted, and by whom: `manager deleted pods/node-0`. */
  readonly counts: Readonly<Record<string, number>>;
  /** Every POST of a task with what the sidecar made of it, in order, node by node: `mark-ready started`. */
  readonly posts: readonly string[];
  /** How often each task's work was done, in the order of the POSTs, node by node: `mark-ready 1`. */
  readonly executions: readonly string[];
  /** Sidecar tasks, and those that were POSTed although their work was under way or done. Not compared but told. */
  readonly submissions: { readonly tasks: number; readonly doubled: number };
  /** What the manager told about the node; a killed one takes with it what it had not sent yet. */
  readonly events: ReadonlySet<string>;
}

const controllerRevisions: ResourceType<KubeObject> = {
  group: "apps",
  version: "v1",
  kind: "ControllerRevision",
  plural: "controllerrevisions",
  namespaced: true,
};
/** A revision of its own shows a template that was applied for a moment only. */
const RESOURCES: readonly ResourceType<KubeObject>[] = [
  seiNodeDeployments,
  seiNodeTasks,
  seiNodes,
  statefulSets,
  controllerRevisions,
  services,
  configMaps,
  persistentVolumeClaims,
  pods,
  jobs,
];

/** `audit`: of all users and namespaces. */
export async function collectEvidence(
  world: World,
  namespace: string,
  nodes: readonly string[],
  audit: readonly AuditRecord[],
): Promise<Evidence> {
  const lists = await Promise.all(RESOURCES.map((resource) => listAll(world, resource, namespace)));
  const all = nodes.map((node) => taskEvidence(world.simulator.node(namespace, node), subject(node)));
  return {
    objects: Object.fromEntries(lists.flat()),
    counts: countLives(audit.filter((record) => record.namespace === namespace)),
    posts: all.flatMap(({ posts }) => posts),
    executions: all.flatMap(({ executions }) => executions),
    submissions: {
      tasks: all.reduce((sum, { tasks }) => sum + tasks, 0),
      doubled: all.reduce((sum, { doubled }) => sum + doubled, 0),
    },
    events: new Set(
      world.events
        .list()
        .filter((event) => event.metadata.namespace === namespace && event.source?.component !== undefined)
        .filter((event) => event.source?.component?.startsWith("seinode"))
        .map((event) => String(normalised(`${event.reason}: ${event.message}`, namespace))),
    ),
  };
}

/** Fails until the others have done their part: how often depends on who comes first. */
const RACES: ReadonlySet<string> = new Set(["configure-genesis", "set-genesis-peers"]);

function taskEvidence(node: NodeHandle, prefix: string) {
  const posts = node.posts();
  const ids = new Map(posts.map((post) => [post.id, post.type]));
  const retried = ({ type, outcome }: (typeof posts)[number]) => RACES.has(type) && outcome === "rerun";
  const doubled = posts.filter((post) => post.outcome !== "started" && !retried(post));
  return {
    posts: posts.filter((post) => !retried(post)).map(({ type, outcome }) => `${prefix}${type} ${outcome}`),
    executions: [...ids]
      .filter(([, type]) => !RACES.has(type))
      .map(([id, type]) => `${prefix}${type} ${node.executionsOf(id)}`),
    tasks: ids.size,
    doubled: new Set(doubled.map(({ id }) => id)).size,
  };
}

async function listAll(world: World, resource: ResourceType<KubeObject>, namespace: string) {
  const objects = await world.rest.list(resource, { namespace });
  return objects
    .filter((object) => object.metadata.name !== "kube-root-ca.crt")
    .map((object) => [`${resource.kind}/${object.metadata.name}`, normalised(object, namespace)] as const);
}

/** Lives that nobody means: they come and go with others, or are told apart by a random suffix. */
const INCIDENTAL = /^(events|endpointslices|leases|.*reviews|serviceaccounts\/token|pods\/.*)$/;

function countLives(audit: readonly AuditRecord[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { verb, resource, name, code, user } of audit) {
    if (code >= 300 || INCIDENTAL.test(resource)) continue;
    // A server-side apply that creates is a patch answered with 201.
    const what = code === 201 ? "created" : verb === "delete" ? "deleted" : undefined;
    if (what === undefined) continue;
    const line = withoutChance(`${user.split(":").at(-1)} ${what} ${resource}/${name}`);
    counts[line] = (counts[line] ?? 0) + 1;
  }
  return counts;
}

const VOLATILE = new Set(["uid", "resourceVersion", "creationTimestamp", "clusterIP", "clusterIPs"]);
const PATTERNS: readonly (readonly [RegExp, string])[] = [
  [/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi, "<uuid>"],
  [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, "<time>"],
  [/\b10\.\d+\.\d+\.\d+\b/g, "<ip>"],
  [/kube-api-access-\w{5}/g, "kube-api-access"],
  // What a node is called by its peers: its key is its own.
  [/\b[0-9a-f]{40}(?=@)/g, "<node-id>"],
  // The pod of a Job.
  [/-bootstrap-[a-z0-9]{5}\b/g, "-bootstrap-<random>"],
];

function withoutChance(text: string): string {
  return PATTERNS.reduce((result, [pattern, word]) => result.replaceAll(pattern, word), text);
}

/** Exported for its test. */
export function normalised(value: unknown, namespace: string): unknown {
  if (typeof value === "string") {
    return withoutChance(value).replaceAll(namespace, "<namespace>");
  }
  if (Array.isArray(value)) return value.map((item) => normalised(item, namespace));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !VOLATILE.has(key))
      .map(([key, inner]) => [key, normalised(sorted(key, inner), namespace)]),
  );
}

/** Lists whose order says who came first and nothing else. */
function sorted(key: string, value: unknown): unknown {
  if (!Array.isArray(value)) return value;
  if (key === "conditions") return byText(value, (item) => String(item.type));
  if (key !== "managedFields") return value;
  // Who has a say; which fields is seen in the object, and their order in when.
  return byText(value, (item) => `${item.manager} ${item.operation} ${item.subresource ?? ""}`).map(
    ({ manager, operation, subresource }) => ({ manager, operation, subresource }),
  );
}

function byText(list: readonly unknown[], text: (item: JsonObject) => string): JsonObject[] {
  return list.filter(isJsonObject).toSorted((a, b) => (text(a) < text(b) ? -1 : text(a) > text(b) ? 1 : 0));
}

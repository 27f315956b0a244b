/** The moments of a history at which a cache may have stood still, by what SeiNodes and pods looked like then. */
import type { SeiNode } from "#api";
import { type DeepReadonly, findCondition, type Pod } from "#kube";
import type { World } from "../../harness/world.ts";

export interface Moment {
  /** Whose news it was. */
  readonly of: "SeiNode" | "pod";
  /** Stable over runs: what was new. */
  readonly name: string;
  /** Of the whole cluster: there is one etcd, and one count of its changes. */
  readonly resourceVersion: string;
}

/**
 * Collects from now on. The first time of each state is kept; of how nodes come up, which all do in the same way, that of
 * `example` only.
 */
export function collectMoments(
  world: World,
  example: string,
): { readonly moments: readonly Moment[]; stop(): void } {
  const moments: Moment[] = [];
  const known = new Set<string>();
  const grown = new Set([example]);
  const note = (of: Moment["of"], node: string, state: string, resourceVersion: string) => {
    const name = `${node}: ${state}`;
    if (!grown.has(node) || known.has(name)) return;
    known.add(name);
    moments.push({ of, name, resourceVersion });
  };
  const pods = new Map<string, Set<string>>();
  const ends = [
    world.nodes.onEvent(({ type, object }) => {
      const { name, resourceVersion } = object.metadata;
      if (findCondition(object.status?.conditions, "Ready")?.status === "True") grown.add(name);
      note("SeiNode", name, type === "deleted" ? "gone" : progressOf(object), resourceVersion);
    }),
    world.pods.onEvent(({ type, object }) => {
      const { name, uid, resourceVersion } = object.metadata;
      const node = name.replace(/-0$/, "");
      const uids = (pods.get(node) ?? new Set<string>()).add(uid);
      pods.set(node, uids);
      const state = type === "deleted" ? "gone" : podProgress(object);
      note("pod", node, `pod ${uids.size} ${state}`, resourceVersion);
    }),
  ];
  return {
    moments,
    stop() {
      for (const end of ends) end();
    },
  };
}

/** What a SeiNode was at: image, phase and the first task of its plan that is not done. */
export function progressOf(node: DeepReadonly<SeiNode>): string {
  const { spec, status, metadata } = node;
  const task = status?.plan?.tasks.find(({ status: is }) => is !== "Complete");
  const at = status?.plan === undefined ? "no plan" : (task?.type ?? "plan done");
  const going = metadata.deletionTimestamp === undefined ? "" : "being deleted, ";
  const paused = spec?.paused === true ? "paused, " : "";
  return `${going}${paused}${spec?.image}, ${status?.phase ?? "new"}, ${at}`;
}

function podProgress(pod: DeepReadonly<Pod>): string {
  if (pod.metadata.deletionTimestamp !== undefined) return "terminating";
  const ready = pod.status?.conditions?.find(({ type }) => type === "Ready")?.status === "True";
  return ready ? "ready" : (pod.status?.phase ?? "new");
}

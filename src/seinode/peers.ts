/**
 * Which nodes a node shall connect to: the part of peer resolution that needs no sidecar. The reconciler lists the
 * SeiNodes, asks the matched ones for their node ids and hands both in.
 */
import type { SeiNode, SeiNodeStatus } from "#api";
import { type DeepReadonly, formatKey } from "#kube";
import { p2pPort, rpcPort } from "./render/index.ts";

/** A SeiNode that one of the label sources selects. */
export interface MatchedPeer {
  readonly name: string;
  readonly namespace: string;
  /** host:port for P2P: its external address, else its pod's name inside the cluster. */
  readonly address: string;
  /** host:port of its RPC, always inside the cluster. */
  readonly witness: string;
}

export interface ResolvedPeers {
  /** `<nodeId>@<address>`, sorted, each once: `status.resolvedPeers`. */
  readonly peers: readonly string[];
  /** Peers without a node id whose earlier entry was kept. */
  readonly preserved: readonly MatchedPeer[];
  /** Peers without a node id that were never resolved before, and so are left out. */
  readonly skipped: readonly MatchedPeer[];
}

/** One source as the sidecar knows it. */
export type DiscoverPeersSource =
  | { readonly type: "ec2Tags"; readonly region: string; readonly tags: Readonly<Record<string, string>> }
  | { readonly type: "static"; readonly addresses: readonly string[] };

/** A type and not an interface: only a type alias may be handed on as `Record<string, unknown>`. */
export type DiscoverPeersParams = { readonly sources: readonly DiscoverPeersSource[] };

/**
 * The SeiNodes that the node's label sources select, each once, sorted by namespace and name. The node itself is left
 * out; a node of the same name in another namespace is not. Their phase and chain do not matter: a peer that is still
 * coming up is worth knowing.
 */
export function matchPeers(
  node: DeepReadonly<SeiNode>,
  allNodes: readonly DeepReadonly<SeiNode>[],
): readonly MatchedPeer[] {
  const own = formatKey(node.metadata);
  const matched = new Map<string, MatchedPeer>();
  for (const source of labelSources(node)) {
    for (const candidate of allNodes) {
      const key = formatKey(candidate.metadata);
      if (key !== own && isSelected(candidate, source)) matched.set(key, toPeer(candidate));
    }
  }
  return [...matched].sort(([a], [b]) => compare(a, b)).map(([, peer]) => peer);
}

/**
 * The namespaces and labels to list when one does not want to hand in every SeiNode there is. Empty: the node has no
 * label source, and both resolved lists are empty.
 */
export function labelSources(
  node: DeepReadonly<SeiNode>,
): readonly { readonly namespace: string; readonly selector: Readonly<Record<string, string>> }[] {
  return (node.spec.peers ?? []).flatMap(({ label }) =>
    label === undefined
      ? []
      : [{ namespace: label.namespace || (node.metadata.namespace ?? ""), selector: label.selector }],
  );
}

/**
 * Puts node ids and addresses together. `nodeIds` maps `formatKey` of a peer to its node id and lacks the peers that
 * could not be asked: for those, what an earlier pass found at the same address stays true, so that a restarting
 * sidecar does not take its node out of everyone's peer list.
 */
export function mergeResolvedPeers(
  matched: readonly MatchedPeer[],
  nodeIds: ReadonlyMap<string, string>,
  prior: readonly string[],
): ResolvedPeers {
  const priorByAddress = new Map(prior.map((entry) => [entry.slice(entry.indexOf("@") + 1), entry]));
  const peers: string[] = [];
  const preserved: MatchedPeer[] = [];
  const skipped: MatchedPeer[] = [];
  for (const peer of matched) {
    const nodeId = nodeIds.get(formatKey(peer));
    const entry = nodeId === undefined ? priorByAddress.get(peer.address) : `${nodeId}@${peer.address}`;
    if (entry === undefined) skipped.push(peer);
    else peers.push(entry);
    if (entry !== undefined && nodeId === undefined) preserved.push(peer);
  }
  return { peers: sortedUnique(peers), preserved, skipped };
}

/** `status.resolvedRPCWitnesses`: every matched peer, reachable or not. Sorted, each once. */
export function resolvedWitnesses(matched: readonly MatchedPeer[]): readonly string[] {
  return sortedUnique(matched.map(({ witness }) => witness));
}

/**
 * Params of discover-peers, in wire keys. `status` is the one this pass has computed, since what was just resolved is not
 * yet in the node. A label source becomes the list of what was resolved; with nothing resolved it is skipped,
 * because the sidecar fails the whole task over one empty source (design D9). `undefined`: no source is left, the plan
 * goes without the task.
 */
export function discoverPeersParams(
  node: DeepReadonly<SeiNode>,
  status: DeepReadonly<Pick<SeiNodeStatus, "resolvedPeers">> = node.status ?? {},
): DiscoverPeersParams | undefined {
  const resolvedPeers = status.resolvedPeers ?? [];
  const sources = (node.spec.peers ?? []).flatMap((source): DiscoverPeersSource[] => {
    if (source.ec2Tags !== undefined) {
      return [{ type: "ec2Tags", region: source.ec2Tags.region, tags: { ...source.ec2Tags.tags } }];
    }
    const addresses = source.static?.addresses ?? (source.label === undefined ? [] : resolvedPeers);
    return addresses.length === 0 ? [] : [{ type: "static", addresses: [...addresses] }];
  });
  return sources.length === 0 ? undefined : { sources };
}

function isSelected(
  candidate: DeepReadonly<SeiNode>,
  source: { readonly namespace: string; readonly selector: Readonly<Record<string, string>> },
): boolean {
  const { namespace, labels } = candidate.metadata;
  if (namespace !== source.namespace) return false;
  return Object.entries(source.selector).every(([key, value]) => labels?.[key] === value);
}

function toPeer(node: DeepReadonly<SeiNode>): MatchedPeer {
  const { name, namespace = "" } = node.metadata;
  const host = `${name}-0.${name}.${namespace}.svc.cluster.local`;
  return {
    name,
    namespace,
    // Not every object has a spec, and a peer's spec is not ours to complain about.
    address:
      (node.spec as DeepReadonly<SeiNode>["spec"] | undefined)?.externalAddress || `${host}:${p2pPort}`,
    witness: `${host}:${rpcPort}`,
  };
}

function sortedUnique(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)].sort(compare);
}

/** By code unit, as the Go operator sorts: never by locale. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

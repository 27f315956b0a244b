/** Resolves a node's label peers (spec/seinode.md 3.1): lists the matching SeiNodes and asks them who they are. */
import { Labels, type SeiNode, type SeiNodeStatus, seiNodes } from "#api";
import { type Client, type DeepReadonly, formatKey, type Logger, pods } from "#kube";
import type { SidecarTarget } from "#sidecar";
import type { NodeIds } from "./node-ids.ts";
import {
  labelSources,
  type MatchedPeer,
  matchPeers,
  mergeResolvedPeers,
  resolvedWitnesses,
} from "./peers.ts";
import { isSidecarRunning, isTerminating } from "./pod-state.ts";

/** Sets both resolved lists in `status`. Rejects only when the cache cannot be read. */
export async function resolvePeers(
  deps: { client: Client; nodeIds: NodeIds },
  node: DeepReadonly<SeiNode>,
  status: SeiNodeStatus,
  context: { signal: AbortSignal; log: Logger },
): Promise<void> {
  const candidates = new Map<string, DeepReadonly<SeiNode>>();
  for (const { namespace, selector } of labelSources(node)) {
    const listed = await deps.client.list<SeiNode>(seiNodes, { namespace, labels: selector }, context.signal);
    for (const candidate of listed) candidates.set(formatKey(candidate.metadata), candidate);
  }
  const matched = matchPeers(node, [...candidates.values()]);
  const nodeIds = new Map<string, string>();
  await Promise.all(
    matched.map(async (peer) => {
      const locate = () => sidecarOf(deps.client, peer, context.signal);
      const nodeId = await deps.nodeIds.of(formatKey(peer), locate, context.signal);
      if (nodeId !== undefined) nodeIds.set(formatKey(peer), nodeId);
    }),
  );
  const resolved = mergeResolvedPeers(matched, nodeIds, status.resolvedPeers ?? []);
  for (const peer of resolved.skipped) context.log.debug({ peer: formatKey(peer) }, "peer skipped");
  status.resolvedPeers = [...resolved.peers];
  status.resolvedRPCWitnesses = [...resolvedWitnesses(matched)];
}

/** `undefined` when the kubelet says that nobody would answer. */
async function sidecarOf(
  client: Client,
  peer: MatchedPeer,
  signal: AbortSignal,
): Promise<SidecarTarget | undefined> {
  const { namespace, name } = peer;
  const listed = await client.list(pods, { namespace, labels: { [Labels.node]: name } }, signal);
  const pod = listed.find((candidate) => !isTerminating(candidate) && isSidecarRunning(candidate));
  if (pod === undefined) return undefined;
  const podIP = pod.status?.podIP;
  return podIP ? { namespace, node: name, podIP } : { namespace, node: name };
}

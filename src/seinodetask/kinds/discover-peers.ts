/**
 * DiscoverPeers: the node's peers are looked up again and written to its configuration, on disk only. seid sees them after
 * a restart (spec/seinodetask.md 7.7).
 */
import { type PeerSource, TaskTypes } from "#api";
import type { DeepReadonly } from "#kube";
import { ParamsError } from "../errors.ts";
import { onSidecar } from "./on-sidecar.ts";
import { requirePayload } from "./payload.ts";

export const discoverPeers = onSidecar({
  taskType: TaskTypes.discoverPeers,
  timeLimitMs: 2 * 60_000,
  params(spec, { metadata, spec: node, status }) {
    requirePayload(spec, "discoverPeers");
    const resolved = status?.resolvedPeers ?? [];
    const sources = (node.peers ?? []).flatMap((source) => wireSource(source, resolved));
    // Zero sources would wipe the peers the node has.
    if (sources.length === 0) {
      throw new ParamsError(
        `no usable peer sources: spec.peers of SeiNode "${metadata.name}" is empty, or its labels match no node with a known peer id yet`,
      );
    }
    return { sources };
  },
});

/** A label that resolves to nothing drops out, the other sources stay. */
function wireSource(source: DeepReadonly<PeerSource>, resolved: readonly string[]): object[] {
  if (source.ec2Tags !== undefined) {
    const { region, tags } = source.ec2Tags;
    return [{ type: "ec2Tags", region, tags }];
  }
  if (source.static !== undefined) return [{ type: "static", addresses: source.static.addresses }];
  return resolved.length === 0 ? [] : [{ type: "static", addresses: resolved }];
}

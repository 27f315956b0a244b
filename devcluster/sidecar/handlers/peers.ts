/** Tasks of peers and state sync. */
import { createHash } from "node:crypto";
import { isTable } from "../files.ts";
import { listOf, once, type TaskContext, type TaskHandler } from "./context.ts";

/** [56] only. */
export const discoverPeers: TaskHandler = (context) => {
  const sources = listOf(context.params.sources);
  if (sources.length === 0) throw new Error("discover-peers: no sources configured");
  const peers = new Set<string>();
  for (const source of sources) {
    const found = peersOf(context, isTable(source) ? source : {});
    if (found.length === 0) throw new Error("discover-peers: source returned no peers");
    for (const peer of found) peers.add(peer);
  }
  context.volume.files.patch("config.toml", { p2p: { "persistent-peers": [...peers].join(",") } });
};

export const configureStateSync: TaskHandler = once(".sei-sidecar-statesync-done", (context) => {
  const { params, volume } = context;
  const asked = listOf(params.rpcServers).map(String);
  const candidates = asked.length > 0 ? asked : witnessesFromPeers(volume.files.persistentPeers);
  const witnesses = candidates.filter((witness) => context.network.status(hostOf(witness)) !== "unreachable");
  const [first] = witnesses;
  if (first === undefined) throw new Error("configure-state-sync: no witness answered");
  const useLocal = params.useLocalSnapshot === true;
  if (useLocal && volume.files.snapshotHeight === undefined) {
    throw new Error("configure-state-sync: no local snapshot height recorded");
  }
  const status = context.network.status(hostOf(first));
  const latest = typeof status === "object" ? status.height : 1;
  const trustHeight = useLocal ? (volume.files.snapshotHeight ?? 1) : Math.max(1, latest - 2000);
  volume.files.patch("config.toml", {
    statesync: {
      enable: true,
      "trust-height": trustHeight,
      "trust-hash": createHash("sha256").update(`block ${trustHeight}`).digest("hex").toUpperCase(),
      "rpc-servers": (witnesses.length === 1 ? [first, first] : witnesses).join(","),
      "use-local-snapshot": useLocal,
      ...(typeof params.trustPeriod === "string" ? { "trust-period": params.trustPeriod } : {}),
      ...(typeof params.backfillBlocks === "number" ? { "backfill-blocks": params.backfillBlocks } : {}),
    },
  });
});

function peersOf(context: TaskContext, source: Readonly<Record<string, unknown>>): string[] {
  switch (source.type) {
    case "static":
      return listOf(source.addresses).map(String);
    case "ec2Tags": {
      if (!isTable(source.tags) || typeof source.region !== "string") return [];
      // There is no EC2 here: one healthy instance per tag set stands in for whatever the tags would have found.
      const host = `ec2-${digest(JSON.stringify([source.region, source.tags])).slice(0, 8)}.internal`;
      return [`${digest(host)}@${host}:26656`];
    }
    case "dnsEndpoints":
      return listOf(source.endpoints).flatMap((endpoint) => {
        const host = hostOf(String(endpoint));
        const status = context.network.status(host);
        if (status === "unreachable") return [];
        return [`${status === "external" ? digest(host) : status.nodeId}@${host}:26656`];
      });
    default:
      throw new Error(`discover-peers: unknown source type: ${String(source.type)}`);
  }
}

function witnessesFromPeers(peers: string): string[] {
  return peers
    .split(",")
    .filter((peer) => peer !== "")
    .slice(0, 2)
    .map((peer) => `${hostOf(peer.slice(peer.indexOf("@") + 1))}:26657`);
}

/** `http://host:26657` or `host:26657` -> `host`. */
function hostOf(address: string): string {
  return address.replace(/^[a-z]+:\/\//, "").replace(/[:/].*$/, "");
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 40);
}

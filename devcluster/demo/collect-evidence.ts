/** Gathers what was recorded in the story: by the watches, the sidecars' journals, the audit log and the manager's own log. */
import { readFile } from "node:fs/promises";
import { TaskTypes } from "#api";
import { MANAGER_NAMESPACE, MANAGER_SERVICE_ACCOUNT } from "#devcluster";
import { answeredRequests, firstSecretReads, podDeletions } from "./audit.ts";
import { type Cluster, NAMESPACE } from "./cluster.ts";
import type { Evidence } from "./evidence.ts";
import type { CeremonyEvidence, PeerEvidence, RestartEvidence } from "./group-claims.ts";
import type { HaltedUpgrade } from "./halted-upgrade.ts";
import { type Keys, keyEvidence } from "./key-steps.ts";
import { nodeOf, podNameOf, podOf } from "./lookup.ts";
import { findRefusals } from "./refusals.ts";
import type { UpgradeEvidence } from "./upgrade-claims.ts";

/** What the story knows and no record tells. */
export interface Told {
  readonly chainId: string;
  /** The nodes that founded it, and those that joined it. */
  readonly founders: readonly string[];
  readonly members: readonly string[];
  readonly upgrades: readonly HaltedUpgrade[];
  /** The one of them that was a rollout. */
  readonly group: HaltedUpgrade;
  readonly image: string;
  /** The uid of each node's first pod. */
  readonly podsAtFirst: ReadonlyMap<string, string>;
  readonly keys: Keys;
  readonly restart: RestartEvidence;
}

export async function collectEvidence(cluster: Cluster, told: Told): Promise<Evidence> {
  const { simulator, manager, controlPlane } = cluster;
  const user = `system:serviceaccount:${MANAGER_NAMESPACE}:${MANAGER_SERVICE_ACCOUNT}`;
  const audit = controlPlane.auditLog === undefined ? "" : await readFile(controlPlane.auditLog, "utf8");
  const requests = answeredRequests(audit, user);
  const names = [...told.podsAtFirst.keys()];
  const upgraded = new Set(told.upgrades.flatMap(({ oldPods }) => [...oldPods.keys()]));
  return {
    upgrades: told.upgrades.flatMap((upgrade) => upgradeEvidence(cluster, upgrade, told.image)),
    deletions: podDeletions(requests, NAMESPACE),
    capacity: {
      halted: [...told.group.oldPods.keys()].map(podNameOf),
      mostDownAtOnce: told.group.down.mostAtOnce,
      everDown: told.group.down.ever,
    },
    ceremony: ceremonyEvidence(cluster, told),
    peers: peerEvidence(cluster, told),
    restart: told.restart,
    posts: new Map(names.map((name) => [name, simulator.node(NAMESPACE, name).postCounts])),
    keys: keyEvidence(cluster, told.keys, firstSecretReads(requests, NAMESPACE)),
    others: names
      .filter((name) => !upgraded.has(name))
      .map((node) => ({
        node,
        before: told.podsAtFirst.get(node) ?? "",
        after: podOf(cluster, node)?.metadata.uid ?? "",
      })),
    refusals: findRefusals({ log: await manager.log(), requests, sidecarOutcomes: [...simulator.requests] }),
    simulatorViolations: simulator.violations,
  };
}

function upgradeEvidence(
  cluster: Cluster,
  { timelines, oldPods }: HaltedUpgrade,
  wantedImage: string,
): UpgradeEvidence[] {
  const isSeid = ({ name }: { readonly name: string }) => name === "seid";
  return [...timelines].map(([node, { violations }]) => {
    const pod = podOf(cluster, node);
    return {
      node,
      pod: podNameOf(node),
      oldPodUid: oldPods.get(node) ?? "",
      newPodUid: pod?.metadata.uid ?? "",
      readinessViolations: violations,
      wantedImage,
      currentImage: nodeOf(cluster, node)?.status?.currentImage ?? "",
      podImage: pod?.spec?.containers.find(isSeid)?.image ?? "",
      podImageId: pod?.status?.containerStatuses?.find(isSeid)?.imageID ?? "",
    };
  });
}

function ceremonyEvidence({ simulator }: Cluster, { chainId, founders }: Told): CeremonyEvidence {
  return {
    chainId,
    assemblies: founders.flatMap((node) => {
      const simulated = simulator.node(NAMESPACE, node);
      const byId = Map.groupBy(simulated.posts(TaskTypes.assembleAndUploadGenesis), ({ id }) => id);
      return [...byId].map(([id, posts]) => ({
        node,
        posts: posts.length,
        executions: simulated.executionsOf(id),
      }));
    }),
    founders: founders.map((node) => {
      const { genesisChainId, genesisIsPlaceholder } = simulator.node(NAMESPACE, node).files;
      return { node, genesisOf: genesisIsPlaceholder ? "" : (genesisChainId ?? "") };
    }),
  };
}

function peerEvidence({ simulator }: Cluster, { founders, members }: Told): PeerEvidence {
  const ids = founders.map((node) => [node, simulator.node(NAMESPACE, node).nodeId] as const);
  return {
    wanted: founders,
    seekers: members.map((node) => {
      const peers = simulator.node(NAMESPACE, node).files.persistentPeers.split(",");
      const isThere = (id: string | undefined) =>
        id !== undefined && peers.some((peer) => peer.startsWith(`${id}@`));
      return { node, missing: ids.filter(([, id]) => !isThere(id)).map(([name]) => name) };
    }),
  };
}

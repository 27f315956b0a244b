/** The kinds this version of the controller can do. A kind that is not here fails closed: `UnsupportedKind`. */
import type { SeiNodeTaskSpec } from "#api";
import { awaitCondition } from "./await-condition.ts";
import { awaitNodesAtHeight } from "./await-nodes-at-height.ts";
import type { TaskKind } from "./contract.ts";
import { discoverPeers } from "./discover-peers.ts";
import { govSoftwareUpgrade } from "./gov-software-upgrade.ts";
import { govVote } from "./gov-vote.ts";
import { markReady } from "./mark-ready.ts";
import { restartSeid } from "./restart-seid.ts";
import { updateNodeImage } from "./update-node-image.ts";

export type { Outputs, TaskKind, TaskParams } from "./contract.ts";

const kinds: Readonly<Record<SeiNodeTaskSpec["kind"], TaskKind>> = {
  GovSoftwareUpgrade: govSoftwareUpgrade,
  GovVote: govVote,
  AwaitCondition: awaitCondition,
  UpdateNodeImage: updateNodeImage,
  AwaitNodesAtHeight: awaitNodesAtHeight,
  DiscoverPeers: discoverPeers,
  RestartSeid: restartSeid,
  MarkReady: markReady,
};

const byName: ReadonlyMap<string, TaskKind> = new Map(Object.entries(kinds));

/** `undefined` for a kind of a newer API than this controller. */
export function kindOf(name: string): TaskKind | undefined {
  return byName.get(name);
}

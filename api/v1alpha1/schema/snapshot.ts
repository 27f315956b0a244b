import { int32, int64, object, optional, presence, text } from "./builders.ts";
import { rules } from "./rules.ts";

export const snapshotSource = object(
  "How the node gets its first state: exactly one of s3, stateSync. Without a snapshot it syncs every block from genesis.",
  {
    s3: optional(
      object("Restore an archive from the platform's snapshot bucket.", {
        targetHeight: int64("Block height to reach after the restore.", { minimum: 1 }),
      }),
    ),
    stateSync: optional(
      presence("Fetch state from peers with Tendermint state sync. Write {} to select it."),
    ),
    trustPeriod: optional(
      text(
        "How long a header stays trusted by the light client, as a duration such as 168h0m0s. Default: seid's own.",
      ),
    ),
    backfillBlocks: optional(
      int64("Number of older blocks to fetch after the restore. Only a value above 0 has an effect."),
    ),
    bootstrapImage: optional(
      text(
        "seid image for a one-time Job that replays from the snapshot to s3.targetHeight before the node itself starts. Requires s3.",
      ),
    ),
  },
  rules("N1"),
);

export const snapshotGeneration = object("Snapshots this node makes for others. Set tendermint.", {
  tendermint: optional(
    object("Make state-sync snapshots every 2000 blocks.", {
      keepRecent: int32("Snapshots kept on disk. At least 2 when publish is set.", { minimum: 1 }),
      publish: optional(
        presence("Upload finished snapshots to the platform's bucket. Write {} to turn it on."),
      ),
    }),
  ),
});

export const resultExport = object("Compare what this node computes with another node. Set shadowResult.", {
  shadowResult: optional(
    object("Compare the result of each block with the canonical chain.", {
      canonicalRpc: text(
        "HTTP RPC URL of the node to compare with, for example http://canonical-rpc.sei.svc:26657.",
        {
          minLength: 1,
        },
      ),
    }),
  ),
});

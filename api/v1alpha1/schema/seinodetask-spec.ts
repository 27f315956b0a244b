import { seiNodePhases } from "../constants/phases.ts";
import { awaitActions, seiNodeTaskKinds, voteOptions } from "../constants/strategies.ts";
import { choice, int32, int64, object, optional, presence, text } from "./builders.ts";
import { DNS_LABEL, KEY_NAME } from "./patterns.ts";
import { rules } from "./rules.ts";

const keyName = text(
  "Keyring entry to sign with. Default: the one named in the node's validator.operatorKeyring, else validator.",
  { pattern: KEY_NAME },
);
const chainId = text("Chain ID the transaction is signed for. Must be the node's chain.", { minLength: 1 });
const memo = text("Memo of the transaction. The sidecar adds a tag to it that identifies this task.");
const fees = text("Fees in coin notation, usei only, for example 20000usei.", { minLength: 1 });
const gas = int64("Gas limit of the transaction.", { minimum: 1 });

const govSoftwareUpgrade = object("Payload of GovSoftwareUpgrade: propose an upgrade of the chain.", {
  chainId,
  keyName: optional(keyName),
  title: text("Title of the proposal.", { minLength: 1 }),
  description: text("Text of the proposal.", { minLength: 1 }),
  upgradeName: text("Name of the upgrade handler in the new binary.", { minLength: 1 }),
  upgradeHeight: int64("Block height at which the chain upgrades.", { minimum: 1 }),
  upgradeInfo: optional(text("Further information stored with the upgrade plan.")),
  initialDeposit: text("Deposit in coin notation, usei only, for example 10000000usei.", { minLength: 1 }),
  memo: optional(memo),
  fees,
  gas,
});

const govVote = object("Payload of GovVote: vote on a proposal. The last vote of an account counts.", {
  chainId,
  keyName: optional(keyName),
  proposalId: int64("Number of the proposal on chain.", { minimum: 1 }),
  option: choice("The vote. Quote yes and no in YAML.", voteOptions),
  memo: optional(memo),
  fees,
  gas,
});

const awaitCondition = object(
  "Payload of AwaitCondition: wait for something on the node, then act on it.",
  {
    height: optional(
      object("Wait until the node has reached a block height.", {
        targetHeight: int64("Block height to reach.", { minimum: 1 }),
      }),
    ),
    action: optional(
      choice("What to do once it is reached. SIGTERM_SEID stops seid. Default: nothing.", awaitActions),
    ),
  },
  rules("A1"),
);

const target = object("The SeiNode to work on.", {
  nodeRef: object("Reference to a SeiNode in the task's own namespace.", {
    name: text("Name of the SeiNode.", { minLength: 1, maxLength: 253, pattern: DNS_LABEL }),
  }),
  requirePhase: optional(choice("Phase the node must be in.", seiNodePhases, { default: "Running" })),
  requirePhaseTimeout: optional(
    text("How long to wait for that phase before the task fails, as a duration such as 5m.", {
      default: "5m",
    }),
  ),
});

export const seiNodeTaskSpec = object(
  "The operation to run once. Set the one payload that belongs to kind.",
  {
    kind: choice("The operation. Immutable.", seiNodeTaskKinds),
    target,
    timeoutSeconds: optional(
      int32(
        "How long the operation may take, in seconds, from when it starts. Absent or 0: 600 for RestartSeid, 120 for DiscoverPeers and MarkReady, no limit for the others.",
        { minimum: 0 },
      ),
    ),
    ttlSecondsAfterFinished: optional(
      int32(
        "How long the task is kept after it ended, in seconds; then the controller deletes it. May be changed at any time. Absent: it is kept until somebody deletes it.",
        { minimum: 0 },
      ),
    ),
    govSoftwareUpgrade: optional(govSoftwareUpgrade),
    govVote: optional(govVote),
    awaitCondition: optional(awaitCondition),
    updateNodeImage: optional(
      object(
        "Payload of UpdateNodeImage: move the node to another seid image and wait until it runs there.",
        {
          image: text("The new seid image.", { minLength: 1, maxLength: 512 }),
        },
      ),
    ),
    awaitNodesAtHeight: optional(
      object("Payload of AwaitNodesAtHeight: wait until the node has reached a block height.", {
        targetHeight: int64("Block height to reach.", { minimum: 1 }),
      }),
    ),
    discoverPeers: optional(
      presence(
        "Payload of DiscoverPeers: look up the node's peers again and write them to its configuration. Write {}.",
      ),
    ),
    restartSeid: optional(
      presence(
        "Payload of RestartSeid: restart seid inside its pod and wait until its RPC answers. Write {}.",
      ),
    ),
    markReady: optional(
      presence("Payload of MarkReady: let seid start once its data is prepared. Write {}."),
    ),
  },
  rules("T1", "T2", "T3", "T4", "T5", "T6", "T7", "T8", "T9", "T10"),
);

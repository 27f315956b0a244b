import { deletionPolicies, updateStrategyTypes } from "../constants/strategies.ts";
import {
  choice,
  flag,
  int32,
  int64,
  intOrPercent,
  jsonMap,
  list,
  object,
  optional,
  presence,
  stringMap,
  text,
} from "./builders.ts";
import { DNS_LABEL } from "./patterns.ts";
import { rules } from "./rules.ts";
import { seiNodeSpec } from "./seinode-spec.ts";

export const seiNodeTemplate = object(
  "What each SeiNode looks like. Of an edit only image, sidecar, peers, labels and annotations reach the nodes that are there; the rest, overrides among it, is for new ones.",
  {
    metadata: optional(
      object("Labels and annotations of each SeiNode. Other metadata is dropped.", {
        labels: optional(
          stringMap("Labels for each SeiNode and its pod. Labels of the operator itself win."),
        ),
        annotations: optional(stringMap("Annotations for each SeiNode.")),
      }),
    ),
    spec: seiNodeSpec,
  },
);

export const genesisConfig = object(
  "Start a new chain with these nodes as its validators. Needs a validator template. Immutable once set.",
  {
    chainId: text("Chain ID of the new chain. Keep it equal to template.spec.chainId.", {
      minLength: 1,
      maxLength: 64,
      pattern: DNS_LABEL,
    }),
    stakingAmount: optional(
      text("Self-delegation of each validator in coin notation.", { default: "10000000usei" }),
    ),
    accountBalance: optional(
      text("Initial balance of each validator's account in coin notation.", {
        default: "1000000000000000000000usei,1000000000000000000000uusdc,1000000000000000000000uatom",
      }),
    ),
    accounts: optional(
      list(
        "Further accounts that exist from the first block on.",
        object("One account.", {
          address: text("Bech32 address with the prefix sei.", { minLength: 1 }),
          balance: text("Initial balance in coin notation.", { minLength: 1 }),
        }),
      ),
    ),
    overrides: optional(
      jsonMap(
        "Values to set in the genesis file, by dotted path below app_state, for example gov.voting_params.voting_period: 60s.",
      ),
    ),
    maxCeremonyDuration: optional(text("How long the ceremony may take, as a duration such as 15m.")),
  },
);

export const networkingConfig = object(
  "How the nodes are reached from outside. Absent: they are private. Empty means http.",
  {
    http: optional(
      presence("Serve RPC, REST, gRPC and EVM through the platform's Gateway. Write {} to turn it on."),
    ),
    tcp: optional(presence("Give each node a load balancer of its own for P2P. Write {} to turn it on.")),
  },
);

export const updateStrategy = object(
  "How a change of the template's image reaches the nodes.",
  {
    type: choice(
      "InPlace replaces the pods of the nodes that are there. BlueGreen brings up a second set of nodes and moves traffic once they caught up. HardFork does that at a block height.",
      updateStrategyTypes,
    ),
    inPlace: optional(
      object("Settings of InPlace.", {
        maxUnavailable: optional(
          intOrPercent(
            "How many nodes may be out of service at once because of the rollout: a number, or a share of the nodes such as 25%, rounded down, at least one. 100% moves all at once. Nodes that are not Ready when their turn comes do not count. Default: 1 for validators, 25% for other nodes.",
          ),
        ),
      }),
    ),
    hardFork: optional(
      object("Settings of HardFork, which requires them.", {
        haltHeight: int64("Block height at which the old nodes are stopped.", { minimum: 1 }),
      }),
    ),
  },
  rules("U1"),
);

export const seiNodeDeploymentSpec = object(
  "The group of nodes you want.",
  {
    replicas: int32("Number of SeiNodes, named <name>-0, <name>-1 and so on.", {
      default: 1,
      minimum: 1,
      maximum: 100,
    }),
    template: seiNodeTemplate,
    deletionPolicy: optional(
      choice(
        "What happens to the nodes and their networking when this object is deleted: Delete them, or Retain them without an owner.",
        deletionPolicies,
        {
          default: "Delete",
        },
      ),
    ),
    genesis: optional(genesisConfig),
    networking: optional(networkingConfig),
    updateStrategy,
    paused: optional(
      flag("Stop rollouts and pause every node, which scales each to zero, until this is false again."),
    ),
  },
  rules("G1", "G2", "G3", "U2", "U3", "U4"),
);

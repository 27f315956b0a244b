import { seiNodeDeploymentPhases, seiNodePhases } from "../constants/phases.ts";
import { updateStrategyTypes } from "../constants/strategies.ts";
import { choice, flag, int32, int64, list, listByKey, object, optional, text, time } from "./builders.ts";
import { conditions } from "./conditions.ts";
import { taskPlan } from "./task-plan.ts";

const rolloutNode = object("How far the rollout got with one node.", {
  name: text("Name of the SeiNode."),
  ready: optional(flag("Whether the node is Running and known to run the images of the rollout.")),
  phase: optional(choice("Phase of the SeiNode.", seiNodePhases)),
  wave: optional(
    int32(
      "Which wave moves the node: 0 for nodes that were not Ready anyway and so cost no capacity, then 1, 2 and so on. Absent: its turn has not come.",
      { minimum: 0 },
    ),
  ),
});

export const rolloutStatus = object("The rollout that is going on. Absent when there is none.", {
  targetHash: text("Hash of the template that is being rolled out."),
  startedAt: time("When the change was seen. A newer change starts the clock again."),
  strategy: optional(choice("The update strategy of this rollout.", updateStrategyTypes)),
  nodes: optional(listByKey("The nodes of this rollout, by ordinal.", "name", rolloutNode)),
  incumbentNodes: optional(list("Nodes that were there when the rollout began.", text("SeiNode name."))),
  entrantNodes: optional(
    list("Nodes this rollout brings up beside them. BlueGreen and HardFork only.", text("SeiNode name.")),
  ),
  incumbentRevision: optional(text("Value of the label sei.io/revision that traffic goes to.")),
  entrantRevision: optional(text("Value of the label sei.io/revision on the new nodes.")),
});

const networkingStatus = object("How the nodes are reached from outside. Absent when they are private.", {
  routes: optional(
    list(
      "Published host names, in the order evm, rpc, rest, grpc.",
      object("One host name.", {
        hostname: text("DNS name."),
        protocol: optional(text("What is served there: evm, rpc, rest or grpc.")),
      }),
    ),
  ),
  p2pEndpoints: optional(
    listByKey(
      "P2P address of each node.",
      "ordinal",
      object("The address of one node.", {
        ordinal: int32("Index of the node, from 0."),
        seiNodeName: text("Name of the SeiNode."),
        hostname: text("Public address as host:port."),
      }),
    ),
  ),
});

const internalService = object("The Service inside the cluster that spreads over all nodes.", {
  name: text("Name of the Service."),
  namespace: text("Namespace of the Service."),
  ports: object("Its ports.", {
    rpc: int32("Tendermint RPC."),
    evmHttp: int32("EVM JSON-RPC over HTTP."),
    rest: int32("Cosmos REST."),
  }),
});

const perPodService = object("The Service of one node.", {
  name: text("Name of the Service, the same as the SeiNode's."),
  namespace: text("Namespace of the Service."),
  ports: object("The ports to use for a connection that must stay on one node.", {
    evmHttp: int32("EVM JSON-RPC over HTTP."),
    evmWs: int32("EVM JSON-RPC over WebSocket."),
  }),
});

const endpoints = object("Ready-made URLs inside the cluster.", {
  tendermintRpc: optional(text("Tendermint RPC of any node.")),
  tendermintRest: optional(text("Cosmos REST of any node.")),
  nodes: optional(
    listByKey(
      "URLs of each node.",
      "name",
      object("URLs of one node.", {
        name: text("Name of the SeiNode.", { minLength: 1 }),
        evmJsonRpc: optional(text("EVM JSON-RPC over HTTP.")),
        evmWs: optional(text("EVM JSON-RPC over WebSocket.")),
      }),
    ),
  ),
});

export const seiNodeDeploymentStatus = object(
  "What the controller last saw. Written by the controller only.",
  {
    observedGeneration: optional(
      int64(
        "The metadata.generation that was last processed. Held back while a plan or a rollout is going on.",
      ),
    ),
    templateHash: optional(
      text("Hash of the template the nodes are on. Held back while a rollout is going on."),
    ),
    phase: optional(choice("State of the group as a whole.", seiNodeDeploymentPhases)),
    replicas: optional(int32("Number of nodes asked for.")),
    readyReplicas: optional(int32("Number of nodes in phase Running.")),
    nodes: optional(
      listByKey(
        "The nodes of this group.",
        "name",
        object("One node.", {
          name: text("Name of the SeiNode."),
          phase: optional(choice("Phase of the SeiNode.", seiNodePhases)),
        }),
      ),
    ),
    plan: optional(taskPlan),
    genesisHash: optional(text("SHA-256 of the genesis file, hexadecimal.")),
    genesisS3URI: optional(text("Where the genesis file is kept.")),
    incumbentNodes: optional(list("Names of the nodes of this group.", text("SeiNode name."))),
    rollout: optional(rolloutStatus),
    networkingStatus: optional(networkingStatus),
    internalService: optional(internalService),
    perPodServices: optional(listByKey("The Service of each node, by ordinal.", "name", perPodService)),
    endpoints: optional(endpoints),
    conditions: optional(conditions),
  },
);

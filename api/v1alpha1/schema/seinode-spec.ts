import { flag, list, object, optional, stringMap, text } from "./builders.ts";
import { DNS_LABEL } from "./patterns.ts";
import { peerSource } from "./peer-source.ts";
import { immutable, rules } from "./rules.ts";
import { sidecarConfig } from "./sidecar.ts";
import { resultExport, snapshotGeneration, snapshotSource } from "./snapshot.ts";
import { validatorSpec } from "./validator.ts";

const dataVolume = object(
  "Where the chain data lives. Default: a new volume of the platform's class and size for the mode.",
  {
    import: optional(
      object("Use a PersistentVolumeClaim that exists already. It is never deleted with the node.", {
        pvcName: text(
          "PersistentVolumeClaim in the node's namespace. It must be Bound, ReadWriteOnce, and no smaller than a new volume would be. Immutable.",
          { minLength: 1, maxLength: 253, pattern: DNS_LABEL, ...rules(immutable("pvcName")) },
        ),
      }),
    ),
  },
  rules("D1"),
);

export const seiNodeSpec = object(
  "The node you want. Set exactly one mode: fullNode, archive, replayer, validator.",
  {
    chainId: text(
      "Chain to join, for example pacific-1. Also a label value and part of DNS names, so keep it within 63 characters. Do not change it on a live node.",
      { minLength: 1, pattern: DNS_LABEL },
    ),
    image: text("seid image. A change moves the node to the new image even when its pod is not Ready.", {
      minLength: 1,
      maxLength: 512,
    }),
    peers: optional(
      list(
        "Where to find peers. All sources together make the list; a replayer needs at least one.",
        peerSource,
      ),
    ),
    overrides: optional(
      stringMap(
        'Configuration values that win over the controller\'s own, by dotted sei-config key, for example evm.http_port: "8545". Applied when the node is initialised.',
      ),
    ),
    sidecar: optional(sidecarConfig),
    podLabels: optional(
      stringMap("Extra labels for the pod and the objects around it. Labels of the operator itself win."),
    ),
    dataVolume: optional(dataVolume),
    fullNode: optional(
      object("Follow the chain and serve RPC.", {
        snapshot: optional(snapshotSource),
        snapshotGeneration: optional(snapshotGeneration),
      }),
    ),
    archive: optional(
      object("Keep the full history of the chain. Starts from genesis or from an imported volume.", {
        snapshotGeneration: optional(snapshotGeneration),
      }),
    ),
    replayer: optional(
      object(
        "Replay blocks from a snapshot, for example to test a build against real traffic. Needs peers and snapshot.s3.",
        {
          snapshot: snapshotSource,
          resultExport: optional(resultExport),
        },
      ),
    ),
    validator: optional(validatorSpec),
    externalAddress: optional(
      text(
        "Address peers outside the cluster reach this node at, host:port. A SeiNodeDeployment sets it on its nodes.",
      ),
    ),
    paused: optional(
      flag("Scale the node to zero and leave everything else alone until this is false again. Data is kept."),
    ),
  },
  rules("S1", "S2"),
);

import { fullNode, keyedValidator, long, replayer, seiNode, validator } from "./drafts.ts";
import { ABSENT, type FieldCases, field } from "./field-case.ts";

const notADnsLabel = ["", "Pacific", "-a", "a-", "a.b", "a_b"];
const secretName = (path: string) =>
  field(path, ["a", "0-9", long(253)], [ABSENT, ...notADnsLabel, long(254)]);
const nonEmpty = (path: string) => field(path, ["x", "Any Text."], [ABSENT, "", 1]);
const positive = (path: string) => field(path, [1, 9007199254740991], [ABSENT, 0, -1, "1", 1.5]);
const presence = (path: string) => field(path, [{}, ABSENT], ["yes", true]);

export const seiNodeFieldCases: readonly FieldCases[] = [
  {
    situation: "a full node",
    base: fullNode({ sidecar: { resources: { claims: [{ name: "a" }] } } }),
    fields: [
      field("spec.chainId", ["a", "pacific-1", long(200)], [ABSENT, ...notADnsLabel, 7]),
      field("spec.image", ["x", long(512)], [ABSENT, "", long(513)]),
      field("spec.peers", [ABSENT, []], [{}, ["id@host:26656"]]),
      field("spec.overrides", [ABSENT, {}, { "evm.http_port": "8545" }], [{ "evm.http_port": 8545 }, []]),
      field("spec.podLabels", [ABSENT, {}, { team: "a" }], [{ team: 1 }]),
      field("spec.externalAddress", [ABSENT, "", "host:1"], [1]),
      field("spec.paused", [ABSENT, true, false], ["true"]),
      field("spec.dataVolume", [ABSENT, {}], ["a"]),
      field("spec.sidecar", [ABSENT, { port: 1 }], ["image:v1"]),
      field("spec.sidecar.image", [ABSENT, "", "image:v1"], [1]),
      field("spec.sidecar.port", [ABSENT, 7777, 0, 2147483647], ["7777", 1.5, 2147483648]),
      field(
        "spec.sidecar.resources.limits",
        [{}, { cpu: 1, memory: "1.5Gi", x: "1e3" }],
        [{ cpu: "a lot" }, { cpu: true }],
      ),
      field("spec.sidecar.resources.requests", [{ cpu: "100m" }], [{ cpu: "100 m" }, { memory: "1GiB" }]),
      field(
        "spec.sidecar.resources.claims",
        [[], [{ name: "a", request: "r" }, { name: "b" }]],
        [[{ name: "a" }, { name: "a" }]],
      ),
      field("spec.sidecar.resources.claims[0].name", ["b"], [ABSENT, 1]),
    ],
  },
  {
    situation: "peers",
    base: fullNode({
      peers: [
        { ec2Tags: { region: "eu-central-1", tags: { a: "b" } } },
        { static: { addresses: ["id@host:1"] } },
        { label: { selector: { a: "b" } } },
      ],
    }),
    fields: [
      nonEmpty("spec.peers[0].ec2Tags.region"),
      field("spec.peers[0].ec2Tags.tags", [{ a: "" }], [ABSENT, {}, { a: 1 }]),
      field("spec.peers[1].static.addresses", [["a"], ["not checked", ""]], [ABSENT, [], [1]]),
      field("spec.peers[2].label.selector", [{ a: "b", c: "d" }], [ABSENT, {}, { a: 1 }]),
      field("spec.peers[2].label.namespace", [ABSENT, "", "other"], [1]),
    ],
  },
  {
    situation: "a snapshot restored from S3",
    base: fullNode({ fullNode: { snapshot: { s3: { targetHeight: 1 } } } }),
    fields: [
      positive("spec.fullNode.snapshot.s3.targetHeight"),
      field("spec.fullNode.snapshot.trustPeriod", [ABSENT, "168h0m0s", "anything"], [168]),
      field("spec.fullNode.snapshot.backfillBlocks", [ABSENT, 0, -1, 1000], ["1000"]),
      field("spec.fullNode.snapshot.bootstrapImage", [ABSENT, "", "seid:v0"], [1]),
    ],
  },
  {
    situation: "state sync",
    base: fullNode({ fullNode: { snapshot: { stateSync: {} } } }),
    fields: [field("spec.fullNode.snapshot.stateSync", [{}], ["yes"])],
  },
  {
    situation: "a full node that makes snapshots",
    base: fullNode({ fullNode: { snapshotGeneration: { tendermint: { keepRecent: 1 } } } }),
    fields: [
      field("spec.fullNode.snapshotGeneration.tendermint", [ABSENT, { keepRecent: 1 }], [{}]),
      field(
        "spec.fullNode.snapshotGeneration.tendermint.keepRecent",
        [1, 2147483647],
        [ABSENT, 0, "1", 2147483648],
      ),
      presence("spec.fullNode.snapshotGeneration.tendermint.publish"),
    ],
  },
  {
    situation: "an archive that makes snapshots",
    base: seiNode({ archive: { snapshotGeneration: { tendermint: { keepRecent: 1 } } } }),
    fields: [
      field("spec.archive.snapshotGeneration.tendermint.keepRecent", [1, 2], [ABSENT, 0, "1"]),
      presence("spec.archive.snapshotGeneration.tendermint.publish"),
    ],
  },
  {
    situation: "a replayer",
    base: replayer({
      replayer: {
        snapshot: { s3: { targetHeight: 1 } },
        resultExport: { shadowResult: { canonicalRpc: "http://a" } },
      },
    }),
    fields: [
      field("spec.replayer.snapshot", [{ stateSync: {} }], [ABSENT, "s3"]),
      positive("spec.replayer.snapshot.s3.targetHeight"),
      field("spec.replayer.resultExport", [ABSENT, {}], ["a"]),
      nonEmpty("spec.replayer.resultExport.shadowResult.canonicalRpc"),
    ],
  },
  {
    situation: "a genesis validator",
    base: validator({
      snapshot: { s3: { targetHeight: 1 } },
      genesisCeremony: { chainId: "a", stakingAmount: "1usei", accountBalance: "1usei", index: 0 },
    }),
    fields: [
      positive("spec.validator.snapshot.s3.targetHeight"),
      nonEmpty("spec.validator.genesisCeremony.chainId"),
      nonEmpty("spec.validator.genesisCeremony.stakingAmount"),
      nonEmpty("spec.validator.genesisCeremony.accountBalance"),
      field("spec.validator.genesisCeremony.index", [0, 2147483647], [ABSENT, -1, "0", 2147483648]),
    ],
  },
  {
    situation: "a validator with its own keys",
    base: keyedValidator(),
    fields: [
      secretName("spec.validator.signingKey.secret.secretName"),
      secretName("spec.validator.nodeKey.secret.secretName"),
      secretName("spec.validator.operatorKeyring.secret.secretName"),
      field(
        "spec.validator.operatorKeyring.secret.keyName",
        [ABSENT, "A_z-9", long(64)],
        ["", "a b", "a.b", long(65)],
      ),
      field(
        "spec.validator.operatorKeyring.secret.passphraseSecretRef",
        [{ secretName: "x", key: "y" }],
        [ABSENT],
      ),
      secretName("spec.validator.operatorKeyring.secret.passphraseSecretRef.secretName"),
      field(
        "spec.validator.operatorKeyring.secret.passphraseSecretRef.key",
        ["Any thing.", long(253)],
        [ABSENT, "", long(254)],
      ),
    ],
  },
  {
    situation: "an imported volume",
    base: fullNode({ dataVolume: { import: { pvcName: "a" } } }),
    fields: [secretName("spec.dataVolume.import.pvcName")],
  },
];

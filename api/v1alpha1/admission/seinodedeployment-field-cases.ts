import { deployment, genesis, long, validator } from "./drafts.ts";
import { ABSENT, type FieldCases, field } from "./field-case.ts";

export const seiNodeDeploymentFieldCases: readonly FieldCases[] = [
  {
    situation: "a deployment",
    base: deployment({ networking: {} }),
    fields: [
      field("spec.replicas", [ABSENT, 1, 100], [0, 101, -1, "1", 1.5]),
      field("spec.template", [], [ABSENT, {}]),
      field("spec.template.spec", [validator().spec], [ABSENT]),
      field("spec.template.spec.image", ["x", long(512)], [ABSENT, "", long(513)]),
      field("spec.deletionPolicy", [ABSENT, "Delete", "Retain"], ["", "Orphan", "delete"]),
      field("spec.networking", [ABSENT, {}, { http: {} }, { tcp: {} }, { http: {}, tcp: {} }], ["http"]),
      field("spec.networking.http", [{}], [true]),
      field("spec.networking.tcp", [{}], [true]),
      field("spec.paused", [ABSENT, true, false], ["true"]),
      field("spec.updateStrategy", [{ type: "BlueGreen" }], [ABSENT, {}, "InPlace"]),
      field("spec.updateStrategy.type", ["InPlace", "BlueGreen"], [ABSENT, "", "RollingUpdate", "inplace"]),
    ],
  },
  {
    situation: "template metadata",
    base: deployment({ template: { metadata: {}, spec: validator().spec } }),
    fields: [
      field("spec.template.metadata.labels", [ABSENT, {}, { a: "b" }], [{ a: 1 }]),
      field("spec.template.metadata.annotations", [ABSENT, {}, { a: "b" }], [{ a: 1 }]),
    ],
  },
  {
    situation: "an InPlace rollout",
    base: deployment({ updateStrategy: { type: "InPlace", inPlace: {} } }),
    fields: [
      field(
        "spec.updateStrategy.inPlace.maxUnavailable",
        [ABSENT, 1, 100, "1%", "25%", "100%"],
        [0, -1, 1.5, true, "0%", "101%", "25", "", "a%"],
      ),
    ],
  },
  {
    situation: "a hard fork",
    base: deployment({ updateStrategy: { type: "HardFork", hardFork: { haltHeight: 1 } } }),
    fields: [field("spec.updateStrategy.hardFork.haltHeight", [1, 9007199254740991], [ABSENT, 0, -1, "1"])],
  },
  {
    situation: "a genesis ceremony",
    base: genesis({ accounts: [{ address: "sei1a", balance: "1usei" }] }),
    fields: [
      field(
        "spec.genesis.chainId",
        ["a", "devnet-7", long(64)],
        [ABSENT, "", "Devnet", "a-", "a.b", long(65)],
      ),
      field("spec.genesis.stakingAmount", [ABSENT, "", "1usei"], [1]),
      field("spec.genesis.accountBalance", [ABSENT, "", "1usei,2uatom"], [1]),
      field("spec.genesis.accounts", [ABSENT, []], [{}]),
      field("spec.genesis.accounts[0].address", ["x"], [ABSENT, ""]),
      field("spec.genesis.accounts[0].balance", ["x"], [ABSENT, ""]),
      field("spec.genesis.overrides", [ABSENT, {}, { a: 1, b: "s", c: [true], d: { e: {} } }], [[]]),
      field("spec.genesis.maxCeremonyDuration", [ABSENT, "15m", "anything"], [15]),
    ],
  },
];

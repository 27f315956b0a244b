/**
 * Every CEL rule of the API, by the id it has in the contract (spec/api.md). `admission.test.ts` holds an accepted and a
 * rejected manifest for each id, and fails when one is missing.
 *
 * Changing an expression changes what clusters accept: the expressions are the contract, word for word. The messages are
 * ours, but clients look for parts of them: "spec.genesis is immutable", "must have replicas: 1", "haltHeight > 0",
 * "exactly one of", "spec.<payload> is required when kind=<Kind>", "spec.kind is immutable", and the message of A1.
 * Selecting an absent field is an error in CEL and rejects the object, hence the `has()` before each selection.
 */

export interface CelRule {
  readonly rule: string;
  readonly message: string;
}

const countPresent = (...fields: readonly string[]): string =>
  fields.map((field) => `(has(self.${field}) ? 1 : 0)`).join(" + ");

const exactlyOneOf = (...fields: readonly string[]): string => `${countPresent(...fields)} == 1`;

const payloads = [
  "govSoftwareUpgrade",
  "govVote",
  "awaitCondition",
  "updateNodeImage",
  "awaitNodesAtHeight",
  "discoverPeers",
  "restartSeid",
  "markReady",
] as const;

function payloadRule(kind: string, payload: (typeof payloads)[number]): CelRule {
  return {
    rule: `self.kind != '${kind}' || has(self.${payload})`,
    message: `spec.${payload} is required when kind=${kind}`,
  };
}

const signing = "self.signingKey.secret.secretName";
const node = "self.nodeKey.secret.secretName";
const keyring = "self.operatorKeyring.secret.secretName";
const passphrase = "self.operatorKeyring.secret.passphraseSecretRef.secretName";
const noSigningKey = "!has(self.signingKey)";
const noNodeKey = "!has(self.nodeKey)";
const noKeyring = "!has(self.operatorKeyring)";

export const celRules = {
  // SeiNode spec
  S1: {
    rule: exactlyOneOf("fullNode", "archive", "replayer", "validator"),
    message: "exactly one of fullNode, archive, replayer, validator must be set",
  },
  S2: {
    rule: "!has(self.replayer) || (has(self.peers) && size(self.peers) > 0)",
    message: "replayer requires non-empty peers: add at least one entry to spec.peers",
  },
  D1: {
    rule: "(!has(oldSelf.import) || has(self.import))",
    message: "dataVolume.import cannot be unset once set: recreate the SeiNode to leave an imported volume",
  },
  K1: {
    rule: exactlyOneOf("secret"),
    message: "exactly one source must be set in signingKey (currently: secret)",
  },
  K2: {
    rule: exactlyOneOf("secret"),
    message: "exactly one source must be set in nodeKey (currently: secret)",
  },
  V1: {
    rule: "has(self.signingKey) == has(self.nodeKey)",
    message: "signingKey and nodeKey go together: set both or neither",
  },
  V2: {
    rule: `${noSigningKey} || ${noNodeKey} || ${signing} != ${node}`,
    message: "signingKey and nodeKey must reference distinct Secrets",
  },
  V3: {
    rule: `${noKeyring} || ${noSigningKey} || ${keyring} != ${signing}`,
    message: "operatorKeyring Secret must differ from signingKey Secret",
  },
  V4: {
    rule: `${noKeyring} || ${noNodeKey} || ${keyring} != ${node}`,
    message: "operatorKeyring Secret must differ from nodeKey Secret",
  },
  V5: {
    rule: `${noKeyring} || ${keyring} != ${passphrase}`,
    message: "operatorKeyring Secret must differ from its passphrase Secret",
  },
  V6: {
    rule: `${noKeyring} || ${noSigningKey} || ${passphrase} != ${signing}`,
    message: "operatorKeyring passphrase Secret must differ from signingKey Secret",
  },
  V7: {
    rule: `${noKeyring} || ${noNodeKey} || ${passphrase} != ${node}`,
    message: "operatorKeyring passphrase Secret must differ from nodeKey Secret",
  },
  P1: {
    rule: exactlyOneOf("ec2Tags", "static", "label"),
    message: "exactly one of ec2Tags, static, label must be set in each peer source",
  },
  N1: {
    rule: exactlyOneOf("s3", "stateSync"),
    message: "exactly one of s3, stateSync must be set in snapshot",
  },

  // SeiNodeDeployment spec
  G1: {
    rule: "!has(self.genesis) || has(self.template.spec.validator)",
    message: "genesis requires template.spec.validator: only validators take part in a genesis ceremony",
  },
  G2: {
    rule: "!has(oldSelf.genesis) || (has(self.genesis) && self.genesis == oldSelf.genesis)",
    message: "spec.genesis is immutable once set",
  },
  G3: {
    rule: "!has(self.template.spec.validator) || !has(self.template.spec.validator.signingKey) || self.replicas == 1",
    message:
      "a SeiNodeDeployment whose template sets validator.signingKey must have replicas: 1, or two nodes would sign with one key",
  },
  U1: {
    rule: "self.type != 'HardFork' || (has(self.hardFork) && self.hardFork.haltHeight > 0)",
    message: "type HardFork requires hardFork with haltHeight > 0",
  },

  // With a second set of nodes beside the first. Written for an updateStrategy that is always there: the field is required.
  U2: {
    rule: "self.updateStrategy.type == 'InPlace' || !has(self.template.spec.validator) || !has(self.template.spec.validator.signingKey)",
    message: "updateStrategy must be InPlace with validator.signingKey, or two nodes would sign with one key",
  },
  U3: {
    rule: "self.updateStrategy.type == 'InPlace' || !has(self.genesis)",
    message: "updateStrategy must be InPlace with genesis: other nodes would not be in its validator set",
  },
  U4: {
    rule: "self.updateStrategy.type == 'InPlace' || !has(self.template.spec.dataVolume) || !has(self.template.spec.dataVolume.import)",
    message: "updateStrategy must be InPlace with dataVolume.import, or two nodes would write one volume",
  },

  // SeiNodeTask spec
  T1: {
    rule: exactlyOneOf(...payloads),
    message: `exactly one of ${payloads.join(", ")} must be set`,
  },
  T2: payloadRule("GovSoftwareUpgrade", "govSoftwareUpgrade"),
  T3: payloadRule("GovVote", "govVote"),
  T4: payloadRule("AwaitCondition", "awaitCondition"),
  T5: payloadRule("UpdateNodeImage", "updateNodeImage"),
  T6: payloadRule("AwaitNodesAtHeight", "awaitNodesAtHeight"),
  T7: payloadRule("DiscoverPeers", "discoverPeers"),
  T8: payloadRule("RestartSeid", "restartSeid"),
  T9: payloadRule("MarkReady", "markReady"),
  T10: {
    rule: "self.kind == oldSelf.kind",
    message: "spec.kind is immutable: create another SeiNodeTask",
  },
  A1: {
    rule: exactlyOneOf("height"),
    message: "exactly one condition must be set (currently: height)",
  },
} satisfies Record<string, CelRule>;

export type CelRuleId = keyof typeof celRules;

/** On a leaf. Evaluated only when the leaf is there before and after, so it does not keep a parent from going away. */
export const immutable = (field: string): CelRule => ({
  rule: "self == oldSelf",
  message: `${field} is immutable`,
});

/** To be spread into the options of a schema. Rules are reported in this order. */
export function rules(...chosen: readonly (CelRuleId | CelRule)[]) {
  return {
    "x-kubernetes-validations": chosen.map((entry) => {
      const { message, rule } = typeof entry === "string" ? celRules[entry] : entry;
      return { message, rule };
    }),
  };
}

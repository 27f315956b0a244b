import type { CelRuleId } from "../schema/rules.ts";
import {
  archive,
  deployment,
  fullNode,
  type Json,
  keyedValidator,
  keyring,
  peer,
  replayer,
  secret,
  seiNode,
  validator,
} from "./drafts.ts";
import type { RuleCases } from "./rule-case.ts";

const modes: Readonly<Record<string, Json>> = {
  fullNode: { fullNode: {} },
  archive: { archive: {} },
  replayer: { peers: [peer], replayer: { snapshot: { stateSync: {} } } },
  validator: { validator: {} },
};
const names = Object.keys(modes);
const pairs = names.flatMap((first, index) =>
  names.slice(index + 1).map((second) => [first, second] as const),
);

const imported = (pvcName: string) => fullNode({ dataVolume: { import: { pvcName } } });
const withSnapshot = (snapshot: Json) => fullNode({ fullNode: { snapshot } });
const withPeers = (...peers: Json[]) => fullNode({ peers });
const ec2Tags = { region: "eu-central-1", tags: { a: "b" } };
const label = { selector: { a: "b" } };

export const seiNodeRuleCases = {
  S1: {
    accepts: names.map((mode) => ({ situation: `only ${mode}`, to: seiNode(modes[mode] ?? {}) })),
    rejects: [
      { situation: "no mode", to: seiNode({}) },
      ...pairs.map(([first, second]) => ({
        situation: `${first} and ${second}`,
        to: seiNode({ ...modes[first], ...modes[second] }),
      })),
      {
        situation: "a second mode added by an update",
        from: fullNode(),
        to: fullNode({ archive: {} }),
      },
      { situation: "no mode in a deployment's template", to: deployment({}, seiNode({})) },
    ],
  },
  S2: {
    accepts: [
      { situation: "a replayer with one peer source", to: replayer() },
      { situation: "a full node without peers", to: fullNode() },
      { situation: "a full node with an empty peer list", to: fullNode({ peers: [] }) },
    ],
    rejects: [
      { situation: "a replayer without peers", to: seiNode({ replayer: { snapshot: { stateSync: {} } } }) },
      { situation: "a replayer with an empty peer list", to: replayer({ peers: [] }) },
    ],
  },
  D1: {
    accepts: [
      { situation: "the import stays", from: imported("claim"), to: imported("claim") },
      { situation: "an import is added", from: fullNode({ dataVolume: {} }), to: imported("claim") },
      { situation: "the whole dataVolume goes away", from: imported("claim"), to: fullNode() },
    ],
    rejects: [
      {
        situation: "the import goes away while dataVolume stays",
        from: imported("claim"),
        to: fullNode({ dataVolume: {} }),
      },
    ],
  },
  K1: {
    accepts: [{ situation: "a Secret as the source of the signing key", to: keyedValidator() }],
    rejects: [
      {
        situation: "a signing key without a source",
        to: validator({ signingKey: {}, nodeKey: secret("node") }),
        // V2 selects the absent Secret, and an evaluation error rejects.
        also: ["V2"],
      },
    ],
  },
  K2: {
    accepts: [{ situation: "a Secret as the source of the node key", to: keyedValidator() }],
    rejects: [
      {
        situation: "a node key without a source",
        to: validator({ signingKey: secret("signing"), nodeKey: {} }),
        also: ["V2"],
      },
    ],
  },
  V1: {
    accepts: [
      { situation: "both keys", to: validator({ signingKey: secret("a"), nodeKey: secret("b") }) },
      { situation: "neither key", to: validator() },
    ],
    rejects: [
      { situation: "a signing key alone", to: validator({ signingKey: secret("a") }) },
      { situation: "a node key alone", to: validator({ nodeKey: secret("a") }) },
      {
        situation: "the node key dropped by an update",
        from: validator({ signingKey: secret("a"), nodeKey: secret("b") }),
        to: validator({ signingKey: secret("a") }),
      },
    ],
  },
  V2: {
    accepts: [{ situation: "two Secrets for two keys", to: keyedValidator() }],
    rejects: [{ situation: "one Secret for both keys", to: keyedValidator({ signing: "one", node: "one" }) }],
  },
  V3: {
    accepts: [
      { situation: "a keyring without keys", to: validator({ operatorKeyring: keyring("a", "b") }) },
      {
        situation: "keys without a keyring",
        to: validator({ signingKey: secret("a"), nodeKey: secret("b") }),
      },
    ],
    rejects: [
      {
        situation: "keyring in the signing key's Secret",
        to: keyedValidator({ signing: "one", keyring: "one" }),
      },
    ],
  },
  V4: {
    accepts: [{ situation: "keyring in a Secret of its own", to: keyedValidator() }],
    rejects: [
      { situation: "keyring in the node key's Secret", to: keyedValidator({ node: "one", keyring: "one" }) },
    ],
  },
  V5: {
    accepts: [
      { situation: "keyring and passphrase apart", to: validator({ operatorKeyring: keyring("a", "b") }) },
    ],
    rejects: [
      {
        situation: "keyring and passphrase together",
        to: keyedValidator({ keyring: "one", passphrase: "one" }),
      },
      { situation: "an empty operatorKeyring", to: validator({ operatorKeyring: {} }) },
    ],
  },
  V6: {
    accepts: [{ situation: "passphrase in a Secret of its own", to: keyedValidator() }],
    rejects: [
      {
        situation: "passphrase in the signing key's Secret",
        to: keyedValidator({ signing: "one", passphrase: "one" }),
      },
    ],
  },
  V7: {
    accepts: [{ situation: "passphrase in a Secret of its own", to: keyedValidator() }],
    rejects: [
      {
        situation: "passphrase in the node key's Secret",
        to: keyedValidator({ node: "one", passphrase: "one" }),
      },
    ],
  },
  P1: {
    accepts: [
      { situation: "ec2Tags", to: withPeers({ ec2Tags }) },
      { situation: "static", to: withPeers(peer) },
      { situation: "label", to: withPeers({ label }) },
      { situation: "one of each, in three sources", to: withPeers({ ec2Tags }, peer, { label }) },
    ],
    rejects: [
      { situation: "an empty source", to: withPeers({}) },
      { situation: "ec2Tags and static in one source", to: withPeers({ ec2Tags, ...peer }) },
      { situation: "static and label in one source", to: withPeers({ label, ...peer }) },
      { situation: "ec2Tags and label in one source", to: withPeers({ label, ec2Tags }) },
      { situation: "all three in one source", to: withPeers({ label, ec2Tags, ...peer }) },
      { situation: "an empty source after a good one", to: withPeers(peer, {}) },
    ],
  },
  N1: {
    accepts: [
      { situation: "s3", to: withSnapshot({ s3: { targetHeight: 1 } }) },
      { situation: "stateSync", to: withSnapshot({ stateSync: {} }) },
      { situation: "no snapshot at all", to: archive() },
    ],
    rejects: [
      { situation: "an empty snapshot", to: withSnapshot({}) },
      { situation: "s3 and stateSync", to: withSnapshot({ s3: { targetHeight: 1 }, stateSync: {} }) },
      { situation: "an empty snapshot of a validator", to: validator({ snapshot: {} }) },
      { situation: "an empty snapshot of a replayer", to: replayer({ replayer: { snapshot: {} } }) },
    ],
  },
} satisfies Partial<Record<CelRuleId, RuleCases>>;

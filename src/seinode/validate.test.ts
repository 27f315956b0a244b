import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { SeiNode } from "#api";
import { byoKeys, oneOfEachMode, testNode, validSpec } from "./render/fixtures.ts";
import { validateSpec } from "./validate.ts";

type Spec = SeiNode["spec"];

const secret = (secretName: string) => ({ secret: { secretName } });
const keyring = (secretName: string, passphrase: string) => ({
  secret: { secretName, passphraseSecretRef: { secretName: passphrase, key: "p" } },
});
const ceremony = { chainId: "new-1", stakingAmount: "1usei", accountBalance: "1usei", index: 0 };
const peers = [{ static: { addresses: ["id@host:26656"] } }];
const s3 = { targetHeight: 100 };
const distinct = { signingKey: secret("s"), nodeKey: secret("n") };

const refused: readonly (readonly [situation: string, spec: Partial<Spec>, ...fragments: string[]])[] = [
  [
    "a full node with a bootstrap image and state sync",
    { fullNode: { snapshot: { stateSync: {}, bootstrapImage: "sei:v5" } } },
    "fullNode: ",
    'bootstrapImage is set ("sei:v5")',
    "targetHeight > 0",
  ],
  [
    "a full node with a bootstrap image and height 0",
    { fullNode: { snapshot: { s3: { targetHeight: 0 }, bootstrapImage: "sei:v5" } } },
    "fullNode: ",
    "targetHeight > 0",
  ],
  [
    "a full node with empty snapshotGeneration",
    { fullNode: { snapshotGeneration: {} } },
    "fullNode: ",
    "snapshotGeneration is set but has no sub-struct",
  ],
  [
    "a full node that publishes and keeps one snapshot",
    { fullNode: { snapshotGeneration: { tendermint: { keepRecent: 1, publish: {} } } } },
    "fullNode: ",
    "keepRecent must be >= 2 when publish is set",
    "is 1",
  ],
  [
    "an archive with empty snapshotGeneration",
    { archive: { snapshotGeneration: {} } },
    "archive: ",
    "snapshotGeneration is set but has no sub-struct",
  ],
  [
    "an archive that publishes and keeps one snapshot",
    { archive: { snapshotGeneration: { tendermint: { keepRecent: 1, publish: {} } } } },
    "archive: ",
    "keepRecent must be >= 2 when publish is set",
  ],
  [
    "a replayer that would state sync",
    { replayer: { snapshot: { stateSync: {} } }, peers },
    "replayer: ",
    "snapshot.s3 is required",
    "snapshot.stateSync is",
  ],
  [
    "a replayer at height 0",
    { replayer: { snapshot: { s3: { targetHeight: 0 } } }, peers },
    "replayer: ",
    "targetHeight must be > 0 and is 0",
  ],
  ["a replayer without peers", { replayer: { snapshot: { s3 } } }, "replayer: ", "at least one peer"],
  ["a replayer with an empty peer list", { replayer: { snapshot: { s3 } }, peers: [] }, "at least one peer"],
  [
    "a replayer with empty resultExport",
    { replayer: { snapshot: { s3 }, resultExport: {} }, peers },
    "replayer: ",
    "resultExport is set but has no sub-struct",
  ],
  [
    "a validator with a signing key and a ceremony",
    { validator: { ...distinct, genesisCeremony: ceremony } },
    "validator: ",
    "signingKey is mutually exclusive with genesisCeremony",
  ],
  [
    "a validator with a signing key without Secret",
    { validator: { signingKey: {}, nodeKey: secret("n") } },
    "validator: ",
    "signingKey.secret.secretName is required",
  ],
  [
    "a validator with a signing key only",
    { validator: { signingKey: secret("s") } },
    "validator: ",
    'nodeKey is required when signingKey is set ("s")',
  ],
  [
    "a validator with a node key without Secret",
    { validator: { signingKey: secret("s"), nodeKey: {} } },
    "nodeKey.secret.secretName is required",
  ],
  [
    "a validator with both keys in one Secret",
    { validator: { signingKey: secret("both"), nodeKey: secret("both") } },
    "must reference distinct Secrets",
    '"both"',
  ],
  [
    "a validator with a node key only",
    { validator: { nodeKey: secret("n") } },
    "nodeKey requires signingKey to be set",
    '"n"',
  ],
  [
    "a keyring that shares the Secret of its passphrase",
    { validator: { operatorKeyring: keyring("k", "k") } },
    'operatorKeyring Secret "k" must differ from its passphrase Secret',
  ],
  [
    "a keyring in the signing key's Secret",
    { validator: { ...distinct, operatorKeyring: keyring("s", "p") } },
    'operatorKeyring Secret "s" must differ from signingKey Secret',
  ],
  [
    "a keyring in the node key's Secret",
    { validator: { ...distinct, operatorKeyring: keyring("n", "p") } },
    'operatorKeyring Secret "n"',
    "must differ from nodeKey Secret",
  ],
  [
    "a passphrase in the signing key's Secret",
    { validator: { ...distinct, operatorKeyring: keyring("k", "s") } },
    'passphrase Secret "s" must differ from signingKey Secret',
  ],
  [
    "a passphrase in the node key's Secret",
    { validator: { ...distinct, operatorKeyring: keyring("k", "n") } },
    'passphrase Secret "n"',
    "must differ from nodeKey Secret",
  ],
  [
    "a ceremony without chain id",
    { validator: { genesisCeremony: { ...ceremony, chainId: "" } } },
    "validator: ",
    "genesisCeremony.chainId is required",
  ],
  [
    "a ceremony without stake",
    { validator: { genesisCeremony: { ...ceremony, stakingAmount: "" } } },
    "genesisCeremony.stakingAmount is required",
  ],
  [
    "a validator with a bootstrap image and no height",
    { validator: { snapshot: { stateSync: {}, bootstrapImage: "sei:v5" } } },
    "validator: ",
    "bootstrapImage is set",
  ],
  [
    "a spec with two modes",
    { fullNode: {}, archive: {} },
    "exactly one mode",
    "fullNode and archive are set",
  ],
];

for (const [situation, spec, ...fragments] of refused) {
  test(`refuses ${situation} with exactly one problem`, () => {
    const problems = validateSpec(testNode(spec).spec);
    assert.equal(problems.length, 1, problems.join("\n"));
    for (const fragment of fragments)
      assert.ok(problems[0]?.includes(fragment), `${problems[0]} lacks ${fragment}`);
  });
}

const accepted: readonly (readonly [situation: string, spec: Partial<Spec>])[] = [
  ...oneOfEachMode,
  ["keepRecent 1 without publish", { fullNode: { snapshotGeneration: { tendermint: { keepRecent: 1 } } } }],
  [
    "keepRecent 2 with publish",
    { archive: { snapshotGeneration: { tendermint: { keepRecent: 2, publish: {} } } } },
  ],
  ["a bootstrap image with a height", { fullNode: { snapshot: { s3, bootstrapImage: "sei:v5" } } }],
  ["an empty bootstrap image", { fullNode: { snapshot: { stateSync: {}, bootstrapImage: "" } } }],
  [
    "a replayer with a result export",
    { replayer: { snapshot: { s3 }, resultExport: { shadowResult: { canonicalRpc: "http://rpc" } } }, peers },
  ],
  [
    "own keys with a bootstrap (migration)",
    { validator: { ...byoKeys, snapshot: { s3, bootstrapImage: "sei:v5" } } },
  ],
  [
    "a ceremony whose unused snapshot would be refused",
    { validator: { genesisCeremony: ceremony, snapshot: { stateSync: {}, bootstrapImage: "sei:v5" } } },
  ],
  ["a keyring without the other keys", { validator: { operatorKeyring: keyring("k", "p") } }],
  ["an empty keyring (test backend)", { validator: { operatorKeyring: {} } }],
];

for (const [situation, spec] of accepted) {
  test(`accepts ${situation}`, () => assert.deepEqual(validateSpec(testNode(spec).spec), []));
}

test("refuses an object without spec and one without mode instead of failing on them", () => {
  assert.match(validateSpec(undefined).join(), /^spec: is missing/);
  const { fullNode: _, ...modeless } = testNode().spec;
  assert.match(validateSpec(modeless).join(), /exactly one mode is needed and none is set/);
});

test("reports all problems of a spec at once, each with its mode", () => {
  const problems = validateSpec(
    testNode({ replayer: { snapshot: { stateSync: {} }, resultExport: {} } }).spec,
  );
  assert.equal(problems.length, 3);
  assert.ok(problems.every((problem) => problem.startsWith("replayer: ")));
});

test("accepts every spec the property tests call valid, and says the same each time", () => {
  fc.assert(fc.property(validSpec, (spec) => assert.deepEqual(validateSpec(spec), [])));
});

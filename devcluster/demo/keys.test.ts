import assert from "node:assert/strict";
import { createHash, createPrivateKey, createPublicKey } from "node:crypto";
import { test } from "node:test";
import { makeUpKeys } from "./keys.ts";
import { readNodes } from "./manifests.ts";

const nodes = await readNodes();
const validator = nodes.find(({ spec }) => spec.validator !== undefined);
assert.ok(validator);

test("each key source of the validator gets the Secrets its spec names, with the files the controller asks for", () => {
  const made = makeUpKeys(validator).map(({ what, condition, secrets }) => [
    what,
    condition,
    secrets.map(({ name, files }) => [
      name,
      Object.keys(files).map((file) => file.replace(/[0-9a-f]{40}/, "<id>")),
    ]),
  ]);
  assert.deepEqual(made, [
    ["signing key", "SigningKeyReady", [["pacific-validator-consensus", ["priv_validator_key.json"]]]],
    ["node key", "NodeKeyReady", [["pacific-validator-p2p", ["node_key.json"]]]],
    [
      "operator keyring",
      "OperatorKeyringReady",
      [
        ["pacific-validator-keyring", ["node_admin.info", "<id>.address"]],
        ["pacific-validator-keyring-pass", ["passphrase"]],
      ],
    ],
  ]);
});

test("the consensus key is a Tendermint key: address, public and private part fit together", () => {
  const file = makeUpKeys(validator)[0]?.secrets[0]?.files["priv_validator_key.json"] ?? "";
  const { address, pub_key, priv_key } = JSON.parse(file);
  const [priv, pub] = [Buffer.from(priv_key.value, "base64"), Buffer.from(pub_key.value, "base64")];
  assert.deepEqual([priv.length, pub.length], [64, 32]);
  assert.ok(priv.subarray(32).equals(pub));
  assert.equal(address, createHash("sha256").update(pub).digest("hex").slice(0, 40).toUpperCase());
  const pkcs8 = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), priv.subarray(0, 32)]);
  const derived = createPublicKey(createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" }));
  assert.equal(derived.export({ format: "jwk" }).x, pub.toString("base64url"));
});

test("no two runs have the same keys", () => {
  const text = () => JSON.stringify(makeUpKeys(validator).map(({ secrets }) => secrets));
  assert.notEqual(text(), text());
});

test("a node without keys of its own gets none", () => {
  for (const node of nodes.filter(({ spec }) => spec.validator === undefined))
    assert.deepEqual(makeUpKeys(node), []);
});

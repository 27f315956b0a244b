/** Keys for the validators of the demo: made up on the spot, good for nothing else, in the shape seid and its CLI write. */
import { createHash, generateKeyPairSync, type KeyObject, randomBytes } from "node:crypto";
import { type SeiNode, SeiNodeConditions } from "#api";
import type { DeepReadonly } from "#kube";

/** A Secret of `manifests/`' namespace, not yet base64. */
export interface KeySecret {
  readonly name: string;
  readonly files: Readonly<Record<string, string>>;
}

/** One source of keys that the controller checks before seid may use it. */
export interface KeyCheck {
  readonly what: string;
  /** Type of the condition that tells the outcome. */
  readonly condition: string;
  readonly secrets: readonly KeySecret[];
}

/** The keys that the spec of this node names, with Secrets made up for them. Empty for all but BYO-key validators. */
export function makeUpKeys({ spec }: DeepReadonly<Pick<SeiNode, "spec">>): KeyCheck[] {
  const { signingKey, nodeKey, operatorKeyring } = spec.validator ?? {};
  const checks: KeyCheck[] = [];
  if (signingKey?.secret !== undefined) {
    const files = { "priv_validator_key.json": JSON.stringify(consensusKey()) };
    checks.push({
      what: "signing key",
      condition: SeiNodeConditions.signingKeyReady,
      secrets: [{ name: signingKey.secret.secretName, files }],
    });
  }
  if (nodeKey?.secret !== undefined) {
    const files = { "node_key.json": JSON.stringify({ priv_key: privateKey(newKey()) }) };
    checks.push({
      what: "node key",
      condition: SeiNodeConditions.nodeKeyReady,
      secrets: [{ name: nodeKey.secret.secretName, files }],
    });
  }
  if (operatorKeyring?.secret !== undefined) {
    const { secretName, keyName = "node_admin", passphraseSecretRef } = operatorKeyring.secret;
    // What a keyring file holds is encrypted with the passphrase: nobody here can tell it from noise.
    const keyring = {
      [`${keyName}.info`]: noise(),
      [`${randomBytes(20).toString("hex")}.address`]: noise(),
    };
    checks.push({
      what: "operator keyring",
      condition: SeiNodeConditions.operatorKeyringReady,
      secrets: [
        { name: secretName, files: keyring },
        { name: passphraseSecretRef.secretName, files: { [passphraseSecretRef.key]: noise() } },
      ],
    });
  }
  return checks;
}

function consensusKey() {
  const key = newKey();
  const raw = rawPublic(key);
  return {
    address: createHash("sha256").update(raw).digest("hex").slice(0, 40).toUpperCase(),
    pub_key: { type: "tendermint/PubKeyEd25519", value: raw.toString("base64") },
    priv_key: privateKey(key),
  };
}

function newKey(): KeyObject {
  return generateKeyPairSync("ed25519").privateKey;
}

/** Seed and public key, one after the other: how Tendermint writes an Ed25519 key. */
function privateKey(key: KeyObject) {
  const seed = Buffer.from(key.export({ format: "jwk" }).d ?? "", "base64url");
  return {
    type: "tendermint/PrivKeyEd25519",
    value: Buffer.concat([seed, rawPublic(key)]).toString("base64"),
  };
}

function rawPublic(key: KeyObject): Buffer {
  return Buffer.from(key.export({ format: "jwk" }).x ?? "", "base64url");
}

function noise(): string {
  return randomBytes(48).toString("base64");
}

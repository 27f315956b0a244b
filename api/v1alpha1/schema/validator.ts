import { int32, object, optional, text } from "./builders.ts";
import { DNS_LABEL, KEY_NAME } from "./patterns.ts";
import { immutable, rules } from "./rules.ts";
import { snapshotSource } from "./snapshot.ts";

const secretName = (description: string) =>
  text(description, { minLength: 1, maxLength: 253, pattern: DNS_LABEL, ...rules(immutable("secretName")) });

const genesisCeremony = object(
  "This validator's part in the genesis of a new chain. Written by the SeiNodeDeployment controller; do not set it by hand.",
  {
    chainId: text("Chain ID of the new chain.", { minLength: 1 }),
    stakingAmount: text("Self-delegation in coin notation, for example 10000000usei.", { minLength: 1 }),
    accountBalance: text("Initial balance of the validator's account in coin notation.", { minLength: 1 }),
    index: int32("Ordinal of this validator in the ceremony, from 0.", { minimum: 0 }),
  },
);

const signingKey = object(
  "The consensus key this validator signs with. Requires nodeKey; excludes genesisCeremony. Two nodes must never run with the same key.",
  {
    secret: optional(
      object("Take the key from a Secret in the node's namespace. It is only read.", {
        secretName: secretName(
          "Secret whose key priv_validator_key.json holds the consensus key. Immutable.",
        ),
      }),
    ),
  },
  rules("K1"),
);

const nodeKey = object(
  "The P2P identity of this validator. Requires signingKey.",
  {
    secret: optional(
      object("Take the key from a Secret in the node's namespace. It is only read.", {
        secretName: secretName("Secret whose key node_key.json holds the P2P key. Immutable."),
      }),
    ),
  },
  rules("K2"),
);

const operatorKeyring = object(
  "Account keys the sidecar signs transactions with, such as governance votes. Leave it out to use the test keyring on the node's volume; an empty object is refused.",
  {
    secret: optional(
      object("Take a Cosmos file keyring from a Secret in the node's namespace. It is only read.", {
        secretName: secretName(
          "Secret that holds the keyring's files: <name>.info and <hex>.address. Immutable.",
        ),
        keyName: optional(
          text("The keyring entry to sign with.", {
            default: "node_admin",
            maxLength: 64,
            pattern: KEY_NAME,
          }),
        ),
        passphraseSecretRef: object("The passphrase that unlocks the keyring, in a Secret of its own.", {
          secretName: secretName(
            "Secret that holds the passphrase. Immutable, and not the keyring's Secret.",
          ),
          key: text("Data key inside that Secret.", { minLength: 1, maxLength: 253 }),
        }),
      }),
    ),
  },
);

export const validatorSpec = object(
  "Run a validator. Without keys it follows the chain and does not sign.",
  {
    snapshot: optional(snapshotSource),
    genesisCeremony: optional(genesisCeremony),
    signingKey: optional(signingKey),
    nodeKey: optional(nodeKey),
    operatorKeyring: optional(operatorKeyring),
  },
  rules("V1", "V2", "V3", "V4", "V5", "V6", "V7"),
);

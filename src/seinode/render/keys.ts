import type { SeiNode } from "#api";
import type { DeepReadonly } from "#kube";
import { RenderError } from "./errors.ts";

export interface OperatorKeyring {
  readonly secretName: string;
  readonly keyName: string;
  readonly passphraseSecretName: string;
  readonly passphraseSecretKey: string;
}

/** The CRD's default, for objects that were stored without it. */
const defaultKeyName = "node_admin";

/** Data keys of the Secrets, which are also the file names seid expects. */
export const signingKeyFile = "priv_validator_key.json";
export const nodeKeyFile = "node_key.json";

/** Name of the Secret with the consensus key, if the node brings its own. */
export function signingKeySecret(node: DeepReadonly<SeiNode>): string | undefined {
  return node.spec.validator?.signingKey?.secret?.secretName || undefined;
}

/** Name of the Secret with the P2P identity, if the node brings its own. */
export function nodeKeySecret(node: DeepReadonly<SeiNode>): string | undefined {
  return node.spec.validator?.nodeKey?.secret?.secretName || undefined;
}

/** What spec.validator.operatorKeyring refers to. Parts that are missing are empty, the key's name has its default. */
export function keyringReference(node: DeepReadonly<SeiNode>): OperatorKeyring | undefined {
  const secret = node.spec.validator?.operatorKeyring?.secret;
  if (secret === undefined) return undefined;
  // The CRD demands the reference; an object that is older than its rules may lack it.
  const passphrase: DeepReadonly<Partial<typeof secret.passphraseSecretRef>> =
    secret.passphraseSecretRef ?? {};
  return {
    secretName: secret.secretName ?? "",
    keyName: secret.keyName || defaultKeyName,
    passphraseSecretName: passphrase.secretName ?? "",
    passphraseSecretKey: passphrase.key ?? "",
  };
}

/**
 * The operator's keyring, if the node has one in a Secret. Throws a RenderError when the passphrase reference is
 * incomplete: a file keyring that cannot be unlocked would keep the sidecar from ever starting.
 */
export function operatorKeyring(node: DeepReadonly<SeiNode>): OperatorKeyring | undefined {
  const keyring = keyringReference(node);
  if (!keyring?.secretName) return undefined;
  if (!keyring.passphraseSecretName || !keyring.passphraseSecretKey) {
    throw new RenderError(
      "spec.validator.operatorKeyring.secret.passphraseSecretRef needs secretName and key: the keyring cannot be unlocked without them",
    );
  }
  return keyring;
}

/** What each key source must hold for seid and the sidecar to use it (spec/seinode.md 5.2). Shape only. */
import type { Client } from "#kube";
import { nodeKeyFile, type OperatorKeyring, signingKeyFile } from "../../render/index.ts";
import { checkKeyFile } from "./key-file.ts";
import { readSecret, type SecretData } from "./read-secret.ts";
import { invalid, type KeyVerdict, valid } from "./verdict.ts";

/** Where the Secrets are, and the way to them. */
export interface SecretPlace {
  readonly client: Client;
  readonly namespace: string;
  readonly signal: AbortSignal;
}

export const SIGNING_KEY_FIELDS = [
  "address",
  "pub_key.type",
  "pub_key.value",
  "priv_key.type",
  "priv_key.value",
] as const;
export const NODE_KEY_FIELDS = ["priv_key.type", "priv_key.value"] as const;

export function checkSigningKey(place: SecretPlace, secretName: string): Promise<KeyVerdict> {
  return checkFileSecret(place, "spec.validator.signingKey", secretName, signingKeyFile, SIGNING_KEY_FIELDS);
}

export function checkNodeKey(place: SecretPlace, secretName: string): Promise<KeyVerdict> {
  return checkFileSecret(place, "spec.validator.nodeKey", secretName, nodeKeyFile, NODE_KEY_FIELDS);
}

/** The passphrase is not read before the keyring is found to be good: one problem at a time. */
export async function checkOperatorKeyring(
  place: SecretPlace,
  keyring: OperatorKeyring,
): Promise<KeyVerdict> {
  const unnamed = unnamedPart(keyring);
  if (unnamed !== undefined) {
    return invalid(`spec.validator.operatorKeyring.secret.${unnamed} is empty; set it`);
  }
  const files = await read(place, keyring.secretName);
  if (files.verdict !== undefined) return files.verdict;
  const problem = keyringProblem(files.data, keyring.keyName);
  if (problem !== undefined) return invalid(`Secret ${keyring.secretName} ${problem}`);

  const passphrase = await read(place, keyring.passphraseSecretName);
  if (passphrase.verdict !== undefined) return passphrase.verdict;
  const secret = passphrase.data.get(keyring.passphraseSecretKey);
  const where = `data key ${keyring.passphraseSecretKey} of Secret ${keyring.passphraseSecretName}`;
  if (secret === undefined) return invalid(`${where} is missing; put the passphrase of the keyring there`);
  if (secret.length === 0) return invalid(`${where} is empty; put the passphrase of the keyring there`);
  return valid(
    `Secret ${keyring.secretName} holds a keyring with the entry ${keyring.keyName}, ` +
      `Secret ${keyring.passphraseSecretName} its passphrase`,
  );
}

async function checkFileSecret(
  place: SecretPlace,
  field: string,
  secretName: string,
  file: string,
  fields: readonly string[],
): Promise<KeyVerdict> {
  if (secretName === "") return invalid(`${field}.secret.secretName is empty; name the Secret with ${file}`);
  const secret = await read(place, secretName);
  return secret.verdict ?? checkKeyFile(secretName, secret.data, file, fields);
}

function read({ client, namespace, signal }: SecretPlace, name: string) {
  return readSecret(client, { namespace, name }, signal);
}

function unnamedPart(keyring: OperatorKeyring): string | undefined {
  if (keyring.secretName === "") return "secretName";
  if (keyring.passphraseSecretName === "") return "passphraseSecretRef.secretName";
  return keyring.passphraseSecretKey === "" ? "passphraseSecretRef.key" : undefined;
}

/** Names no data key but the one the spec asks for: what else is in there is part of the Secret. */
function keyringProblem(files: SecretData, keyName: string): string | undefined {
  const remedy = "put the files of the Cosmos file keyring there as they are";
  const entries = [...files].filter(([file]) => file.endsWith(".info"));
  if (entries.length === 0) return `has no *.info data key; ${remedy}`;
  if (entries.some(([, content]) => content.length === 0)) {
    return `has a *.info data key whose value is empty; ${remedy}`;
  }
  if (![...files.keys()].some((file) => file.endsWith(".address"))) {
    return `has no *.address data key, the keyring's index; ${remedy}`;
  }
  if (files.has(`${keyName}.info`)) return undefined;
  return `has no data key ${keyName}.info; add that entry, or name another one in spec.validator.operatorKeyring.secret.keyName`;
}

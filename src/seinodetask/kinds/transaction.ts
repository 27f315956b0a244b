/** What the kinds that sign transactions have in common: whose key, and what the sidecar tells of the transaction. */
import type { SeiNode } from "#api";
import { type DeepReadonly, isJsonObject } from "#kube";

/** The entry of a validator that brought its own keyring and named none. */
const OPERATOR_KEY = "node_admin";
/** The key the genesis ceremony makes. */
const CEREMONY_KEY = "validator";

/** spec/seinodetask.md 7.5: explicit, else the entry of the validator's own keyring, else the ceremony's. */
export function keyNameFor(explicit: string | undefined, target: DeepReadonly<SeiNode>): string {
  if (explicit) return explicit;
  const secret = target.spec.validator?.operatorKeyring?.secret;
  return secret === undefined ? CEREMONY_KEY : secret.keyName || OPERATOR_KEY;
}

export interface Transaction {
  txHash?: string;
  height?: number;
  proposalId?: number;
}

/** What can be understood of the sidecar's `result` (spec/sidecar.md 8.7); `undefined` when that is nothing. v0.0.56 sends none. */
export function transactionOf(result: unknown): Transaction | undefined {
  if (!isJsonObject(result)) return undefined;
  const txHash = typeof result.txHash === "string" ? result.txHash.toUpperCase() : "";
  const height = positive(result.height);
  const proposalId = positive(result.proposalId);
  const transaction = {
    ...(txHash !== "" && { txHash }),
    ...(height !== undefined && { height }),
    ...(proposalId !== undefined && { proposalId }),
  };
  return Object.keys(transaction).length === 0 ? undefined : transaction;
}

/** Cosmos writes 64-bit numbers as strings in JSON. */
function positive(value: unknown): number | undefined {
  const number = typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value;
  return Number.isSafeInteger(number) && Number(number) > 0 ? Number(number) : undefined;
}

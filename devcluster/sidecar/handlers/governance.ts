/** Signing tasks (spec/sidecar.md 8.7): the checks before the broadcast, and a broadcast that succeeds. */
import { createHash } from "node:crypto";
import { chainIdOf, requiredPositive, requiredText, type TaskContext, type TaskHandler } from "./context.ts";

const options: ReadonlySet<string> = new Set(["yes", "no", "abstain", "no_with_veto", "no-with-veto"]);

export const govVote: TaskHandler = (context) => {
  requireKey(context);
  requiredPositive(context, "proposalId");
  const option = requiredText(context, "option");
  if (!options.has(option.toLowerCase())) throw new Error(`invalid vote option "${option}"`);
  return broadcast(context);
};

export const govSoftwareUpgrade: TaskHandler = (context) => {
  requireKey(context);
  for (const field of ["title", "description", "upgradeName"]) requiredText(context, field);
  requiredPositive(context, "upgradeHeight");
  requireUsei(context, "initialDeposit");
  return broadcast(context);
};

/** [new] */
export const govParamChange: TaskHandler = (context) => {
  requireKey(context);
  for (const field of ["title", "description"]) requiredText(context, field);
  requireUsei(context, "initialDeposit");
  return broadcast(context);
};

function requireKey(context: TaskContext): void {
  if ((context.variables.SEI_KEYRING_BACKEND ?? "") === "")
    throw new Error("signing is disabled: no keyring configured");
  requiredText(context, "keyName");
}

function broadcast(context: TaskContext): unknown {
  checkMemo(context);
  requireUsei(context, "fees");
  requiredPositive(context, "gas");
  const chainId = requiredText(context, "chainId");
  const seid = context.seid();
  if (chainId !== chainIdOf(context))
    throw new Error(`chain id mismatch: ${chainId}, sidecar has ${chainIdOf(context)}`);
  if (seid?.rpcUp !== true) throw new Error("seid RPC is not reachable");
  const network = context.seidSettings.network ?? chainIdOf(context);
  if (network !== chainId) throw new Error(`chain id mismatch: ${chainId}, seid runs ${network}`);
  const txHash = createHash("sha256").update(context.id).digest("hex").toUpperCase();
  return { txHash, height: seid.height, code: 0, inclusionStatus: "committed_ok" };
}

function checkMemo(context: TaskContext): void {
  const memo = typeof context.params.memo === "string" ? context.params.memo : "";
  if (memo.includes("taskID=")) throw new Error("memo must not contain taskID=");
  const whole = `${memo} taskID=${context.id}`;
  if (Buffer.byteLength(whole) > 256 || !/^[\x20-\x7e]*$/.test(whole))
    throw new Error("memo too long or not printable");
}

function requireUsei(context: TaskContext, field: string): void {
  const amount = requiredText(context, field);
  if (!/^0*[1-9]\d*usei$/.test(amount))
    throw new Error(`${field}: "${amount}" is not a positive amount of usei`);
}

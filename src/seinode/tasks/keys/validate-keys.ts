/** The tasks that check the keys a validator brings: what was found becomes a condition, and lets the plan on or not. */
import { type SeiNode, SeiNodeConditions, SeiNodeReasons } from "#api";
import type { DeepReadonly } from "#kube";
import type { TaskOutcome } from "#plan";
import type { SeiNodeRuntime } from "../../deps.ts";
import { type Pass, setPassCondition } from "../../pass.ts";
import { keyringReference } from "../../render/index.ts";
import { checkNodeKey, checkOperatorKeyring, checkSigningKey, type SecretPlace } from "./check-keys.ts";
import type { KeyVerdict } from "./verdict.ts";

/** Secrets are not watched: whether one has come has to be asked. */
const SECRET_POLL_MS = 5_000;

interface KeySource {
  readonly condition: string;
  readonly reasons: Readonly<Record<KeyVerdict["state"], string>>;
  readonly what: string;
}

const signingKey: KeySource = {
  condition: SeiNodeConditions.signingKeyReady,
  reasons: {
    valid: SeiNodeReasons.signingKeyValidated,
    notReady: SeiNodeReasons.signingKeyNotReady,
    invalid: SeiNodeReasons.signingKeyInvalid,
  },
  what: "the signing key",
};
const nodeKey: KeySource = {
  condition: SeiNodeConditions.nodeKeyReady,
  reasons: {
    valid: SeiNodeReasons.nodeKeyValidated,
    notReady: SeiNodeReasons.nodeKeyNotReady,
    invalid: SeiNodeReasons.nodeKeyInvalid,
  },
  what: "the node key",
};
const operatorKeyring: KeySource = {
  condition: SeiNodeConditions.operatorKeyringReady,
  reasons: {
    valid: SeiNodeReasons.operatorKeyringValidated,
    notReady: SeiNodeReasons.operatorKeyringNotReady,
    invalid: SeiNodeReasons.operatorKeyringInvalid,
  },
  what: "the operator keyring",
};

type Runtime = Pick<SeiNodeRuntime, "client">;
type Validator = NonNullable<DeepReadonly<SeiNode>["spec"]["validator"]>;

export function validateSigningKey(runtime: Runtime, pass: Pass): Promise<TaskOutcome> {
  return validateKey(
    runtime,
    pass,
    signingKey,
    ({ signingKey: source }, place) => source && checkSigningKey(place, source.secret?.secretName ?? ""),
  );
}

export function validateNodeKey(runtime: Runtime, pass: Pass): Promise<TaskOutcome> {
  return validateKey(
    runtime,
    pass,
    nodeKey,
    ({ nodeKey: source }, place) => source && checkNodeKey(place, source.secret?.secretName ?? ""),
  );
}

export function validateOperatorKeyring(runtime: Runtime, pass: Pass): Promise<TaskOutcome> {
  return validateKey(runtime, pass, operatorKeyring, (_, place) => {
    const keyring = keyringReference(pass.node);
    return keyring && checkOperatorKeyring(place, keyring);
  });
}

/**
 * Judges what the spec names now, not what it named when the plan was built: that is what the pod mounts. A source that
 * was taken out of the spec since has nothing left to wait for.
 */
async function validateKey(
  { client }: Runtime,
  pass: Pass,
  source: KeySource,
  check: (validator: Validator, place: SecretPlace) => Promise<KeyVerdict> | undefined,
): Promise<TaskOutcome> {
  const { node, signal } = pass;
  const verdict = await check(node.spec.validator ?? {}, {
    client,
    namespace: node.metadata.namespace ?? "",
    signal,
  });
  if (verdict === undefined) {
    forgetCondition(pass, source.condition);
    return { state: "complete" };
  }
  const { state, message } = verdict;
  const status = state === "valid" ? "True" : "False";
  setPassCondition(pass, { type: source.condition, status, reason: source.reasons[state], message });
  if (state === "valid") return { state: "complete" };
  if (state === "invalid") return { state: "terminal", error: message };
  return { state: "running", waitingFor: `${source.what}: ${message}`, pollAfterMs: SECRET_POLL_MS };
}

function forgetCondition({ status }: Pass, type: string): void {
  const index = status.conditions.findIndex((condition) => condition.type === type);
  if (index >= 0) status.conditions.splice(index, 1);
}

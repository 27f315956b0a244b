/**
 * The tasks that check a validator's own keys before seid may use them (spec/seinode.md 4.4, 4.5). They come before
 * whatever starts or restarts seid, so that a missing or broken key stops the plan and not the chain's validator.
 */
import { type SeiNode, TaskTypes } from "#api";
import type { DeepReadonly } from "#kube";
import type { TaskSpec } from "#plan";
import { nodeKeySecret, operatorKeyring, signingKeySecret } from "./render/index.ts";

/**
 * One task for each key source the spec names, none for a node of a ceremony: that one makes its keys itself. Throws a
 * RenderError when the keyring's passphrase reference is incomplete.
 */
export function keyGates(node: DeepReadonly<SeiNode>): TaskSpec[] {
  const { validator } = node.spec;
  if (validator === undefined || validator.genesisCeremony !== undefined) return [];
  const { namespace = "" } = node.metadata;
  const signingKey = signingKeySecret(node);
  const nodeKey = nodeKeySecret(node);
  const keyring = operatorKeyring(node);
  const gates: TaskSpec[] = [];
  if (signingKey !== undefined) {
    gates.push({ type: TaskTypes.validateSigningKey, params: { secretName: signingKey, namespace } });
  }
  if (nodeKey !== undefined) {
    gates.push({ type: TaskTypes.validateNodeKey, params: { secretName: nodeKey, namespace } });
  }
  if (keyring !== undefined) {
    gates.push({ type: TaskTypes.validateOperatorKeyring, params: { ...keyring, namespace } });
  }
  return gates;
}

import type { IContainer, IPodSpec } from "kubernetes-models/v1";
import type { SeiNode } from "#api";
import type { DeepReadonly } from "#kube";
import { RenderError } from "./errors.ts";
import { nodeKeySecret, operatorKeyring, signingKeySecret } from "./keys.ts";

/**
 * The last look before a bootstrap pod leaves the renderer: it follows the chain with an old binary and signs nothing, so
 * no key of a validator may be within its reach. Throws a RenderError naming the key, the container and the way in. The
 * node key is no secret in that sense, but it is not mounted either: two pods must not share one P2P identity.
 */
export function assertNoKeys(pod: DeepReadonly<IPodSpec>, node: DeepReadonly<SeiNode>): void {
  if (node.spec.validator == null) return;
  const keyring = operatorKeyring(node);
  const forbidden = new Map<string, string>();
  const forbid = (name: string | undefined, kind: string) => name && forbidden.set(name, kind);
  forbid(keyring?.passphraseSecretName, "operator-keyring-passphrase");
  forbid(keyring?.secretName, "operator-keyring");
  forbid(signingKeySecret(node), "signing-key");

  const volumesForbidden = new Map(forbidden);
  const nodeKey = nodeKeySecret(node);
  if (nodeKey !== undefined && !forbidden.has(nodeKey)) volumesForbidden.set(nodeKey, "node-key");
  for (const volume of pod.volumes ?? []) {
    const secrets = [
      volume.secret?.secretName,
      ...(volume.projected?.sources ?? []).map(({ secret }) => secret?.name),
    ];
    const kind = secrets.map((name) => volumesForbidden.get(name ?? "")).find((found) => found !== undefined);
    if (kind !== undefined) {
      throw new RenderError(
        `volume ${volume.name} of the bootstrap pod would mount the ${kind} Secret: no key belongs there`,
      );
    }
  }
  for (const container of [...(pod.initContainers ?? []), ...pod.containers]) {
    const leak = leakOf(container, forbidden);
    if (leak !== undefined) {
      throw new RenderError(
        `container ${container.name} of the bootstrap pod would reach the ${leak.kind} Secret by ${leak.path}: no key belongs there`,
      );
    }
  }
}

function leakOf(
  container: DeepReadonly<IContainer>,
  forbidden: ReadonlyMap<string, string>,
): { kind: string; path: string } | undefined {
  for (const { name, valueFrom } of container.env ?? []) {
    const kind = forbidden.get(valueFrom?.secretKeyRef?.name ?? "");
    if (kind !== undefined) return { kind, path: `env ${name} (secretKeyRef)` };
  }
  for (const { secretRef } of container.envFrom ?? []) {
    const kind = forbidden.get(secretRef?.name ?? "");
    if (kind !== undefined) return { kind, path: "envFrom" };
  }
  return undefined;
}

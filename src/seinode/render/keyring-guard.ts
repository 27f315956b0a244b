import type { IContainer, IPodSpec, IVolume } from "kubernetes-models/v1";
import type { DeepReadonly } from "#kube";
import { RenderError } from "./errors.ts";
import type { OperatorKeyring } from "./keys.ts";
import { containerNames, volumeNames } from "./names.ts";

/**
 * The last look before a pod with an operator keyring leaves the renderer: only the sidecar may reach the keyring or its
 * passphrase. Throws a RenderError naming the container and the way in. It looks at what was rendered and not at how, so
 * that a later change of a builder cannot leak the key unnoticed. Without a keyring there is nothing to guard.
 */
export function assertKeyringContained(
  pod: DeepReadonly<IPodSpec>,
  keyring: OperatorKeyring | undefined,
): void {
  if (keyring === undefined) return;
  const secrets = [keyring.secretName, keyring.passphraseSecretName];
  const volumes = (pod.volumes ?? [])
    .filter((volume) => givesAccess(volume, secrets))
    .map(({ name }) => name);
  for (const container of [...(pod.initContainers ?? []), ...pod.containers]) {
    if (container.name === containerNames.sidecar) continue;
    const leak = leakOf(container, volumes, secrets);
    if (leak !== undefined) {
      throw new RenderError(
        `container ${container.name} would reach the operator keyring by ${leak}: only ${containerNames.sidecar} may`,
      );
    }
  }
}

function givesAccess(volume: DeepReadonly<IVolume>, secrets: readonly string[]): boolean {
  const names = [
    volume.secret?.secretName,
    ...(volume.projected?.sources ?? []).map((source) => source.secret?.name),
  ];
  return (
    volume.name === volumeNames.operatorKeyring ||
    names.some((name) => name !== undefined && secrets.includes(name))
  );
}

function leakOf(
  container: DeepReadonly<IContainer>,
  volumes: readonly string[],
  secrets: readonly string[],
): string | undefined {
  const mount = container.volumeMounts?.find(({ name }) => volumes.includes(name));
  if (mount !== undefined) return `volume ${mount.name}`;
  const variable = container.env?.find(({ valueFrom }) => isOneOf(valueFrom?.secretKeyRef?.name, secrets));
  if (variable !== undefined) return `env ${variable.name} (secretKeyRef)`;
  const source = container.envFrom?.find(({ secretRef }) => isOneOf(secretRef?.name, secrets));
  if (source !== undefined) return `envFrom Secret ${source.secretRef?.name}`;
  return undefined;
}

function isOneOf(name: string | undefined, secrets: readonly string[]): boolean {
  return name !== undefined && secrets.includes(name);
}

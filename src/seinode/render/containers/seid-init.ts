import type { IContainer } from "kubernetes-models/v1";
import type { SeiNode } from "#api";
import type { DeepReadonly } from "#kube";
import { containerNames, dataDir, volumeNames } from "../names.ts";
import { nonRoot } from "../security.ts";
import { joinLines, quote } from "../shell.ts";

/** Prepares an empty data volume, once. Ownership is the kubelet's work (fsGroup), so the script changes none. */
export function seidInitContainer(node: DeepReadonly<SeiNode>, image: string): IContainer {
  return {
    name: containerNames.seidInit,
    image,
    command: ["/bin/bash", "-c", seidInitScript(node.spec.chainId)],
    env: [{ name: "HOME", value: dataDir }],
    volumeMounts: [{ name: volumeNames.data, mountPath: dataDir }],
    securityContext: nonRoot(),
  };
}

/**
 * `seid init` writes genesis.json last, so its presence means that an earlier run got through; --overwrite lets a run
 * that died half-way be repeated.
 */
function seidInitScript(chainId: string): string {
  const chain = quote(chainId);
  return joinLines(
    "set -eu",
    'if [ -f "$HOME/config/genesis.json" ]; then',
    '  echo "seid-init: genesis.json exists, nothing to initialise"',
    "else",
    `  seid init ${chain} --chain-id ${chain} --home "$HOME" --overwrite`,
    "fi",
    'mkdir -p "$HOME/tmp"',
  );
}

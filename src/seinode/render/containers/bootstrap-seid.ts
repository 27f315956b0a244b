import type { IContainer } from "kubernetes-models/v1";
import type { SeiNode } from "#api";
import type { DeepReadonly } from "#kube";
import type { Settings } from "../../../settings.ts";
import { containerNames, dataDir, volumeNames } from "../names.ts";
import { modeSettings } from "../platform.ts";
import { sidecarPort } from "../ports.ts";
import { joinLines } from "../shell.ts";
import { sidecarWaitLoop } from "./wait-loops.ts";

/** seid of the bootstrap pod: runs from the snapshot to `haltHeight` and ends. */
export function bootstrapSeidContainer(
  node: DeepReadonly<SeiNode>,
  settings: Settings,
  image: string,
  haltHeight: number,
): IContainer {
  const { cpu, memory } = modeSettings(node, settings);
  return {
    name: containerNames.seid,
    image,
    command: ["/bin/bash", "-c", bootstrapScript(sidecarPort(node), haltHeight)],
    env: [
      { name: "HOME", value: dataDir },
      { name: "TMPDIR", value: `${dataDir}/tmp` },
    ],
    resources: { requests: { cpu, memory } },
    volumeMounts: [{ name: volumeNames.data, mountPath: dataDir }],
  };
}

/**
 * seid interrupts itself at the halt height, which the shell reports as 130: the success this pod is for. The shell has to
 * stay to tell, so it also has to pass on the kubelet's SIGTERM; without that seid would be killed in mid-write. `set -m`,
 * because a background job without job control starts with the interrupt ignored.
 */
function bootstrapScript(port: number, haltHeight: number): string {
  return joinLines(
    'echo "seid: waiting until the sidecar reports ready"',
    ...sidecarWaitLoop(port),
    `echo "seid: sidecar is ready, running to height ${haltHeight}"`,
    "set -m",
    `seid "start" "--home" "$HOME" "--halt-height" "${haltHeight}" &`,
    "seid_pid=$!",
    "stopped=no",
    `trap 'stopped=yes; kill -TERM "$seid_pid" 2>/dev/null' TERM`,
    'wait "$seid_pid"',
    "code=$?",
    "# A trapped signal ends the wait before seid has ended.",
    'while kill -0 "$seid_pid" 2>/dev/null; do',
    '  wait "$seid_pid"',
    "  code=$?",
    "done",
    "# Stopped on its way it ends well, too, but it is not where it should be.",
    'if [ "$stopped" = yes ]; then exit 143; fi',
    'if [ "$code" -eq 130 ]; then exit 0; fi',
    'exit "$code"',
  );
}

/**
 * `make devcluster`: a control plane with our CRDs and the simulator, for use with any kubectl, until Ctrl-C.
 *
 * The controller is not part of it: start it beside it, with the line this prints.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { systemClock } from "#clock";
import {
  type ControlPlane,
  installManagerAccess,
  managerEnvironment,
  startControlPlane,
  startSimulator,
} from "./index.ts";

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

async function main(): Promise<void> {
  console.error("Starting etcd, kube-apiserver and kube-controller-manager ...");
  const control = await startControlPlane();
  // Only now: until here a signal may end us on the spot (a build can take minutes), and nothing stays behind.
  const stopped = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stopped.abort());
  try {
    if (stopped.signal.aborted) return;
    await Promise.all([control.installCrds(), installManagerAccess(control)]);
    const simulator = await startSimulator({ kubeconfig: control.adminKubeconfig });
    try {
      if (stopped.signal.aborted) return;
      const managerEnv = await writeManagerEnvironment(control, simulator.proxyUrl);
      console.error(`
Ready: ${control.server}, CRDs and roles of the operator installed, one simulated node.

Use it with kubectl (any; this one is always there: ${control.kubectlBinary}):
`);
      console.log(`export KUBECONFIG=${control.adminKubeconfig}`);
      console.error(`
Start the controller against it from another terminal, with the rights of its ServiceAccount:

${startCommand(managerEnv)}

Logs are in ${control.directory}. Ctrl-C stops it and removes everything.`);
      while (!stopped.signal.aborted) {
        // Rejects at the signal. Keeps the process alive, which the servers alone do not.
        await systemClock.sleep(3_600_000, stopped.signal).catch(() => {});
      }
      console.error("\nStopping ...");
    } finally {
      await simulator.stop();
    }
  } finally {
    await control.stop();
  }
}

/** As a shell file, because the settings are many. */
async function writeManagerEnvironment(
  control: ControlPlane,
  proxyUrl: string,
): Promise<{ file: string; kubeconfig: string }> {
  const { kubeconfig, env } = await managerEnvironment(control, proxyUrl);
  const file = join(control.directory, "manager.env");
  const lines = Object.entries(env).map(([name, value]) => `export ${name}='${value}'\n`);
  await writeFile(file, lines.join(""), { mode: 0o600 });
  return { file, kubeconfig };
}

function startCommand({ file, kubeconfig }: { file: string; kubeconfig: string }): string {
  return `. ${file} && node_modules/.bin/node src/main.ts --kubeconfig ${kubeconfig}`;
}

/**
 * `make devcluster`: a control plane with our CRDs and the simulator, for use with any kubectl, until Ctrl-C.
 *
 * The controller is not part of it: start it beside it, with the line this prints.
 */
import { systemClock } from "#clock";
import { startControlPlane, startSimulator } from "./index.ts";

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
    await control.installCrds();
    const simulator = await startSimulator({ kubeconfig: control.adminKubeconfig });
    try {
      if (stopped.signal.aborted) return;
      console.error(`
Ready: ${control.server}, CRDs of sei.io installed, one simulated node.

Use it with kubectl (any, or "make control-plane" shows the path of one):
`);
      console.log(`export KUBECONFIG=${control.adminKubeconfig}`);
      console.error(`
Start the controller against it, in another terminal and with its SEI_* settings in the environment; it reaches the
simulated sidecars through this proxy:

HTTP_PROXY=${simulator.proxyUrl} NO_PROXY=127.0.0.1 node_modules/.bin/node src/main.ts --kubeconfig ${control.adminKubeconfig}

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

/** Starts a control plane in a folder of its own and hands out the handle to it. */
import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findBinaries } from "./binaries.ts";
import { removeWhenWeEnd } from "./child.ts";
import type { ControlPlane, ControlPlaneOptions } from "./contract.ts";
import { installCrdFiles, installCrds } from "./crds.ts";
import { createCredentials, writeKubeconfig } from "./credentials.ts";
import { gatewayApiCrds } from "./gateway-api.ts";
import { type Kubectl, kubectlOrThrow, runKubectl, SERVER_SIDE_APPLY } from "./kubectl.ts";
import { Servers } from "./servers.ts";

/** Finds or builds the binaries, starts the three servers and resolves when they work. Rejects with the tail of the log at fault. */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const { auditLog = false, keepHistory = false, log = (line) => console.error(line) } = options;
  const binaries = await findBinaries({ log });
  // Without links in it: macOS's temp folder is behind one, and the servers' messages name the real path.
  const directory = await realpath(await mkdtemp(join(tmpdir(), "sei-devcluster-")));
  const callOffRemoval = removeWhenWeEnd(directory);
  const credentials = await createCredentials(directory);
  const servers = new Servers({ directory, binaries, credentials, auditLog, keepHistory, log });
  const adminKubeconfig = join(directory, "admin.kubeconfig");
  const setup = {
    binary: binaries.kubectl,
    kubeconfig: adminKubeconfig,
    cacheDir: join(directory, "kubectl-cache"),
  };
  const kubectl: Kubectl = (args, kubectlOptions) => runKubectl(setup, args, kubectlOptions);

  const stop = async () => {
    await servers.stop();
    await rm(directory, { recursive: true, force: true, maxRetries: 3 });
    callOffRemoval();
  };
  try {
    await servers.start();
    const { url, ca } = servers;
    await writeKubeconfig(adminKubeconfig, { server: url, ca, user: "admin", token: credentials.adminToken });
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    server: servers.url,
    adminToken: credentials.adminToken,
    caFile: servers.caFile,
    adminKubeconfig,
    directory,
    ...(auditLog && { auditLog: servers.auditLogFile }),
    kubectlBinary: binaries.kubectl,
    kubectl,
    async installCrds() {
      await installCrds(kubectl, servers.client);
      // The garbage collector looks for new resources every 30 s only; a fresh one sees them at once.
      await servers.restartControllerManager();
      // What kubectl remembers of the server is from before the CRDs.
      await rm(setup.cacheDir, { recursive: true, force: true });
    },
    async installGatewayApi() {
      await installCrdFiles(kubectl, servers.client, await gatewayApiCrds());
      await rm(setup.cacheDir, { recursive: true, force: true });
    },
    async applyFiles(...paths) {
      for (const path of paths) await kubectlOrThrow(kubectl, [...SERVER_SIDE_APPLY, "-f", path]);
    },
    async serviceAccountKubeconfig(namespace, name) {
      const args = ["create", "token", name, `--namespace=${namespace}`, "--duration=24h"];
      const token = (await kubectlOrThrow(kubectl, args)).trim();
      const file = join(directory, `${namespace}.${name}.kubeconfig`);
      await writeKubeconfig(file, { server: servers.url, ca: servers.ca, user: name, token, namespace });
      return file;
    },
    restartApiServer: () => servers.restartApiServer(),
    stop,
  };
}

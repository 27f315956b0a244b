/**
 * The real manager as a process of its own, under its ServiceAccount and the shipped roles, against a devcluster. Tests
 * and the demo use it the way a cluster does: by objects, signals, /readyz and /metrics.
 */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { request } from "undici";
import { parse } from "yaml";
import { systemClock } from "#clock";
import { type Child, startChild, tailOf } from "../control-plane/child.ts";
import type { ControlPlane } from "../control-plane/index.ts";
import { freePort } from "../control-plane/ports.ts";
import { devSettings } from "./settings.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const READY_WITHIN_MS = 30_000;
const READY_POLL_MS = 25;

export const MANAGER_NAMESPACE = "sei-k8s-system";
export const MANAGER_SERVICE_ACCOUNT = "sei-k8s-controller-manager";

export interface ManagerOptions {
  readonly controlPlane: ControlPlane;
  /** For HTTP_PROXY: the way to the simulated sidecars. */
  readonly proxyUrl: string;
  /** Over the devcluster's settings. */
  readonly env?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  /** Where the manager believes the API server to be, for what stands in between. Default: the control plane itself. */
  readonly apiServer?: string;
}

export interface ManagerProcess {
  /** `http://127.0.0.1:<port>` of /healthz and /readyz. */
  readonly probeUrl: string;
  readonly metricsUrl: string;
  /** JSON lines. */
  readonly logFile: string;
  readonly pid: number;
  readonly exited: Promise<string>;
  log(): Promise<string>;
  /** SIGTERM; resolves with how the process ended. */
  stop(): Promise<string>;
  /** SIGKILL. */
  kill(): Promise<void>;
}

/** Namespace, ServiceAccount and the shipped roles, as `config/rbac` has them. The CRDs are the control plane's affair. */
export async function installManagerAccess(controlPlane: ControlPlane): Promise<void> {
  const folder = join(ROOT, "devcluster", "manager");
  const { code, stderr } = await controlPlane.kubectl(["apply", "--server-side", "-k", folder]);
  if (code !== 0) throw new Error(`install config/rbac: ${stderr}`);
}

/** What a manager needs to run against the devcluster as its ServiceAccount: a kubeconfig and its environment. */
export async function managerEnvironment(
  controlPlane: ControlPlane,
  proxyUrl: string,
): Promise<{ kubeconfig: string; env: Record<string, string> }> {
  const kubeconfig = await controlPlane.serviceAccountKubeconfig(MANAGER_NAMESPACE, MANAGER_SERVICE_ACCOUNT);
  const env = {
    POD_NAMESPACE: MANAGER_NAMESPACE,
    SEI_SIDECAR_TOKEN_FILE: await writeToken(kubeconfig),
    HTTP_PROXY: proxyUrl,
    ...devSettings,
  };
  return { kubeconfig, env };
}

/** Resolves when /readyz is green: all caches are in sync. Rejects with the end of its log when it is not in time. */
export async function startManager(options: ManagerOptions): Promise<ManagerProcess> {
  const { controlPlane } = options;
  const { kubeconfig, env } = await managerEnvironment(controlPlane, options.proxyUrl);
  if (options.apiServer !== undefined) await redirect(kubeconfig, controlPlane.server, options.apiServer);
  const [probePort, metricsPort] = [await freePort(), await freePort()];
  const logFile = join(controlPlane.directory, `manager-${probePort}.log`);
  const child = await startChild({
    name: "manager",
    command: process.execPath,
    args: [
      "src/main.ts",
      `--kubeconfig=${kubeconfig}`,
      `--health-probe-bind-address=127.0.0.1:${probePort}`,
      `--metrics-bind-address=127.0.0.1:${metricsPort}`,
      ...(options.args ?? []),
    ],
    cwd: ROOT,
    logFile,
    env: {
      PATH: process.env.PATH ?? "",
      HOME: controlPlane.directory,
      ...env,
      ...options.env,
    },
  });
  const probeUrl = `http://127.0.0.1:${probePort}`;
  await becomesReady(child, probeUrl, logFile);
  return {
    probeUrl,
    metricsUrl: `http://127.0.0.1:${metricsPort}/metrics`,
    logFile,
    pid: child.pid,
    exited: child.exited,
    log: () => readFile(logFile, "utf8"),
    stop() {
      if (!child.gone) process.kill(child.pid, "SIGTERM");
      return child.exited;
    },
    kill: () => child.kill(),
  };
}

async function redirect(kubeconfig: string, from: string, to: string): Promise<void> {
  await writeFile(kubeconfig, (await readFile(kubeconfig, "utf8")).replaceAll(from, to), { mode: 0o600 });
}

async function writeToken(kubeconfig: string): Promise<string> {
  const parsed = parse(await readFile(kubeconfig, "utf8")) as { users?: { user?: { token?: string } }[] };
  const token = parsed.users?.[0]?.user?.token;
  if (token === undefined) throw new Error(`${kubeconfig} holds no token`);
  const file = `${kubeconfig}.token`;
  await writeFile(file, token, { mode: 0o600 });
  return file;
}

async function becomesReady(child: Child, probeUrl: string, logFile: string): Promise<void> {
  const deadline = systemClock.monotonic() + READY_WITHIN_MS;
  while (!child.gone) {
    if (await answersOk(`${probeUrl}/readyz`)) return;
    if (systemClock.monotonic() > deadline) {
      await child.kill();
      throw new Error(
        `the manager was not ready within ${READY_WITHIN_MS / 1000} s; its log ends:\n${await tailOf(logFile)}`,
      );
    }
    await systemClock.sleep(READY_POLL_MS);
  }
  throw new Error(`the manager ended with ${await child.exited}; its log ends:\n${await tailOf(logFile)}`);
}

async function answersOk(url: string): Promise<boolean> {
  try {
    const { statusCode, body } = await request(url);
    await body.dump();
    return statusCode === 200;
  } catch {
    return false;
  }
}

/** The three processes, started in the order they need one another, each waited for until it works. */
import { access, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { systemClock } from "#clock";
import { type AdminClient, createAdminClient } from "./admin-client.ts";
import {
  AUDIT_POLICY,
  apiServerArgs,
  CERTIFICATE_FILE,
  CERTIFICATE_KEY_FILE,
  controllerManagerArgs,
  ETCD_SOCKET,
  etcdArgs,
} from "./arguments.ts";
import type { Binaries } from "./binaries.ts";
import { type Child, startChild, tailOf } from "./child.ts";
import { type Credentials, writeKubeconfig } from "./credentials.ts";
import { freePort } from "./ports.ts";
import type { BinaryName } from "./versions.ts";

/** Far beyond the usual two seconds: a loaded machine is slow, not broken. */
const START_TIMEOUT_MS = 90_000;
const POLL_MS = 20;
/** A quarter of kube-apiserver's CPU is garbage collection; here memory is cheaper than CPU. */
const GO_RUNTIME = { GOGC: process.env.GOGC ?? "400" };
const PORT_ATTEMPTS = 10;

export interface ServersOptions {
  /** All of their files go there. */
  directory: string;
  binaries: Binaries;
  credentials: Credentials;
  auditLog: boolean;
  keepHistory: boolean;
  log: (line: string) => void;
}

export class Servers {
  readonly #options: ServersOptions;
  #running = new Map<BinaryName, Child>();
  #stopping = false;
  #port = 0;
  #ca = "";
  #client: AdminClient | undefined;

  constructor(options: ServersOptions) {
    this.#options = options;
  }

  get url(): string {
    return `https://127.0.0.1:${this.#port}`;
  }

  get caFile(): string {
    return this.#file(CERTIFICATE_FILE);
  }

  get ca(): string {
    return this.#ca;
  }

  get auditLogFile(): string {
    return this.#file("audit.log");
  }

  get client(): AdminClient {
    if (this.#client === undefined) throw new Error("kube-apiserver is not running");
    return this.#client;
  }

  async start(): Promise<void> {
    const etcd = await this.#launch("etcd", etcdArgs());
    await this.#until(etcd, "listens", () => exists(this.#file(ETCD_SOCKET)));
    await this.#startApiServer();
    await this.#startControllerManager();
  }

  /** SIGKILL to all: the data goes with the folder, so nobody needs to say goodbye. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all([...this.#running.values()].map((child) => child.kill()));
    await this.#client?.close();
    this.#client = undefined;
  }

  async restartApiServer(): Promise<void> {
    const old = this.#running.get("kube-apiserver");
    if (old === undefined || this.#stopping) throw new Error("kube-apiserver is not running");
    this.#running.delete("kube-apiserver");
    await old.kill();
    for (let attempt = 1; ; attempt++) {
      if (await this.#tryApiServer()) return;
      // Somebody has our port for a moment. No other one will do: the clients know this one.
      if (attempt === PORT_ATTEMPTS)
        throw new Error(`kube-apiserver cannot come back: port ${this.#port} is taken`);
      await systemClock.sleep(500);
    }
  }

  /** Resolves when the new process runs; it catches up from lists with whatever happened in between. */
  async restartControllerManager(): Promise<void> {
    const old = this.#running.get("kube-controller-manager");
    if (old === undefined || this.#stopping) throw new Error("kube-controller-manager is not running");
    this.#running.delete("kube-controller-manager");
    await old.kill();
    await this.#startControllerManager();
  }

  async #startApiServer(): Promise<void> {
    if (this.#options.auditLog) await writeFile(this.#file("audit-policy.yaml"), AUDIT_POLICY);
    for (let attempt = 1; attempt <= PORT_ATTEMPTS; attempt++) {
      this.#port = await freePort();
      if (await this.#tryApiServer()) return;
    }
    throw new Error(`kube-apiserver found its port taken ${PORT_ATTEMPTS} times in a row`);
  }

  /** False when somebody else took the port before the server bound it. */
  async #tryApiServer(): Promise<boolean> {
    const { credentials, auditLog, keepHistory } = this.#options;
    const audit = { policyFile: this.#file("audit-policy.yaml"), logFile: this.auditLogFile };
    const child = await this.#launch(
      "kube-apiserver",
      apiServerArgs({ port: this.#port, credentials, keepHistory, ...(auditLog && { audit }) }),
    );
    try {
      // The key is written after the certificate: when it is there, the certificate is whole.
      await this.#until(child, "has a certificate", () => exists(this.#file(CERTIFICATE_KEY_FILE)));
      this.#ca = await readFile(this.caFile, "utf8");
      await this.#client?.close();
      const client = createAdminClient(this.url, credentials.adminToken, this.#ca);
      this.#client = client;
      await this.#until(child, "is ready", async () => (await client.get("/readyz")).status === 200);
      return true;
    } catch (error) {
      if (child.gone && (await tailOf(this.#logFile(child.name))).includes("address already in use"))
        return false;
      throw error;
    }
  }

  async #startControllerManager(): Promise<void> {
    const kubeconfig = this.#file("kube-controller-manager.kubeconfig");
    await writeKubeconfig(kubeconfig, {
      server: this.url,
      ca: this.#ca,
      user: "system:kube-controller-manager",
      token: this.#options.credentials.controllerManagerToken,
    });
    const child = await this.#launch("kube-controller-manager", controllerManagerArgs({ kubeconfig }));
    // It serves no health port; what it has made shows that it works. Pods cannot be created before these two exist.
    const made = ["serviceaccounts/default", "configmaps/kube-root-ca.crt"];
    await this.#until(child, "controls", async () => {
      const answers = await Promise.all(
        made.map((name) => this.client.get(`/api/v1/namespaces/default/${name}`)),
      );
      return answers.every(({ status }) => status === 200);
    });
  }

  async #launch(name: BinaryName, args: readonly string[]): Promise<Child> {
    if (this.#stopping) throw new Error(`start ${name}: the control plane is being stopped`);
    const { directory, binaries, log } = this.#options;
    const child = await startChild({
      name,
      command: binaries[name],
      args,
      cwd: directory,
      logFile: this.#logFile(name),
      env: { ...process.env, ...GO_RUNTIME },
    });
    this.#running.set(name, child);
    // Servers that die later would only show as requests that hang; whoever looks at the output shall see why.
    void child.exited.then(async (how) => {
      if (this.#stopping || this.#running.get(name) !== child || !this.#started.has(child)) return;
      log(`${name} ended unexpectedly (${how}). The end of its log:\n${await tailOf(this.#logFile(name))}`);
    });
    return child;
  }

  /** Children that got as far as working; one that did not is reported by the error of its start. */
  readonly #started = new WeakSet<Child>();

  async #until(child: Child, what: string, isSo: () => Promise<boolean>): Promise<void> {
    const deadline = systemClock.monotonic() + START_TIMEOUT_MS;
    while (!(await isSo())) {
      const late = systemClock.monotonic() > deadline;
      if (child.gone || late) {
        const how = child.gone
          ? `it ended (${await child.exited})`
          : `nothing after ${START_TIMEOUT_MS / 1000} s`;
        const log = this.#logFile(child.name);
        throw new Error(
          `waiting until ${child.name} ${what}: ${how}. The end of ${log}:\n${await tailOf(log)}`,
        );
      }
      await systemClock.sleep(POLL_MS);
    }
    this.#started.add(child);
  }

  #file(name: string): string {
    return join(this.#options.directory, name);
  }

  #logFile(name: string): string {
    return this.#file(`${name}.log`);
  }
}

async function exists(file: string): Promise<boolean> {
  try {
    await access(file);
    return true;
  } catch {
    return false;
  }
}

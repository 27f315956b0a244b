/**
 * Credentials from a program (client.authentication.k8s.io), as `aws eks get-token` and its like give them.
 *
 * The plugin is run once at a time and its answer kept until `expirationTimestamp`, or until the server refuses it. It
 * runs without a terminal: a plugin that must ask somebody cannot work in an operator.
 */
import { execFile } from "node:child_process";
import type { Clock } from "#clock";
import type { ExecPlugin } from "../cluster-config-types.ts";
import { isJsonObject } from "../json.ts";
import { clean } from "../status-error.ts";
import { type Credential, CredentialError } from "./credential.ts";

const timeoutMs = 60_000;
const maxOutputBytes = 1 << 20;

interface Held {
  readonly credential: Credential;
  readonly expiresAt: number;
}

export class ExecPluginSource {
  readonly #plugin: ExecPlugin;
  readonly #clock: Clock;
  readonly #stop = new AbortController();
  #held: Held | undefined;
  #running: Promise<Held> | undefined;

  constructor(plugin: ExecPlugin, clock: Clock) {
    this.#plugin = plugin;
    this.#clock = clock;
  }

  async current(): Promise<Credential> {
    if (this.#held !== undefined && this.#clock.now() < this.#held.expiresAt) return this.#held.credential;
    this.#running ??= this.#refresh().finally(() => {
      this.#running = undefined;
    });
    return (await this.#running).credential;
  }

  /** Only forgets what was refused: a late 401 must not throw away what another call has fetched since. */
  drop(used: Credential): void {
    const held = this.#held?.credential;
    if (held === undefined) return;
    if (
      held.token === used.token &&
      (held.certificate === undefined || held.certificate.cert === used.certificate?.cert)
    ) {
      this.#held = undefined;
    }
  }

  close(): void {
    this.#stop.abort();
  }

  async #refresh(): Promise<Held> {
    const output = await this.#run();
    this.#held = parseAnswer(output, this.#plugin);
    return this.#held;
  }

  #run(): Promise<string> {
    const { command, args, env, apiVersion, cluster } = this.#plugin;
    const info = {
      apiVersion,
      kind: "ExecCredential",
      spec: { interactive: false, ...(cluster !== undefined && { cluster }) },
    };
    return new Promise((resolve, reject) => {
      const limit = new AbortController();
      let cancel = (): void => {};
      const child = execFile(
        command,
        [...args],
        {
          env: { ...env, KUBERNETES_EXEC_INFO: JSON.stringify(info) },
          signal: AbortSignal.any([limit.signal, this.#stop.signal]),
          killSignal: "SIGKILL",
          maxBuffer: maxOutputBytes,
          windowsHide: true,
        },
        (error, stdout, stderr) => {
          cancel();
          if (error === null) resolve(stdout);
          else reject(this.#failure(error, stderr, limit.signal.aborted));
        },
      );
      // Only now: had the start thrown, nobody would cancel the timer.
      cancel = this.#clock.after(timeoutMs, () => limit.abort());
      // Without this a plugin that asks for a password would wait for ever instead of reading end-of-file.
      child.stdin?.on("error", () => {});
      child.stdin?.end();
    });
  }

  #failure(error: Error & { code?: unknown }, stderr: string, timedOut: boolean): CredentialError {
    const { command, installHint } = this.#plugin;
    const who = `exec plugin ${command}`;
    if (error.code === "ENOENT" || error.code === "EACCES") {
      const hint = installHint === undefined ? "" : `; ${installHint.trim()}`;
      return new CredentialError(
        `${who}: ${error.code === "ENOENT" ? "not found" : "not executable"}${hint}`,
      );
    }
    if (timedOut) return new CredentialError(`${who}: no answer within ${timeoutMs / 1000} s`);
    // `error.message` repeats the command line, which may hold secrets, so it is neither shown nor kept as the cause.
    const said = clean(stderr.trim().slice(-500));
    const ended =
      typeof error.code === "number"
        ? `exit code ${error.code}`
        : `failed (${String(error.code ?? error.name)})`;
    return new CredentialError(`${who}: ${ended}${said === "" ? "" : `: ${said}`}`);
  }
}

function parseAnswer(output: string, plugin: ExecPlugin): Held {
  const fail = (why: string) => new CredentialError(`exec plugin ${plugin.command}: ${why}`);
  let answer: unknown;
  try {
    answer = JSON.parse(output);
  } catch {
    // The parser's message quotes the text, which is the credential.
    throw fail("its output is not JSON");
  }
  if (!isJsonObject(answer) || answer.kind !== "ExecCredential")
    throw fail("its output is not an ExecCredential");
  if (answer.apiVersion !== plugin.apiVersion) {
    throw fail(
      `it answered with apiVersion ${String(answer.apiVersion)}, the kubeconfig wants ${plugin.apiVersion}`,
    );
  }
  const status = answer.status;
  if (!isJsonObject(status)) throw fail("its answer has no status");
  const token = text(status.token)?.trim();
  const cert = text(status.clientCertificateData);
  const key = text(status.clientKeyData);
  if ((cert === undefined) !== (key === undefined))
    throw fail("it gave a client certificate or key without the other");
  if (token === undefined && cert === undefined)
    throw fail("it gave neither a token nor a client certificate");
  const expires = status.expirationTimestamp;
  const expiresAt =
    expires === undefined || expires === null ? Number.POSITIVE_INFINITY : Date.parse(String(expires));
  if (Number.isNaN(expiresAt)) throw fail("its expirationTimestamp is not a time");
  return {
    expiresAt,
    credential: {
      ...(token !== undefined && { token }),
      ...(cert !== undefined && key !== undefined && { certificate: { cert, key } }),
    },
  };
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

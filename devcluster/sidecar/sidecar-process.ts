import type { Random } from "#clock";
import { TaskEngine } from "./engine.ts";
import type { SidecarEnvironment } from "./handlers/context.ts";
import type { TaskJournal } from "./journal.ts";
import type { ScriptBook } from "./scripts.ts";

const requiredVariables = [
  "SEI_CHAIN_ID",
  "SEI_GENESIS_BUCKET",
  "SEI_GENESIS_REGION",
  "SEI_SNAPSHOT_BUCKET",
  "SEI_SNAPSHOT_REGION",
];

/** Why `seictl serve` would refuse to start with this environment; undefined when it would start. */
export function startupProblem(variables: Readonly<Record<string, string>>): string | undefined {
  const missing = requiredVariables.find((name) => (variables[name] ?? "") === "");
  if (missing !== undefined) return `${missing} is required`;
  const mode = authnModeText(variables);
  if (!["", "unauthenticated", "trusted-header"].includes(mode))
    return `invalid SEI_SIDECAR_AUTHN_MODE "${mode}"`;
  const backend = variables.SEI_KEYRING_BACKEND ?? "";
  if (!["", "test", "file", "os"].includes(backend)) return `invalid SEI_KEYRING_BACKEND "${backend}"`;
  if (backend === "file" && (variables.SEI_KEYRING_PASSPHRASE ?? "") === "") {
    return "SEI_KEYRING_PASSPHRASE is required for the file backend";
  }
  return undefined;
}

export interface SidecarProcessOptions {
  environment: SidecarEnvironment;
  random: Random;
  scripts: ScriptBook;
  journal: TaskJournal;
  onReadyChange: () => void;
  /** The process is gone; the container exits with this code. */
  onExit: (code: number) => void;
}

/** One run of the sei-sidecar container. */
export class SidecarProcess {
  readonly engine: TaskEngine;
  readonly environment: SidecarEnvironment;
  /** In trusted-header mode the sidecar listens on loopback only and wants X-Remote-User. */
  readonly trustsHeader: boolean;
  readonly port: number;
  readonly #onExit: (code: number) => void;
  #exited = false;

  constructor(options: SidecarProcessOptions) {
    this.environment = options.environment;
    this.trustsHeader = authnModeText(options.environment.variables) === "trusted-header";
    this.port = Number(options.environment.variables.SEI_SIDECAR_PORT ?? "7777");
    this.#onExit = options.onExit;
    this.engine = new TaskEngine({ ...options, onPanic: () => this.crash(2) });
    const { files } = options.environment.volume;
    if (!files.toml.has("config.toml")) files.toml.set("config.toml", {});
    this.engine.start();
  }

  /** SIGTERM. */
  shutDown(): void {
    this.#exit(0, () => this.engine.shutDown());
  }

  /** Dies without storing anything. */
  crash(code = 137): void {
    this.#exit(code, () => this.engine.die());
  }

  #exit(code: number, end: () => void): void {
    if (this.#exited) return;
    this.#exited = true;
    end();
    this.#onExit(code);
  }
}

function authnModeText(variables: Readonly<Record<string, string>>): string {
  return (variables.SEI_SIDECAR_AUTHN_MODE ?? "").trim().toLowerCase();
}

/** Tasks that edit config.toml and app.toml. */
import { isTable, type TomlTable } from "../files.ts";
import { isBooleanKey, isIntegerKey, isKnownKey } from "./config-keys.ts";
import type { TaskHandler } from "./context.ts";

const modes: ReadonlySet<string> = new Set(["validator", "full", "seed", "archive", "rpc", "indexer"]);
const currentTargetVersion = 2;

interface ConfigProblem {
  severity: "error";
  field: string;
  message: string;
}

export const configApply: TaskHandler = ({ params, volume }) => {
  const { incremental, targetVersion = 0 } = params;
  const overrides = stringMap(params.overrides);
  const unknown = Object.keys(overrides).filter((key) => !isKnownKey(key));
  if (unknown.length > 0) throw new Error(`unknown override key: ${unknown.sort().join(", ")}`);
  const mode = resolveMode(params.mode, incremental === true, volume.files.mode);
  const problems = validateOverrides(overrides);
  if (
    !Number.isInteger(targetVersion) ||
    Number(targetVersion) < 0 ||
    Number(targetVersion) > currentTargetVersion
  ) {
    problems.push({
      severity: "error",
      field: "version",
      message: `unsupported target version ${String(targetVersion)}`,
    });
  }
  if (problems.length > 0) throw new Error(`config validation failed: ${JSON.stringify(problems)}`);

  const { files } = volume;
  files.mode = mode;
  if (incremental === true) {
    files.overrides = { ...files.overrides, ...overrides };
  } else {
    // Generated from scratch: whatever earlier tasks wrote about peers and state sync is gone.
    files.overrides = overrides;
    files.toml.set("config.toml", { p2p: { "persistent-peers": "", "external-address": "" } });
    files.toml.set("app.toml", {});
  }
  const p2p: TomlTable = {};
  const externalAddress = overrides["network.p2p.external_address"];
  const persistentPeers = overrides["network.p2p.persistent_peers"];
  if (externalAddress !== undefined) p2p["external-address"] = externalAddress;
  if (persistentPeers !== undefined) p2p["persistent-peers"] = persistentPeers;
  files.patch("config.toml", { p2p });
};

export const configPatch: TaskHandler = ({ params, volume }) => {
  const patches = isTable(params.files) ? Object.entries(params.files) : [];
  if (patches.length === 0) throw new Error("config-patch: no files to patch");
  for (const [file, changes] of patches) {
    if (!isTable(changes)) throw new Error(`config-patch: ${file}: patch must be an object`);
  }
  for (const [file, changes] of patches) if (isTable(changes)) volume.files.patch(file, changes);
};

export const configValidate: TaskHandler = ({ volume }) => {
  if (volume.files.toml.has("config.toml")) return;
  const problem: ConfigProblem = { severity: "error", field: "config.toml", message: "file not found" };
  throw new Error(`config validation failed: ${JSON.stringify(problem)}`);
};

const hotReloadable: ReadonlySet<string> = new Set([
  "logging.level",
  "mempool.size",
  "network.p2p.max_connections",
]);

export const configReload: TaskHandler = ({ params, volume }) => {
  const fields = stringMap(params.fields);
  for (const field of Object.keys(fields)) {
    if (!hotReloadable.has(field)) throw new Error(`field "${field}" is not hot-reloadable`);
  }
  volume.files.overrides = { ...volume.files.overrides, ...fields };
};

function resolveMode(value: unknown, incremental: boolean, current: string | undefined): string {
  const mode = value === undefined || value === "" ? (incremental ? current : undefined) : value;
  if (mode === undefined) throw new Error("config intent: mode is required");
  if (typeof mode !== "string" || !modes.has(mode)) {
    const problem: ConfigProblem = {
      severity: "error",
      field: "mode",
      message: `unknown mode ${JSON.stringify(mode)}`,
    };
    throw new Error(`config validation failed: ${JSON.stringify([problem])}`);
  }
  return mode;
}

function validateOverrides(overrides: Readonly<Record<string, string>>): ConfigProblem[] {
  return Object.entries(overrides).flatMap(([field, value]): ConfigProblem[] => {
    const problem = (message: string): ConfigProblem[] => [{ severity: "error", field, message }];
    if (isIntegerKey(field) && !/^-?\d+$/.test(value))
      return problem(`${JSON.stringify(value)} is not an integer`);
    if (isBooleanKey(field) && !/^(true|false)$/.test(value))
      return problem(`${JSON.stringify(value)} is not a boolean`);
    return [];
  });
}

function stringMap(value: unknown): Readonly<Record<string, string>> {
  if (value === undefined || value === null) return {};
  if (!isTable(value)) throw new Error("overrides must be an object of strings");
  return Object.fromEntries(
    Object.entries(value).map(([key, entry]) => {
      if (typeof entry !== "string") throw new Error(`override "${key}" must be a string`);
      return [key, entry];
    }),
  );
}

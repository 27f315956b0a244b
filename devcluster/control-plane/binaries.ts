/** Finds the binaries of the control plane: given by the environment, cached, or built now. */
import { constants } from "node:fs";
import { access, mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { withBuildLock } from "./build-lock.ts";
import { buildBinaries } from "./go-build.ts";
import { run } from "./run.ts";
import { findGo } from "./toolchain.ts";
import { BINARY_NAMES, type BinaryName, MODULE_DIR, pinnedVersions } from "./versions.ts";

/** Absolute path of each. */
export type Binaries = Readonly<Record<BinaryName, string>>;

export interface FindOptions {
  /** Default: `process.env`. */
  env?: Readonly<Record<string, string | undefined>>;
  log?: (line: string) => void;
}

/**
 * Paths of four binaries that run on this machine. `TEST_ASSET_<NAME>` wins, then `KUBEBUILDER_ASSETS/<name>` where
 * that exists, then the cache; what the cache lacks, or has in a form that does not run, is built into it. Rejects with
 * what to install or free when that is impossible. Two processes never build at once.
 */
export async function findBinaries(options: FindOptions = {}): Promise<Binaries> {
  const env = options.env ?? process.env;
  const log = options.log ?? ((line) => console.error(line));
  const found = new Map<BinaryName, string>();
  for (const name of BINARY_NAMES) {
    const given = await givenBinary(name, env);
    if (given !== undefined) found.set(name, given);
  }
  const wanted = BINARY_NAMES.filter((name) => !found.has(name));
  if (wanted.length > 0) {
    for (const [name, path] of await cachedOrBuilt(wanted, env, log)) found.set(name, path);
  }
  const path = (name: BinaryName) => {
    const value = found.get(name);
    if (value === undefined) throw new Error(`${name} was neither found nor built`);
    return value;
  };
  return {
    etcd: path("etcd"),
    "kube-apiserver": path("kube-apiserver"),
    "kube-controller-manager": path("kube-controller-manager"),
    kubectl: path("kubectl"),
  };
}

/** `$XDG_CACHE_HOME/sei-devcluster`, or `~/.cache/sei-devcluster`. Outside the checkout, so that clones share it. */
export function cacheRoot(env: Readonly<Record<string, string | undefined>>): string {
  return join(env.XDG_CACHE_HOME || join(env.HOME || homedir(), ".cache"), "sei-devcluster");
}

async function givenBinary(name: BinaryName, env: FindOptions["env"] = {}): Promise<string | undefined> {
  const variable = `TEST_ASSET_${name.toUpperCase().replaceAll("-", "_")}`;
  const path = env[variable];
  if (path) {
    // Naming one file and getting another would hide a typo.
    if (!(await isExecutable(path))) throw new Error(`${variable}=${path}: no executable file is there`);
    return path;
  }
  // A folder of assets often lacks the controller manager (envtest's does): what it lacks is built.
  const asset = env.KUBEBUILDER_ASSETS && join(env.KUBEBUILDER_ASSETS, name);
  return asset && (await isExecutable(asset)) ? asset : undefined;
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

type Found = [BinaryName, string][];

async function cachedOrBuilt(
  names: readonly BinaryName[],
  env: Readonly<Record<string, string | undefined>>,
  log: (line: string) => void,
): Promise<Found> {
  const versions = await pinnedVersions();
  const root = cacheRoot(env);
  const prefix = `kubernetes-${versions.kubernetes}-etcd-${versions.etcd}-${process.platform}-${process.arch}`;
  const go = await findGo(MODULE_DIR, env);
  if (go.problem !== undefined) {
    // A machine without Go may well have what an earlier Go built, or what was copied there.
    const entry = await newestEntry(root, prefix);
    const usable = entry === undefined ? undefined : await usableBinaries(entry, names);
    if (usable?.length === names.length) return usable;
    throw new Error(go.problem);
  }
  const entry = join(root, `${prefix}-${go.version}`);
  const usable = await usableBinaries(entry, names);
  if (usable.length === names.length) return usable;

  await mkdir(entry, { recursive: true });
  return withBuildLock({ file: `${entry}.lock`, log }, async () => {
    // Whoever held the lock before us has probably built it all.
    const ready = await usableBinaries(entry, names);
    const missing = names.filter((name) => !ready.some(([other]) => other === name));
    for (const name of missing) {
      if (await isExecutable(join(entry, name))) log(`${join(entry, name)} does not run: building it again`);
    }
    if (missing.length > 0)
      await buildBinaries({ names: missing, versions, root, entry, goCommand: go.command, env, log });
    const built = await usableBinaries(entry, names);
    const broken = names.find((name) => !built.some(([other]) => other === name));
    if (broken)
      throw new Error(
        `${join(entry, broken)} was just built and does not run: ${await whyNot(join(entry, broken))}`,
      );
    return built;
  });
}

async function newestEntry(root: string, prefix: string): Promise<string | undefined> {
  const names = await readdir(root).catch(() => []);
  const entries = names.filter((name) => name.startsWith(`${prefix}-`) && !name.endsWith(".lock"));
  const last = entries.sort((a, b) => a.localeCompare(b, "en", { numeric: true })).at(-1);
  return last === undefined ? undefined : join(root, last);
}

/** Size and modification time at which a binary was last seen to run; a change of either asks for a new look. */
type Verified = Record<string, { size: number; mtimeMs: number }>;

/** Those of `names` that are in the entry and run. Asking all four for their version costs 0.3 s, so answers are kept. */
async function usableBinaries(entry: string, names: readonly BinaryName[]): Promise<Found> {
  const file = join(entry, "verified.json");
  const verified = await readVerified(file);
  let learned = false;
  const checks = names.map(async (name): Promise<Found> => {
    const path = join(entry, name);
    const now = await stat(path).catch(() => undefined);
    if (now === undefined) return [];
    const then = verified[name];
    if (then?.size === now.size && then.mtimeMs === now.mtimeMs) return [[name, path]];
    if ((await whyNot(path)) !== undefined) return [];
    verified[name] = { size: now.size, mtimeMs: now.mtimeMs };
    learned = true;
    return [[name, path]];
  });
  const found = (await Promise.all(checks)).flat();
  // A lost or torn write only means that the next start looks again.
  if (learned) await writeFile(file, JSON.stringify(verified)).catch(() => {});
  return found;
}

async function readVerified(file: string): Promise<Verified> {
  try {
    return JSON.parse(await readFile(file, "utf8"));
  } catch {
    return {};
  }
}

/** Why the binary does not run, or undefined when it does. */
async function whyNot(path: string): Promise<string | undefined> {
  const args = path.endsWith("kubectl") ? ["version", "--client"] : ["--version"];
  const { code, stdout, stderr, problem } = await run(path, args, { timeoutMs: 30_000 });
  if (code !== 0) return stderr.trim() || problem || `exit code ${code}`;
  // An executable file of zero bytes "succeeds": the kernel refuses it, and libc gives it to a shell instead.
  return /\d+\.\d+\.\d+/.test(stdout) ? undefined : `it says "${stdout.trim()}" when asked for its version`;
}

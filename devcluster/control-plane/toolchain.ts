/** Is there what a build needs: Go, and room on the disk? */
import { mkdir, stat, statfs } from "node:fs/promises";
import { run } from "./run.ts";
import { pinnedVersions } from "./versions.ts";

type Env = Readonly<Record<string, string | undefined>>;

export type GoFound =
  | { command: string; version: string; problem?: undefined }
  | { command?: undefined; version?: undefined; problem: string };

const INSTALL = `Install it from https://go.dev/dl/ (or: brew install go, snap install go --classic) and have "go" on the PATH.
Or point KUBEBUILDER_ASSETS at a folder with etcd, kube-apiserver, kube-controller-manager and kubectl.`;

/** The `go` on the PATH and the version it builds this module with (`go1.26.8`), or words that say what to install. */
export async function findGo(moduleDir: string, env: Env): Promise<GoFound> {
  const { go: wanted } = await pinnedVersions(moduleDir);
  // Inside the module, so that a Go with GOTOOLCHAIN=auto answers with the toolchain it would fetch for it.
  const result = await run("go", ["env", "GOVERSION"], { cwd: moduleDir, env });
  if (result.problem?.includes("ENOENT")) {
    return {
      problem: `Building the control plane needs Go ${wanted} or newer, and there is no "go" on the PATH.\n${INSTALL}`,
    };
  }
  if (result.code !== 0) {
    const said = result.stderr.trim() || result.problem;
    return {
      problem: `Building the control plane needs Go ${wanted} or newer. "go env GOVERSION" said: ${said}\n${INSTALL}`,
    };
  }
  const version = result.stdout.trim();
  if (!atLeast(version, wanted)) {
    return {
      problem: `Building the control plane needs Go ${wanted} or newer; the "go" on the PATH is ${version}.\n${INSTALL}`,
    };
  }
  return { command: "go", version };
}

/** `go1.26.8` is at least `1.26.0`. A version that is not a release (`devel`) is taken at its word. */
function atLeast(version: string, wanted: string): boolean {
  const have = /^go(\d+)\.(\d+)(?:\.(\d+))?/.exec(version)?.slice(1);
  if (have === undefined) return true;
  const want = wanted.split(".");
  for (let i = 0; i < 3; i++) {
    const difference = Number(have[i] ?? 0) - Number(want[i] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}

const GIB = 1024 ** 3;

export interface SpaceNeed {
  what: string;
  folder: string;
  bytes: number;
}

/** Measured on linux/amd64, cold, with some room to spare. */
export function spaceNeeds(folders: {
  buildCache: string;
  moduleCache: string;
  binaries: string;
}): SpaceNeed[] {
  return [
    { what: "Go's build cache", folder: folders.buildCache, bytes: 5.5 * GIB },
    { what: "Go modules", folder: folders.moduleCache, bytes: 1.5 * GIB },
    { what: "the binaries", folder: folders.binaries, bytes: 1 * GIB },
  ];
}

export interface Disk {
  /** Which disk the folder is on, and how much of it we may still fill. */
  free(folder: string): Promise<{ device: number; bytes: number }>;
}

export const realDisk: Disk = {
  async free(folder) {
    await mkdir(folder, { recursive: true });
    const { bavail, bsize } = await statfs(folder);
    return { device: (await stat(folder)).dev, bytes: bavail * bsize };
  },
};

/** Words that say which disk is too full for the build, or undefined. Folders on one disk are added up. */
export async function diskProblem(
  needs: readonly SpaceNeed[],
  disk: Disk = realDisk,
): Promise<string | undefined> {
  const perDevice = new Map<number, { needs: SpaceNeed[]; free: number }>();
  for (const need of needs) {
    const { device, bytes } = await disk.free(need.folder);
    const entry = perDevice.get(device) ?? { needs: [], free: bytes };
    entry.needs.push(need);
    perDevice.set(device, entry);
  }
  for (const { needs: on, free } of perDevice.values()) {
    const total = on.reduce((sum, need) => sum + need.bytes, 0);
    if (free >= total) continue;
    const parts = on.map((need) => `  ${gib(need.bytes)} for ${need.what} (${need.folder})`);
    return `Building the control plane wants ${gib(total)} of free disk, and there are ${gib(free)}:
${parts.join("\n")}
Free some, or move those folders with GOCACHE, GOMODCACHE and XDG_CACHE_HOME. If Go has built it before and needs
less, set DEVCLUSTER_SKIP_DISK_CHECK=1.`;
  }
  return undefined;
}

function gib(bytes: number): string {
  return `${(bytes / GIB).toFixed(1)} GiB`;
}

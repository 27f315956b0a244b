/** Builds control plane binaries with `go build` and says how far it is. */
import { spawn } from "node:child_process";
import { mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { systemClock } from "#clock";
import { startProgress } from "./progress.ts";
import { run } from "./run.ts";
import { diskProblem, spaceNeeds } from "./toolchain.ts";
import { type BinaryName, MODULE_DIR, type PinnedVersions } from "./versions.ts";

export interface BuildOptions {
  names: readonly BinaryName[];
  versions: PinnedVersions;
  /** Holds the temporary folders: same disk as `entry`, so that a rename moves. */
  root: string;
  entry: string;
  goCommand: string;
  env: Readonly<Record<string, string | undefined>>;
  log: (line: string) => void;
}

const PACKAGES: Record<BinaryName, string> = {
  etcd: "go.etcd.io/etcd/server/v3",
  "kube-apiserver": "k8s.io/kubernetes/cmd/kube-apiserver",
  "kube-controller-manager": "k8s.io/kubernetes/cmd/kube-controller-manager",
  kubectl: "k8s.io/kubernetes/cmd/kubectl",
};

/** What `go list -deps` of all four prints; with a warm build cache fewer are compiled. */
const PACKAGES_EXPECTED = 2716;

/** Builds the binaries into `entry`, each put in place by a rename: a reader never sees half a file. */
export async function buildBinaries(options: BuildOptions): Promise<void> {
  const { names, root, entry, log } = options;
  await removeLeftovers(root);
  await checkDisk(options);
  log(
    `Building ${names.join(", ")} (Kubernetes ${options.versions.kubernetes}, etcd ${options.versions.etcd}) into ${entry}.`,
  );
  log("That takes about 5 minutes on two cores the first time, seconds when Go has built it before.");
  const folder = await mkdtemp(join(root, `build-${process.pid}-`));
  try {
    await goBuild(options, folder);
    for (const name of names) {
      // go names a binary after its package's folder, and a major version suffix does not count.
      await rename(join(folder, name === "etcd" ? "server" : name), join(entry, name));
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function goBuild(options: BuildOptions, folder: string): Promise<void> {
  const args = [
    "build",
    "-v",
    "-mod=readonly",
    "-trimpath",
    "-buildvcs=false",
    "-ldflags",
    ldflags(options.versions),
    "-o",
    `${folder}/`,
    ...options.names.map((name) => PACKAGES[name]),
  ];
  const child = spawn(options.goCommand, args, {
    cwd: MODULE_DIR,
    // No cgo: then no C compiler is needed either.
    env: { ...options.env, CGO_ENABLED: "0", GOWORK: "off" },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const ended = new Promise<string | undefined>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", (code, signal) => resolve(code === 0 ? undefined : `exit code ${code ?? signal}`));
  });
  const progress = startProgress({ expected: PACKAGES_EXPECTED, log: options.log, clock: systemClock });
  const complaints: string[] = [];
  try {
    for await (const line of createInterface({ input: child.stderr })) {
      if (line.startsWith("go: downloading ")) progress.downloading();
      else if (isPackage(line)) progress.compiling();
      else complaints.push(line);
    }
    const problem = await ended;
    if (problem !== undefined) {
      throw new Error(
        `go build of the control plane failed (${problem}) in ${MODULE_DIR}:\n${complaints.slice(-20).join("\n")}`,
      );
    }
    progress.done();
  } finally {
    progress.stop();
    child.kill("SIGKILL");
  }
}

/** `go build -v` names each package it compiles on a line of its own; everything else has spaces or a colon in it. */
function isPackage(line: string): boolean {
  return /^[\w./~+-]+$/.test(line);
}

/** What Kubernetes' own build stamps; without it the server calls itself v0.0.0 and clients refuse features. */
function ldflags(versions: PinnedVersions): string {
  const [, major, minor] = /^v(\d+)\.(\d+)/.exec(versions.kubernetes) ?? [];
  const stamps = { gitVersion: versions.kubernetes, gitMajor: major, gitMinor: minor, gitTreeState: "clean" };
  const packages = ["k8s.io/component-base/version", "k8s.io/client-go/pkg/version"];
  const flags = packages.flatMap((path) =>
    Object.entries(stamps).map(([key, value]) => `-X ${path}.${key}=${value}`),
  );
  return ["-s", "-w", ...flags].join(" ");
}

async function checkDisk({ env, goCommand, entry }: BuildOptions): Promise<void> {
  if (env.DEVCLUSTER_SKIP_DISK_CHECK) return;
  const { stdout } = await run(goCommand, ["env", "GOCACHE", "GOMODCACHE"], { cwd: MODULE_DIR, env });
  const [buildCache, moduleCache] = stdout.trim().split("\n");
  if (!buildCache || !moduleCache) return; // go build itself will say what is wrong with its environment
  const problem = await diskProblem(spaceNeeds({ buildCache, moduleCache, binaries: entry }));
  if (problem !== undefined) throw new Error(problem);
}

/** Folders of builds that were killed. */
async function removeLeftovers(root: string): Promise<void> {
  for (const name of await readdir(root)) {
    const pid = /^build-(\d+)-/.exec(name)?.[1];
    if (pid !== undefined && !isAlive(Number(pid)))
      await rm(join(root, name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

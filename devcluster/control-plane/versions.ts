/** What is built, read from devcluster/controlplane/go.mod: the one place that pins it. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** The Go module that pins the control plane. */
export const MODULE_DIR = join(import.meta.dirname, "..", "controlplane");

export const BINARY_NAMES = ["etcd", "kube-apiserver", "kube-controller-manager", "kubectl"] as const;
export type BinaryName = (typeof BINARY_NAMES)[number];

export interface PinnedVersions {
  /** `v1.36.3` */
  kubernetes: string;
  /** `v3.6.8` */
  etcd: string;
  /** The least Go version that can build it: `1.26.0`. */
  go: string;
}

export async function pinnedVersions(moduleDir = MODULE_DIR): Promise<PinnedVersions> {
  const file = join(moduleDir, "go.mod");
  const text = await readFile(file, "utf8");
  const find = (what: string, pattern: RegExp) => {
    const version = pattern.exec(text)?.[1];
    if (version === undefined) throw new Error(`${file}: no version of ${what}`);
    return version;
  };
  return {
    kubernetes: find("k8s.io/kubernetes", /^\s*k8s\.io\/kubernetes (v\S+)/m),
    etcd: find("go.etcd.io/etcd/server/v3", /^\s*go\.etcd\.io\/etcd\/server\/v3 (v\S+)/m),
    go: find("go", /^go (\S+)/m),
  };
}

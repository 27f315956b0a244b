/** The objects the demo creates: everything in `manifests/`. A file more in `nodes/` is a node more in the story. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import type { SeiNode, SeiNodeDeployment, SeiNodeTask } from "#api";
import { isJsonObject } from "#kube";

const FOLDER = fileURLToPath(new URL("./manifests/", import.meta.url));

/** Paths for kubectl: a file each, but `nodes` is a folder. */
export const MANIFESTS = {
  /** What everything else lives in. */
  namespace: join(FOLDER, "namespace.yaml"),
  nodes: join(FOLDER, "nodes"),
  /** A group that founds a chain. */
  validators: join(FOLDER, "devnet.yaml"),
  /** A group of that chain. */
  rpc: join(FOLDER, "devnet-rpc.yaml"),
  restart: join(FOLDER, "restart-seid.yaml"),
} as const;

/** The SeiNodes of no group, in the order kubectl takes them. That they are valid is the API server's to say. */
export async function readNodes(): Promise<SeiNode[]> {
  const files = (await readdir(MANIFESTS.nodes)).filter((file) => file.endsWith(".yaml")).sort();
  return Promise.all(files.map((file) => readManifest<SeiNode>(join(MANIFESTS.nodes, file), "SeiNode")));
}

export function readGroup(path: string): Promise<SeiNodeDeployment> {
  return readManifest(path, "SeiNodeDeployment");
}

export function readTask(path: string): Promise<SeiNodeTask> {
  return readManifest(path, "SeiNodeTask");
}

/** Rejects when the file is not one object of this kind. */
async function readManifest<T extends { readonly kind: string }>(path: string, kind: T["kind"]): Promise<T> {
  const object: unknown = parse(await readFile(path, "utf8"));
  if (!isJsonObject(object) || object.kind !== kind || !isJsonObject(object.metadata))
    throw new Error(`${path}: not a ${kind}`);
  return object as unknown as T;
}

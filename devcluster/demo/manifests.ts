/** The objects the demo creates: everything in `manifests/`. A file more there is a node more in the story. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import type { SeiNode } from "#api";
import { isJsonObject } from "#kube";

export const MANIFESTS = fileURLToPath(new URL("./manifests/", import.meta.url));
/** The one of them that everything else lives in. */
export const NAMESPACE_MANIFEST = join(MANIFESTS, "0-namespace.yaml");

export interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string };
}

/** What the files hold, in the order kubectl takes them. One object per file. */
export async function readManifests(folder = MANIFESTS): Promise<Manifest[]> {
  const files = (await readdir(folder)).filter((file) => file.endsWith(".yaml")).sort();
  return Promise.all(
    files.map(async (file): Promise<Manifest> => {
      const object: unknown = parse(await readFile(join(folder, file), "utf8"));
      const metadata = isJsonObject(object) ? object.metadata : undefined;
      if (!isJsonObject(object) || !isJsonObject(metadata))
        throw new Error(`${file}: not a Kubernetes object`);
      return { ...object, kind: String(object.kind), metadata: { ...metadata, name: String(metadata.name) } };
    }),
  );
}

/** The SeiNodes among them. That they are valid is the API server's to say. */
export async function readNodes(): Promise<SeiNode[]> {
  return (await readManifests()).filter(({ kind }) => kind === "SeiNode") as SeiNode[];
}

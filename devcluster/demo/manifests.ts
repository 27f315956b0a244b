/** The objects the demo creates: everything in `manifests/`. A file more there is a node more in the story. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { isJsonObject } from "#kube";

export const MANIFESTS = fileURLToPath(new URL("./manifests/", import.meta.url));

export interface ManifestName {
  readonly kind: string;
  readonly name: string;
}

/** What the files name, in the order kubectl takes them. One object per file. */
export async function readManifestNames(folder = MANIFESTS): Promise<ManifestName[]> {
  const files = (await readdir(folder)).filter((file) => file.endsWith(".yaml")).sort();
  return Promise.all(
    files.map(async (file): Promise<ManifestName> => {
      const object: unknown = parse(await readFile(join(folder, file), "utf8"));
      const metadata = isJsonObject(object) ? object.metadata : undefined;
      if (!isJsonObject(object) || !isJsonObject(metadata))
        throw new Error(`${file}: not a Kubernetes object`);
      return { kind: String(object.kind), name: String(metadata.name) };
    }),
  );
}

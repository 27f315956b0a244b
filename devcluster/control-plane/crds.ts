/** Installs CRDs and waits until a client can use them. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";
import { systemClock } from "#clock";
import type { AdminClient } from "./admin-client.ts";
import { type Kubectl, kubectlOrThrow, SERVER_SIDE_APPLY } from "./kubectl.ts";

export const CRD_DIR = join(import.meta.dirname, "..", "..", "config", "crd");

const TIMEOUT_MS = 60_000;

/** Those of the folder; by default our own. */
export async function installCrds(kubectl: Kubectl, client: AdminClient, folder = CRD_DIR): Promise<void> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => /\.ya?ml$/.test(name)).sort();
  const installed = await installCrdFiles(
    kubectl,
    client,
    names.map((name) => join(folder, name)),
  );
  if (installed === 0) throw new Error(`no CRDs in ${folder}: run "make generate"`);
}

/**
 * Server-side applies every CRD among the files and returns how many there were. Established is not the end of it: for a
 * moment after, the server still answers 404 for the new resource, and kubectl knows no schema to explain.
 */
export async function installCrdFiles(
  kubectl: Kubectl,
  client: AdminClient,
  files: readonly string[],
): Promise<number> {
  const crds = (await Promise.all(files.map(readCrd))).filter((file) => file !== undefined);
  if (crds.length === 0) return 0;
  const paths = crds.map(({ path }) => `--filename=${path}`);
  await kubectlOrThrow(kubectl, [...SERVER_SIDE_APPLY, ...paths]);
  const deadline = systemClock.monotonic() + TIMEOUT_MS;
  for (const kind of crds.flatMap(({ kinds }) => kinds)) {
    for (;;) {
      const problem = await whyNotUsable(client, kind);
      if (problem === undefined) break;
      if (systemClock.monotonic() > deadline)
        throw new Error(`CRD ${kind.crd} after ${TIMEOUT_MS / 1000} s: ${problem}`);
      await systemClock.sleep(50);
    }
  }
  return crds.length;
}

interface ServedKind {
  crd: string;
  group: string;
  version: string;
  plural: string;
  kind: string;
}

/** undefined for what is no CRD (a kustomization lies beside them). */
async function readCrd(path: string): Promise<{ path: string; kinds: ServedKind[] } | undefined> {
  const manifest: Partial<CrdManifest> | null = parse(await readFile(path, "utf8"));
  if (manifest?.kind !== "CustomResourceDefinition" || !manifest.spec || !manifest.metadata) return undefined;
  const { group, names, versions } = manifest.spec;
  const crd = manifest.metadata.name;
  const served = versions.filter((version) => version.served);
  return {
    path,
    kinds: served.map(({ name }) => ({ crd, group, version: name, plural: names.plural, kind: names.kind })),
  };
}

interface CrdManifest {
  kind: string;
  metadata: { name: string };
  spec: {
    group: string;
    names: { plural: string; kind: string };
    versions: { name: string; served: boolean }[];
  };
}

async function whyNotUsable(client: AdminClient, wanted: ServedKind): Promise<string | undefined> {
  const { crd, group, version, plural, kind } = wanted;
  const definition = await client.get(`/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${crd}`);
  if (definition.status !== 200) return `reading it: ${definition.status} ${definition.text}`;
  const conditions: { type: string; status: string; message?: string }[] =
    JSON.parse(definition.text).status?.conditions ?? [];
  const refused = conditions.find(({ type, status }) => type === "NonStructuralSchema" && status === "True");
  if (refused) return `NonStructuralSchema: ${refused.message}`;
  const established = conditions.find(({ type }) => type === "Established");
  if (established?.status !== "True") {
    const names = conditions.find(({ type, status }) => type === "NamesAccepted" && status === "False");
    return `not Established${names ? `: ${names.message}` : ""}`;
  }
  const served = await client.get(`/apis/${group}/${version}/${plural}?limit=1`);
  if (served.status !== 200) return `${plural} are not served: ${served.status}`;
  const openApi = await client.get(`/openapi/v3/apis/${group}/${version}`);
  if (openApi.status !== 200 || !openApi.text.includes(`"kind":"${kind}"`))
    return "not in the OpenAPI document yet";
  return undefined;
}

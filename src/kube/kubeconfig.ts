/** Kubeconfig files: read, merged as client-go does, one context selected, its cluster resolved. */
import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { type ClusterConfig, ClusterConfigError, type ClusterTls } from "./cluster-config-types.ts";
import { isJsonObject, type JsonObject } from "./json.ts";
import { Section } from "./kubeconfig-section.ts";
import { authInfoOf } from "./kubeconfig-user.ts";

export interface KubeconfigOptions {
  /** In order of precedence. */
  files: readonly string[];
  /** What named the files; an explicit one must exist, the others only have to contain at least one that does. */
  origin: "--kubeconfig" | "KUBECONFIG" | "~/.kube/config";
  context?: string;
  env: NodeJS.ProcessEnv;
}

type EntryKind = "cluster" | "user" | "context";

/** The first file that names an entry wins the whole entry: fields of later ones are not mixed in. */
interface Merged {
  currentContext: string | undefined;
  readonly entries: Record<EntryKind, Map<string, Section>>;
}

export async function loadKubeconfig(options: KubeconfigOptions): Promise<ClusterConfig> {
  const merged = await readAll(options);
  const contextName = options.context ?? merged.currentContext;
  const known = [...merged.entries.context.keys()].join(", ") || "none";
  if (contextName === undefined) {
    throw new ClusterConfigError(`${options.origin}: no current-context is set; choose one of: ${known}`);
  }
  const context = merged.entries.context.get(contextName);
  if (context === undefined) {
    throw new ClusterConfigError(`${options.origin}: there is no context "${contextName}"; known: ${known}`);
  }
  const cluster = referenced(merged, context, "cluster");
  const user = context.text("user") === undefined ? undefined : referenced(merged, context, "user");

  const tls = await tlsOf(cluster);
  const proxyUrl = proxyOf(cluster);
  const auth = user === undefined ? {} : await authInfoOf(user, cluster, tls, options.env);
  const hasTls = tls.ca !== undefined || tls.insecureSkipVerify || auth.certificate !== undefined;
  return {
    server: serverOf(cluster, hasTls),
    namespace: context.text("namespace") ?? "default",
    source: `context ${contextName} of ${cluster.file}`,
    tls,
    ...(proxyUrl !== undefined && { proxyUrl }),
    auth,
  };
}

async function readAll({ files, origin }: KubeconfigOptions): Promise<Merged> {
  const merged: Merged = {
    currentContext: undefined,
    entries: { cluster: new Map(), user: new Map(), context: new Map() },
  };
  let found = 0;
  for (const file of new Set(files.map((name) => resolve(name)))) {
    const text = await readIfThere(file);
    if (text === undefined) continue;
    found += 1;
    const root = new Section(await parse(text, file), file, "the file");
    merged.currentContext ??= root.text("current-context");
    for (const kind of ["cluster", "user", "context"] as const) addEntries(merged.entries[kind], root, kind);
  }
  if (found === 0) throw new ClusterConfigError(`${origin}: no such file: ${files.join(", ")}`);
  return merged;
}

function addEntries(into: Map<string, Section>, root: Section, kind: EntryKind): void {
  const inThisFile = new Set<string>();
  for (const item of root.list(`${kind}s`)) {
    const name = item.text("name");
    if (name === undefined) throw item.error("an entry has no name");
    // Two entries of one name in one file: whichever we took, somebody would wonder.
    if (inThisFile.has(name)) throw item.error(`"${name}" is there twice`);
    inThisFile.add(name);
    if (!into.has(name)) into.set(name, item.section(kind, `${kind} "${name}"`));
  }
}

function referenced(merged: Merged, context: Section, kind: "cluster" | "user"): Section {
  const name = context.text(kind);
  if (name === undefined) throw context.error(`no ${kind} is named`);
  const entry = merged.entries[kind].get(name);
  if (entry === undefined) throw context.error(`there is no ${kind} "${name}"`);
  return entry;
}

async function tlsOf(cluster: Section): Promise<ClusterTls> {
  const caPem = await cluster.pem("certificate-authority");
  const insecureSkipVerify = cluster.flag("insecure-skip-tls-verify");
  if (caPem !== undefined && insecureSkipVerify) {
    throw cluster.error("certificate-authority and insecure-skip-tls-verify exclude each other");
  }
  const ca = caPem === undefined ? undefined : await cluster.readPem(caPem);
  if (ca !== undefined && !isCertificate(ca))
    throw cluster.error("certificate-authority holds no PEM certificate");
  const serverName = cluster.text("tls-server-name");
  return {
    insecureSkipVerify,
    ...(ca !== undefined && { ca }),
    ...(serverName !== undefined && { serverName }),
  };
}

/** Node ignores what it cannot read in a bundle and then trusts nothing, which shows only at the first handshake. */
function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).subject !== undefined;
  } catch {
    // The caller says it better than OpenSSL does.
    return false;
  }
}

function serverOf(cluster: Section, hasTls: boolean): string {
  const server = cluster.text("server");
  if (server === undefined) throw cluster.error("no server is set");
  // client-go's rule for a server without a scheme.
  const text = server.includes("://") ? server : `${hasTls ? "https" : "http"}://${server}`;
  const url = URL.parse(text);
  if (
    url === null ||
    !["http:", "https:"].includes(url.protocol) ||
    url.search !== "" ||
    url.username !== ""
  ) {
    throw cluster.error("server is not an http(s) URL without user and query");
  }
  return url.origin + url.pathname.replace(/\/+$/, "");
}

function proxyOf(cluster: Section): string | undefined {
  const text = cluster.text("proxy-url");
  if (text === undefined) return undefined;
  const url = URL.parse(text);
  // Not quoted: it may hold the proxy's password.
  if (url === null || !["http:", "https:", "socks5:"].includes(url.protocol)) {
    throw cluster.error("proxy-url is not an http, https or socks5 URL");
  }
  return text;
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return undefined;
    throw new ClusterConfigError(`cannot read the kubeconfig ${file}`, { cause });
  }
}

async function parse(text: string, file: string): Promise<JsonObject> {
  // Only now: 30 ms and 7 MB that a pod with its service account never needs.
  const { parse: parseYaml } = await import("yaml");
  let value: unknown;
  try {
    // Pretty errors quote the line, which may be the one with the token.
    value = parseYaml(text, { prettyErrors: false });
  } catch (error) {
    throw new ClusterConfigError(
      `the kubeconfig ${file} is not YAML: ${error instanceof Error ? error.message : ""}`,
    );
  }
  if (value === null || value === undefined) return {};
  if (!isJsonObject(value)) throw new ClusterConfigError(`the kubeconfig ${file} is not a YAML mapping`);
  return value;
}

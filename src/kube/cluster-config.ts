/** Finds out which cluster this process is to talk to, in the order of controller-runtime. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type ClusterConfig, ClusterConfigError } from "./cluster-config-types.ts";
import { loadKubeconfig } from "./kubeconfig.ts";

export interface LoadOptions {
  /** The --kubeconfig flag: this file and nothing else. */
  kubeconfig?: string;
  /** Context to use instead of `current-context`. */
  context?: string;
  env: NodeJS.ProcessEnv;
  /** Where a pod finds its service account. For tests. */
  serviceAccountDir?: string;
}

const serviceAccountMount = "/var/run/secrets/kubernetes.io/serviceaccount";

/**
 * Searches like controller-runtime: the explicit file, $KUBECONFIG (a list), the pod's service account, ~/.kube/config.
 * What was named explicitly must exist: unlike client-go we do not fall back to the service account when every file of
 * $KUBECONFIG is missing, for acting on another cluster than the one asked for is worse than not starting.
 */
export async function loadClusterConfig(options: LoadOptions): Promise<ClusterConfig> {
  const { env, kubeconfig, context } = options;
  const wanted = { env, ...(context !== undefined && context !== "" && { context }) };
  if (kubeconfig !== undefined && kubeconfig !== "") {
    return loadKubeconfig({ ...wanted, files: [kubeconfig], origin: "--kubeconfig" });
  }
  const listed = (env.KUBECONFIG ?? "")
    .split(process.platform === "win32" ? ";" : ":")
    .filter((file) => file !== "");
  if (listed.length > 0) return loadKubeconfig({ ...wanted, files: listed, origin: "KUBECONFIG" });
  if (env.KUBERNETES_SERVICE_HOST && env.KUBERNETES_SERVICE_PORT) {
    return inClusterConfig(env.KUBERNETES_SERVICE_HOST, env.KUBERNETES_SERVICE_PORT, options);
  }
  const home = env.HOME ?? env.USERPROFILE;
  if (home !== undefined && home !== "") {
    return loadKubeconfig({ ...wanted, files: [join(home, ".kube", "config")], origin: "~/.kube/config" });
  }
  throw new ClusterConfigError(
    "no cluster configured: pass --kubeconfig, set KUBECONFIG, or run in a pod with a service account",
  );
}

async function inClusterConfig(host: string, port: string, options: LoadOptions): Promise<ClusterConfig> {
  const dir = options.serviceAccountDir ?? serviceAccountMount;
  const tokenFile = join(dir, "token");
  // Read now so that a pod without automountServiceAccountToken fails at start and by name; used again by the source.
  await readMounted(tokenFile);
  const ca = await readMounted(join(dir, "ca.crt"));
  const namespace = await readFile(join(dir, "namespace"), "utf8").catch(() => "");
  return {
    server: `https://${host.includes(":") ? `[${host}]` : host}:${port}`,
    namespace: namespace.trim() || "default",
    source: "in-cluster",
    tls: { ca, insecureSkipVerify: false },
    auth: { tokenFile },
  };
}

async function readMounted(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    const hint = "does the pod mount its service account token (automountServiceAccountToken)?";
    throw new ClusterConfigError(`in-cluster configuration: cannot read ${file}; ${hint}`, { cause });
  }
}

/** The user of a kubeconfig context: which credentials it has, and a clear no to those this program does not do. */
import { dirname, resolve, sep } from "node:path";
import type { AuthInfo, ClusterTls, ExecPlugin } from "./cluster-config-types.ts";
import type { Section } from "./kubeconfig-section.ts";

const execVersions = ["client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"];
/** Under this name a cluster's extensions hold what the plugin is to be told about the cluster. */
const execExtension = "client.authentication.k8s.io/exec";

export async function authInfoOf(
  user: Section,
  cluster: Section,
  tls: ClusterTls,
  env: NodeJS.ProcessEnv,
): Promise<AuthInfo> {
  if (user.has("username") || user.has("password")) {
    throw user.error(
      "username and password are not supported (Kubernetes dropped them in 1.19); use a token",
    );
  }
  if (user.has("auth-provider")) {
    throw user.error("auth-provider is not supported (client-go dropped it in 1.26); use an exec plugin");
  }
  const certificate = await certificateOf(user);
  const token = user.text("token");
  const tokenFile = user.path("tokenFile");
  if (tokenFile !== undefined && token === undefined) await user.readText(tokenFile);
  const impersonate = impersonationOf(user);
  return {
    ...(certificate !== undefined && { certificate }),
    ...(token !== undefined && { token }),
    ...(tokenFile !== undefined && { tokenFile }),
    ...(user.has("exec") && { exec: execOf(user, cluster, tls, env) }),
    ...(impersonate !== undefined && { impersonate }),
  };
}

async function certificateOf(user: Section): Promise<AuthInfo["certificate"]> {
  const cert = await user.pem("client-certificate");
  const key = await user.pem("client-key");
  if (cert === undefined && key === undefined) return undefined;
  if (cert === undefined || key === undefined) {
    throw user.error(`client-${cert === undefined ? "certificate" : "key"} is missing beside its other half`);
  }
  return { cert, key };
}

function execOf(user: Section, cluster: Section, tls: ClusterTls, env: NodeJS.ProcessEnv): ExecPlugin {
  const exec = user.section("exec", "exec");
  const apiVersion = exec.text("apiVersion") ?? "none";
  if (!execVersions.includes(apiVersion)) {
    throw user.error(`exec: apiVersion is ${apiVersion}; supported: ${execVersions.join(", ")}`);
  }
  const command = exec.text("command");
  if (command === undefined) throw user.error("exec: no command is set");
  const mode = exec.text("interactiveMode") ?? (apiVersion.endsWith("/v1") ? undefined : "IfAvailable");
  if (mode === "Always") {
    throw user.error("exec: interactiveMode Always needs a terminal, which a controller does not have");
  }
  if (mode !== "Never" && mode !== "IfAvailable") {
    throw user.error("exec: interactiveMode must be Never or IfAvailable");
  }
  const installHint = exec.text("installHint");
  return {
    apiVersion,
    command:
      /[/\\]/.test(command) && (sep === "\\" || command.includes("/"))
        ? resolve(dirname(user.file), command)
        : command,
    args: exec.texts("args"),
    env: { ...defined(env), ...pluginEnv(exec) },
    ...(installHint !== undefined && { installHint }),
    ...(exec.flag("provideClusterInfo") && { cluster: clusterInfo(cluster, tls) }),
  };
}

function pluginEnv(exec: Section): Record<string, string> {
  return Object.fromEntries(
    exec.list("env").map((item) => {
      const name = item.text("name");
      if (name === undefined) throw item.error("an exec environment variable has no name");
      return [name, item.text("value") ?? ""];
    }),
  );
}

function clusterInfo(cluster: Section, tls: ClusterTls): Record<string, unknown> {
  const extension = cluster.list("extensions").find((item) => item.text("name") === execExtension);
  const proxyUrl = cluster.text("proxy-url");
  return {
    server: cluster.text("server"),
    ...(tls.serverName !== undefined && { "tls-server-name": tls.serverName }),
    ...(tls.insecureSkipVerify && { "insecure-skip-tls-verify": true }),
    ...(tls.ca !== undefined && { "certificate-authority-data": Buffer.from(tls.ca).toString("base64") }),
    ...(proxyUrl !== undefined && { "proxy-url": proxyUrl }),
    ...(extension?.has("extension") && { config: extension.raw("extension") }),
  };
}

/** Ignoring these would let the program act with more power than the kubeconfig means to give. */
function impersonationOf(user: Section): AuthInfo["impersonate"] {
  const name = user.text("as");
  const uid = user.text("as-uid");
  const groups = user.texts("as-groups");
  const extra = user.section("as-user-extra", "as-user-extra");
  if (name === undefined) {
    if (uid !== undefined || groups.length > 0 || extra.names().length > 0) {
      throw user.error("as-uid, as-groups and as-user-extra need `as`");
    }
    return undefined;
  }
  return {
    "impersonate-user": name,
    ...(uid !== undefined && { "impersonate-uid": uid }),
    ...(groups.length > 0 && { "impersonate-group": groups }),
    ...Object.fromEntries(
      extra.names().map((key) => [`impersonate-extra-${encodeURIComponent(key)}`, extra.texts(key)]),
    ),
  };
}

function defined(env: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).filter((pair): pair is [string, string] => pair[1] !== undefined),
  );
}

/** What a pod's volumes need before its containers can be created. */
import { parse } from "yaml";
import type { ReviewAttributes } from "../sidecar/index.ts";
import type { KubeletApi, LivePod } from "./api.ts";

/** Names of the claims a pod mounts, the data volume first. */
export function claimNamesOf(pod: LivePod): string[] {
  const volumes = (pod.spec?.volumes ?? []).filter(
    ({ persistentVolumeClaim }) => persistentVolumeClaim !== undefined,
  );
  const data = volumes.filter(({ name }) => name === "data");
  const others = volumes.filter(({ name }) => name !== "data");
  return [...data, ...others].flatMap((volume) => volume.persistentVolumeClaim?.claimName ?? []);
}

export type Mounts = { missing: string } | { missing: undefined; rbacProxyConfig: ReviewAttributes };

/**
 * Reads what has to exist: ConfigMaps and Secrets that are mounted or referenced and not optional. Their absence holds
 * a pod in ContainerCreating, as with a real kubelet; that is how a wrong order of creation shows.
 */
export async function readMounts(api: KubeletApi, pod: LivePod, node: string): Promise<Mounts> {
  const namespace = pod.metadata.namespace ?? "";
  const secrets = new Set<string>();
  let rbacProxyConfig: ReviewAttributes = {
    apiGroup: "sei.io",
    resource: "seinodetasks",
    namespace,
    name: node,
  };
  for (const { configMap, secret } of pod.spec?.volumes ?? []) {
    if (secret?.secretName !== undefined && secret.optional !== true) secrets.add(secret.secretName);
    if (configMap?.name === undefined || configMap.optional === true) continue;
    const data = await api.configMap(namespace, configMap.name);
    if (data === undefined) return { missing: `configmap "${configMap.name}" not found` };
    rbacProxyConfig = parseAttributes(data["config.yaml"]) ?? rbacProxyConfig;
  }
  for (const name of secretRefsOf(pod)) secrets.add(name);
  for (const name of secrets) {
    if (!(await api.secretExists(namespace, name))) return { missing: `secret "${name}" not found` };
  }
  return { missing: undefined, rbacProxyConfig };
}

function secretRefsOf(pod: LivePod): string[] {
  return [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])].flatMap(({ env }) =>
    (env ?? []).flatMap(({ valueFrom }) => {
      const reference = valueFrom?.secretKeyRef;
      return reference?.name === undefined || reference.optional === true ? [] : [reference.name];
    }),
  );
}

function parseAttributes(text: string | undefined): ReviewAttributes | undefined {
  if (text === undefined) return undefined;
  const config = parse(text) as { authorization?: { resourceAttributes?: Partial<ReviewAttributes> } } | null;
  const found = config?.authorization?.resourceAttributes;
  if (found === undefined) return undefined;
  const { apiGroup = "", resource = "", namespace = "", name = "" } = found;
  return { apiGroup, resource, namespace, name };
}

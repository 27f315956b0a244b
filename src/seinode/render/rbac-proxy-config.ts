import type { SeiNode } from "#api";
import type { DeepReadonly } from "#kube";
import { type ConfigMapManifest, childMetadata } from "./manifest.ts";
import { namespaceOf, rbacProxyConfigName } from "./names.ts";
import { joinLines } from "./shell.ts";

/**
 * What kube-rbac-proxy asks the API server about each request: may this user get/create the seinodetask named like the
 * node? The verb comes from the HTTP method.
 */
export function renderRbacProxyConfig(node: DeepReadonly<SeiNode>): ConfigMapManifest {
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: childMetadata(node, rbacProxyConfigName(node.metadata.name)),
    data: {
      "config.yaml": joinLines(
        "authorization:",
        "  resourceAttributes:",
        "    apiGroup: sei.io",
        "    resource: seinodetasks",
        `    namespace: ${yamlString(namespaceOf(node))}`,
        `    name: ${yamlString(node.metadata.name)}`,
      ),
    },
  };
}

/** Quotes names that YAML 1.1 would read as something else: `1e3` and `e3` as numbers, `on` and `y` as booleans. */
function yamlString(name: string): string {
  const plain = /^[a-z]/.test(name) && !/^(e[-0-9]*|y|n|yes|no|on|off|true|false|null)$/.test(name);
  return plain ? name : JSON.stringify(name);
}

import type { SeiNodeDeployment } from "#api";
import { apiVersionOf, type DeepReadonly, httpRoutes } from "#kube";
import type { Settings } from "../../../settings.ts";
import { type Protocol, routedProtocols } from "../exposure.ts";
import { externalServiceName, routeHostnames, routeName } from "../names.ts";
import { groupMetadata, type HTTPRouteManifest, managedBy } from "./metadata.ts";

type Rule = NonNullable<HTTPRouteManifest["spec"]["rules"]>[number];

/** One route for each protocol that the mode serves, in the order in which they are published. */
export function renderHttpRoutes(
  group: DeepReadonly<SeiNodeDeployment>,
  settings: Settings,
): readonly HTTPRouteManifest[] {
  return routedProtocols(group.spec.template.spec).map((protocol) => renderRoute(group, protocol, settings));
}

function renderRoute(
  group: DeepReadonly<SeiNodeDeployment>,
  protocol: Protocol,
  settings: Settings,
): HTTPRouteManifest {
  const { name, namespace } = settings.gateway;
  return {
    apiVersion: apiVersionOf(httpRoutes),
    kind: httpRoutes.kind,
    metadata: {
      ...groupMetadata(group, routeName(group, protocol.name)),
      annotations: { ...managedBy },
    },
    spec: {
      parentRefs: [{ name, namespace }],
      hostnames: [...routeHostnames(group, protocol.name, settings)],
      rules: rules(externalServiceName(group), protocol),
    },
  };
}

/** Group and kind of a backend are left to the API server's defaults: what we do not set is not ours. */
function rules(backend: string, protocol: Protocol): Rule[] {
  const all: Rule = { backendRefs: [{ name: backend, port: protocol.port }] };
  if (!("socketPort" in protocol)) return [all];
  const header = { type: "Exact", name: "Upgrade", value: "websocket" } as const;
  return [
    all,
    { matches: [{ headers: [header] }], backendRefs: [{ name: backend, port: protocol.socketPort }] },
  ];
}

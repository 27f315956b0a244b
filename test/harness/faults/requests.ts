/** What a request that passes a relay is about, in the words of the audit log and of the sidecar. */
import type { RelayRequest } from "./relay.ts";

export interface ApiRequest extends RelayRequest {
  /** `create`, `patch`, `delete`, `get`, `list`, `watch` as in the audit log. */
  readonly verb: string;
  /** `seinodes/status`, `pods`, ...; empty for /readyz and discovery. */
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
  readonly query: URLSearchParams;
}

export interface SidecarRequest extends RelayRequest {
  /** The SeiNode, from `<node>-0.<service>.<namespace>.svc.cluster.local`. */
  readonly node: string;
  readonly namespace: string;
  readonly port: number;
  /** `/v0/tasks/<id>` */
  readonly path: string;
}

const VERBS: Readonly<Record<string, string>> = { POST: "create", PUT: "update", PATCH: "patch" };

export function apiRequest(request: RelayRequest): ApiRequest {
  const { pathname, searchParams: query } = new URL(request.url, "http://api");
  const parts = pathname.split("/").filter((part) => part !== "");
  let rest = parts.slice(parts[0] === "apis" ? 3 : 2);
  let namespace = "";
  if (rest[0] === "namespaces" && rest.length > 2) {
    namespace = rest[1] ?? "";
    rest = rest.slice(2);
  }
  const [plural = "", name = "", subresource] = rest;
  const resource = subresource === undefined ? plural : `${plural}/${subresource}`;
  return { ...request, verb: verbOf(request.method, name, query), resource, namespace, name, query };
}

/** Changes something other than the lease, which is renewed for ever and says nothing about the work. */
export function isApiWrite({ verb, resource }: ApiRequest): boolean {
  return ["create", "update", "patch", "delete"].includes(verb) && !/^(leases|.*reviews)$/.test(resource);
}

export function sidecarRequest(request: RelayRequest): SidecarRequest {
  const { hostname, port, pathname, search } = new URL(request.url);
  const [pod = "", , namespace = ""] = hostname.split(".");
  return {
    ...request,
    node: pod.replace(/-0$/, ""),
    namespace,
    port: Number(port),
    path: `${pathname}${search}`,
  };
}

function verbOf(method: string, name: string, query: URLSearchParams): string {
  if (method === "GET") {
    if (/^(true|1)$/.test(query.get("watch") ?? "")) return "watch";
    return name === "" ? "list" : "get";
  }
  if (method === "DELETE") return name === "" ? "deletecollection" : "delete";
  return VERBS[method] ?? method.toLowerCase();
}

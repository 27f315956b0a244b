/** URLs of the API server. Refuses what would address something else than was meant. */
import { ApiError } from "./errors.ts";
import type { ObjectKey, ResourceType } from "./object.ts";

/** `/api/v1/namespaces/x/pods`; without a namespace the collection across all of them. */
export function collectionPath(resource: ResourceType, namespace: string | undefined): string {
  const root =
    resource.group === "" ? `/api/${resource.version}` : `/apis/${resource.group}/${resource.version}`;
  if (namespace === undefined) return `${root}/${resource.plural}`;
  if (!resource.namespaced) throw invalid(`${resource.kind} has no namespace, but "${namespace}" was given`);
  return `${root}/namespaces/${segment(namespace, resource, "namespace")}/${resource.plural}`;
}

/** The path of one object. An empty name would address the whole collection, where DELETE means all of it: refused. */
export function objectPath(resource: ResourceType, key: ObjectKey, subresource?: string): string {
  if (resource.namespaced && key.namespace === undefined) {
    throw invalid(`${resource.kind} "${key.name}" needs a namespace`);
  }
  const path = `${collectionPath(resource, key.namespace)}/${segment(key.name, resource, "name")}`;
  return subresource === undefined ? path : `${path}/${subresource}`;
}

/** Appends the pairs that are set. */
export function withQuery(
  path: string,
  query: Readonly<Record<string, string | number | boolean | undefined>>,
): string {
  const pairs = Object.entries(query).filter(([, value]) => value !== undefined);
  if (pairs.length === 0) return path;
  const text = new URLSearchParams(pairs.map(([key, value]) => [key, String(value)])).toString();
  return `${path}${path.includes("?") ? "&" : "?"}${text}`;
}

/** `a=b,c=d`, sorted, so that equal selectors give equal URLs. */
export function labelSelector(labels: Readonly<Record<string, string>> | undefined): string | undefined {
  if (labels === undefined) return undefined;
  const pairs = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  return pairs.length === 0 ? undefined : pairs.sort().join(",");
}

/** The plural a raw path is about, for metrics. */
export function resourceOfPath(path: string): string {
  const parts =
    path
      .split("?", 1)[0]
      ?.split("/")
      .filter((part) => part !== "") ?? [];
  const rest = parts.slice(parts[0] === "apis" ? 3 : 2);
  return (rest[0] === "namespaces" && rest.length > 2 ? rest[2] : rest[0]) ?? "";
}

function segment(text: string, resource: ResourceType, what: string): string {
  // The API server refuses these too, but a proxy on the way may normalise dots into another path first.
  if (text === "" || text === "." || text === ".." || /[/%]/.test(text) || !text.isWellFormed()) {
    throw invalid(`"${text}" is not a ${what} a ${resource.kind} can have`);
  }
  return encodeURIComponent(text);
}

function invalid(message: string): ApiError {
  return new ApiError(message, { class: "invalid" });
}

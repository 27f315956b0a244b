/** The live client: Kubernetes verbs as HTTP calls. No cache, no retries of its own beyond what `caller.ts` says. */
import { type Call, Caller } from "./caller.ts";
import type { DeleteOptions, ListOptions } from "./client.ts";
import type { ClusterConfig } from "./cluster-config-types.ts";
import { ApiError, isApiError } from "./errors.ts";
import { parseExact, parseExactMember } from "./exact-json.ts";
import { isJsonObject } from "./json.ts";
import {
  apiVersionOf,
  type DeepReadonly,
  formatKey,
  type KubeObject,
  keyOf,
  type ObjectKey,
  type ResourceType,
} from "./object.ts";
import { collectionPath, labelSelector, objectPath, resourceOfPath, withQuery } from "./resource-path.ts";
import type {
  ListPage,
  ListPageOptions,
  RefusedObject,
  RequestOptions,
  RestClient,
  RestClientOptions,
  WatchEvent,
  WatchOptions,
} from "./rest-api.ts";
import { errorFromNoAnswer } from "./status-error.ts";
import { Transport } from "./transport.ts";
import { parseWatchLine, politely, readLines } from "./watch-stream.ts";

const pageSize = 500;
const defaultUserAgent = "sei-k8s-controller";

const mergePatchType = "application/merge-patch+json";
const jsonPatchType = "application/json-patch+json";
/** JSON is YAML; this is the one media type for apply that every supported server takes. */
const applyPatchType = "application/apply-patch+yaml";

/** See `RestClient`. Opens no connection until it is used; whoever creates it closes it. */
export function createRestClient(config: ClusterConfig, options: RestClientOptions): RestClient {
  const { clock, random, gate, observer, userAgent = defaultUserAgent, deadlineMs = 30_000 } = options;
  const caller = new Caller(new Transport(config, { clock, userAgent }), {
    clock,
    random,
    gate,
    observer,
    deadlineMs,
  });

  async function sendForObject<T extends KubeObject>(
    call: Call,
    resource: ResourceType<T>,
    signal?: AbortSignal,
  ) {
    const value = parseBody(call, await caller.text(call, signal), parseExact);
    return asObject<T>(value, resource, call);
  }

  async function listPage<T extends KubeObject>(
    resource: ResourceType<T>,
    page: ListPageOptions = {},
    signal?: AbortSignal,
  ): Promise<ListPage<T>> {
    const { namespace, ...query } = page;
    const call: Call = {
      ...about("list", resource, namespace === undefined ? undefined : `in ${namespace}`),
      method: "GET",
      path: withQuery(collectionPath(resource, namespace), query),
    };
    const text = await caller.text(call, signal);
    return toPage(
      parseBody(call, text, (body, what) => parseExactMember(body, "items", what)),
      resource,
      call,
    );
  }

  async function listAll<T extends KubeObject>(
    resource: ResourceType<T>,
    base: ListPageOptions,
    signal: AbortSignal | undefined,
  ): Promise<DeepReadonly<T>[]> {
    const items: DeepReadonly<T>[] = [];
    let token: string | undefined;
    do {
      const page: ListPage<T> = await listPage(
        resource,
        { ...base, ...(token !== undefined && { continue: token }) },
        signal,
      );
      const refused = page.refused?.[0];
      if (refused !== undefined) throw refused.error;
      for (const item of page.items) items.push(item);
      token = page.continue;
    } while (token !== undefined);
    return items;
  }

  async function* watch<T extends KubeObject>(
    resource: ResourceType<T>,
    { namespace, ...query }: WatchOptions,
    signal?: AbortSignal,
  ): AsyncGenerator<WatchEvent<T>> {
    const call: Call = {
      ...about("watch", resource, namespace === undefined ? undefined : `in ${namespace}`),
      method: "GET",
      stream: true,
      path: withQuery(collectionPath(resource, namespace), { watch: true, ...query }),
    };
    const { answer, scope } = await caller.open(call, signal);
    try {
      for await (const line of politely(readLines(answer.body, call), clock))
        yield parseWatchLine(line, resource, call);
    } catch (error) {
      throw isApiError(error) ? error : (scope.error(call, true) ?? errorFromNoAnswer(call, error));
    } finally {
      scope.dispose();
      // Without this an abandoned watch would hold its socket until the server's time-out. The listener takes the
      // error that destroying an unread body emits.
      answer.body.on("error", () => {}).destroy();
    }
  }

  async function sendDelete(
    resource: ResourceType,
    key: ObjectKey,
    { preconditions, propagationPolicy }: DeleteOptions = {},
    signal?: AbortSignal,
  ): Promise<{ call: Call; text: string }> {
    const body = JSON.stringify({
      apiVersion: "v1",
      kind: "DeleteOptions",
      preconditions,
      propagationPolicy,
    });
    const path = objectPath(resource, key);
    const call: Call = { ...writing("delete", resource, key), method: "DELETE", path, body };
    return { call, text: await caller.text(call, signal) };
  }

  return {
    listPage,
    watch,

    get: async (resource, key, signal) =>
      sendForObject(
        { ...about("get", resource, key), method: "GET", path: objectPath(resource, key) },
        resource,
        signal,
      ),

    async list<T extends KubeObject>(
      resource: ResourceType<T>,
      list: ListOptions = {},
      signal?: AbortSignal,
    ) {
      const selector = labelSelector(list.labels);
      const base = {
        ...(list.namespace !== undefined && { namespace: list.namespace }),
        ...(selector !== undefined && { labelSelector: selector }),
      };
      try {
        return await listAll(resource, { ...base, limit: pageSize }, signal);
      } catch (error) {
        if (!isApiError(error, "expired")) throw error;
        // A continue token outlived etcd's history. In pages it could happen again; in one piece it cannot.
        return listAll(resource, base, signal);
      }
    },

    create: async (resource, object, signal) => {
      const key = keyOf(object);
      // Checks the name, too: what a POST creates must be addressable.
      objectPath(resource, key);
      const path = collectionPath(resource, key.namespace);
      return sendForObject(
        { ...writing("create", resource, key), method: "POST", path, body: JSON.stringify(object) },
        resource,
        signal,
      );
    },

    mergePatch: async (resource, key, patch, { subresource, fieldManager } = {}, signal) => {
      const path = withQuery(objectPath(resource, key, subresource), { fieldManager });
      const facts = writing("patch", resource, key, subresource);
      const body = JSON.stringify(patch);
      return sendForObject(
        { ...facts, method: "PATCH", path, body, contentType: mergePatchType },
        resource,
        signal,
      );
    },

    jsonPatch: async (resource, key, operations, signal) => {
      const facts = writing("patch", resource, key);
      const body = JSON.stringify(operations);
      const path = objectPath(resource, key);
      return sendForObject(
        { ...facts, method: "PATCH", path, body, contentType: jsonPatchType },
        resource,
        signal,
      );
    },

    apply: async (resource, object, { fieldManager, force = false }, signal) => {
      const key = keyOf(object);
      const path = withQuery(objectPath(resource, key), { fieldManager, force });
      const body = JSON.stringify(object);
      const facts = writing("apply", resource, key);
      return sendForObject(
        { ...facts, method: "PATCH", path, body, contentType: applyPatchType },
        resource,
        signal,
      );
    },

    delete: async (resource, key, options, signal) => {
      await sendDelete(resource, key, options, signal);
    },

    async deleteForAnswer(resource, key, options, signal) {
      const { call, text } = await sendDelete(resource, key, options, signal);
      return parseBody(call, text, parseExact);
    },

    async request<T>(
      method: string,
      path: string,
      { body, contentType, query = {} }: RequestOptions = {},
      signal?: AbortSignal,
    ) {
      const verb = method.toLowerCase();
      const call: Call = {
        what: `${verb} ${path}`,
        verb,
        resource: resourceOfPath(path),
        method: method.toUpperCase(),
        path: withQuery(path, query),
        write: verb !== "get" && verb !== "head",
        sensitive: /\/secrets(\/|\?|$)|\/token(\?|$)|\/tokenreviews(\?|$)/.test(path),
        stream: false,
        ...(body !== undefined && { body: JSON.stringify(body) }),
        ...(contentType !== undefined && { contentType }),
      };
      const text = await caller.text(call, signal);
      return (text === "" ? undefined : parseBody(call, text, parseExact)) as T;
    },

    close: () => caller.close(),
  };
}

type Facts = Pick<Call, "what" | "verb" | "resource" | "write" | "sensitive" | "stream">;

function about(verb: string, resource: ResourceType, target: ObjectKey | string | undefined): Facts {
  const where = target === undefined ? "" : ` ${typeof target === "string" ? target : formatKey(target)}`;
  return {
    what: `${verb} ${resource.kind}${where}`,
    verb,
    resource: resource.plural,
    write: false,
    sensitive: (resource.group === "" && resource.kind === "Secret") || resource.kind === "TokenReview",
    stream: false,
  };
}

function writing(verb: string, resource: ResourceType, key: ObjectKey, subresource?: string): Facts {
  const facts = about(verb, resource, key);
  return {
    ...facts,
    write: true,
    what: subresource === undefined ? facts.what : `${facts.what} (${subresource})`,
  };
}

/** A 2xx whose body is no JSON comes from something that is not an API server, or was cut off: try again later. */
function parseBody<T>(call: Call, text: string, parse: (text: string, what: string) => T): T {
  try {
    return parse(text, call.what);
  } catch (cause) {
    if (isApiError(cause)) throw cause;
    throw malformed(call, "the answer is not JSON", call.sensitive ? undefined : cause);
  }
}

function asObject<T extends KubeObject>(
  value: unknown,
  resource: ResourceType<T>,
  call: Call,
): DeepReadonly<T> {
  if (!isJsonObject(value) || !isJsonObject(value.metadata))
    throw malformed(call, "the answer is not an object with metadata");
  // Items of built-in lists come without their type.
  value.apiVersion ??= apiVersionOf(resource);
  value.kind ??= resource.kind;
  return value as unknown as DeepReadonly<T>;
}

function toPage<T extends KubeObject>(
  { whole, items }: ReturnType<typeof parseExactMember>,
  resource: ResourceType<T>,
  call: Call,
): ListPage<T> {
  const metadata = isJsonObject(whole) ? whole.metadata : undefined;
  if (!isJsonObject(metadata)) throw malformed(call, "the answer is not a list");
  const { resourceVersion, continue: token } = metadata;
  const good: DeepReadonly<T>[] = [];
  const refused: RefusedObject[] = [];
  for (const { value, error } of items) {
    const object = asObject(value, resource, call);
    if (error === undefined) good.push(object);
    else refused.push({ object: object as DeepReadonly<KubeObject>, error });
  }
  return {
    items: good,
    resourceVersion: typeof resourceVersion === "string" ? resourceVersion : "",
    ...(typeof token === "string" && token !== "" && { continue: token }),
    ...(refused.length > 0 && { refused }),
  };
}

function malformed(call: Call, words: string, cause?: unknown): ApiError {
  return new ApiError(`${call.what}: ${words}${call.write ? ", though the write was accepted" : ""}`, {
    class: "transient",
    cause,
  });
}

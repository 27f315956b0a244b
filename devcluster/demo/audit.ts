/** The API server's audit log, one JSON event a line: what the manager asked for, and what the answer was. Pure. */
import { isJsonObject } from "#kube";

export interface AnsweredRequest {
  readonly verb: string;
  readonly uri: string;
  /** Empty where the request was not about one: a list, a path outside the API. */
  readonly object: { readonly resource: string; readonly namespace: string; readonly name: string };
  readonly code: number;
  /** When it came in, epoch ms. */
  readonly at: number;
}

/** The requests of this user that were answered, in the order of the log. */
export function answeredRequests(audit: string, user: string): AnsweredRequest[] {
  // Without what follows the last line end: that event is still being written.
  return audit
    .split("\n")
    .slice(0, -1)
    .flatMap((line) => answered(JSON.parse(line), user));
}

/** How often each pod of the namespace was deleted, by name. A refused or superfluous request deletes nothing. */
export function podDeletions(
  requests: readonly AnsweredRequest[],
  namespace: string,
): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { verb, object, code } of requests) {
    if (verb !== "delete" || object.resource !== "pods" || object.namespace !== namespace) continue;
    if (code < 300) counts.set(object.name, (counts.get(object.name) ?? 0) + 1);
  }
  return counts;
}

/** When each Secret of the namespace was first read, epoch ms, by name. */
export function firstSecretReads(
  requests: readonly AnsweredRequest[],
  namespace: string,
): ReadonlyMap<string, number> {
  const reads = new Map<string, number>();
  for (const { verb, object, code, at } of requests) {
    if (verb !== "get" || code !== 200) continue;
    if (object.resource !== "secrets" || object.namespace !== namespace) continue;
    reads.set(object.name, Math.min(reads.get(object.name) ?? Number.POSITIVE_INFINITY, at));
  }
  return reads;
}

function answered(event: unknown, user: string): AnsweredRequest[] {
  if (!isJsonObject(event) || event.stage !== "ResponseComplete") return [];
  const { user: who, responseStatus: answer } = event;
  if (!isJsonObject(who) || who.username !== user || !isJsonObject(answer)) return [];
  const object = isJsonObject(event.objectRef) ? event.objectRef : {};
  return [
    {
      verb: text(event, "verb"),
      uri: text(event, "requestURI"),
      object: {
        resource: text(object, "resource"),
        namespace: text(object, "namespace"),
        name: text(object, "name"),
      },
      code: Number(answer.code),
      at: Date.parse(text(event, "requestReceivedTimestamp")),
    },
  ];
}

function text(object: Readonly<Record<string, unknown>>, key: string): string {
  return String(object[key] ?? "");
}

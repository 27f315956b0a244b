/** The API server's audit log: who asked for what, and what came of it. */

export interface AuditRecord {
  /** Also the header `audit-id` of the answer. */
  readonly id?: string;
  readonly user: string;
  readonly verb: string;
  /** `seinodes/status`, `pods`, ... */
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
  readonly code: number;
  /** The roles allow it. A 403 of what they allow is the word of an admission plugin. */
  readonly authorized: boolean;
  readonly at: string;
  /** Path and query: field manager and force of an apply, selector and watch of a list. */
  readonly uri: string;
  /** The body of a delete. */
  readonly deletion?: {
    readonly gracePeriodSeconds?: number;
    readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
  };
}

interface AuditEvent {
  auditID?: string;
  stage?: string;
  verb?: string;
  user?: { username?: string };
  objectRef?: { resource?: string; subresource?: string; namespace?: string; name?: string };
  responseStatus?: { code?: number };
  annotations?: Readonly<Record<string, string>>;
  requestReceivedTimestamp?: string;
  requestURI?: string;
  requestObject?: NonNullable<AuditRecord["deletion"]>;
}

const WRITES = new Set(["create", "update", "patch", "delete", "deletecollection"]);

export function parseAuditLog(text: string): AuditRecord[] {
  const records: AuditRecord[] = [];
  const started = new Set<string>();
  for (const line of text.split("\n")) {
    if (line === "") continue;
    const event = JSON.parse(line) as AuditEvent;
    // A watch is complete when it ends, which may be never. One that is refused has no start.
    if (event.verb === "watch" && event.stage === "ResponseStarted") started.add(event.auditID ?? "");
    else if (event.stage !== "ResponseComplete" || started.has(event.auditID ?? "")) continue;
    const { resource = "", subresource, namespace = "", name = "" } = event.objectRef ?? {};
    records.push({
      ...(event.auditID !== undefined && { id: event.auditID }),
      user: event.user?.username ?? "",
      verb: event.verb ?? "",
      resource: subresource === undefined ? resource : `${resource}/${subresource}`,
      namespace,
      name,
      code: event.responseStatus?.code ?? 0,
      authorized: event.annotations?.["authorization.k8s.io/decision"] === "allow",
      at: event.requestReceivedTimestamp ?? "",
      uri: event.requestURI ?? "",
      ...(event.verb === "delete" && event.requestObject !== undefined && { deletion: event.requestObject }),
    });
  }
  return records;
}

/** The lease is renewed for ever and says nothing about the work. */
export function isWrite(record: AuditRecord): boolean {
  return WRITES.has(record.verb) && record.resource !== "leases";
}

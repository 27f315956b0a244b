/** Who asked how often for what: the API server's audit log and the simulator's request log, counted. */
import type { RequestRecord } from "#devcluster";
import { type AuditRecord, isWrite } from "../../harness/audit.ts";

/** How often, by what; most frequent first. */
export type Counts = readonly (readonly [what: string, times: number])[];

/**
 * Requests of work: not the lease, which is renewed for ever, and not the start of a watch, of which there is one for
 * each cache however many objects there are.
 */
export function isWork({ resource, verb }: AuditRecord): boolean {
  return resource !== "leases" && verb !== "watch";
}

/** `patch seinodes/status`; a refusal is told apart: `create events 409`. */
export function countApiRequests(records: readonly AuditRecord[]): Counts {
  return count(
    records.filter(isWork).map(({ verb, resource, code }) => {
      const refusal = code >= 400 ? ` ${code}` : "";
      return `${verb} ${resource}${refusal}`;
    }),
  );
}

export function countApiWrites(records: readonly AuditRecord[]): number {
  return records.filter(isWrite).length;
}

/** By who asked, `system:serviceaccount:` left out. */
export function countByUser(records: readonly AuditRecord[]): Counts {
  return count(records.filter(isWork).map(({ user }) => user.replace(/^system:(serviceaccount:)?/, "")));
}

const SIDECAR_PORT = 8443;

/** `POST /v0/tasks` at the sidecar, `seid GET /status` at any other port of the pod; ids are left out. */
export function countSidecarRequests(records: readonly RequestRecord[]): Counts {
  return count(
    records.map(({ method, path, port, outcome }) => {
      const where = port === SIDECAR_PORT ? "" : "seid ";
      const problem = typeof outcome === "number" && outcome < 400 ? "" : ` ${outcome}`;
      return `${where}${method} ${path.replace(/\?.*$/, "").replace(/\/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, "/{id}")}${problem}`;
    }),
  );
}

export function total(counts: Counts): number {
  return counts.reduce((sum, [, times]) => sum + times, 0);
}

function count(names: readonly string[]): Counts {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
}

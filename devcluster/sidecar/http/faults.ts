/** What goes wrong between the controller and one node. */
export type Fault =
  /** Connection closed before anything is read. */
  | { kind: "refuse" }
  /** Accepted, never answered. */
  | { kind: "hang" }
  /** Answered by nobody's code: 401, 403, 500, 502, 503 ... The sidecar never sees the request. */
  | { kind: "status"; status: number; body?: string }
  /** The sidecar does its work; the body ends in the middle and the connection with it. */
  | { kind: "truncate" }
  /** The sidecar does its work; the connection ends before the answer. */
  | { kind: "loseAnswer" }
  /** The sidecar does its work at once; the answer comes late. */
  | { kind: "slow"; ms: number }
  /** The sidecar does its work; the answer is not what it said (a garbled body with status 200). */
  | { kind: "malformed"; body?: string };

export interface FaultFilter {
  method?: string;
  /** Exact path, or a pattern. */
  path?: string | RegExp;
  /** 8443 (sidecar) unless told; 26657 is seid's RPC. */
  port?: number;
  /** After so many requests the fault is over. Default: until removed. */
  times?: number;
}

/** The faults of one node. */
export class FaultBook {
  readonly #faults: { fault: Fault; filter: FaultFilter; left: number }[] = [];

  /** Returns the function that removes the fault again. */
  add(fault: Fault, filter: FaultFilter = {}): () => void {
    const entry = { fault, filter, left: filter.times ?? Number.POSITIVE_INFINITY };
    this.#faults.push(entry);
    return () => {
      const index = this.#faults.indexOf(entry);
      if (index >= 0) this.#faults.splice(index, 1);
    };
  }

  clear(): void {
    this.#faults.length = 0;
  }

  /** The fault that hits this request, if one does: the newest that matches. */
  take(request: { method: string; path: string; port: number }): Fault | undefined {
    const entry = this.#faults.findLast(({ filter, left }) => left > 0 && matches(filter, request));
    if (entry === undefined) return undefined;
    entry.left -= 1;
    return entry.fault;
  }
}

function matches(filter: FaultFilter, request: { method: string; path: string; port: number }): boolean {
  if ((filter.port ?? 8443) !== request.port) return false;
  if (filter.method !== undefined && filter.method !== request.method) return false;
  if (filter.path === undefined) return true;
  return typeof filter.path === "string" ? filter.path === request.path : filter.path.test(request.path);
}

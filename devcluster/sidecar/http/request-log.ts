/** One request that reached the forward proxy. */
export interface RequestRecord {
  readonly at: number;
  /** Empty when the host name resolved to no node. */
  readonly namespace: string;
  readonly node: string;
  readonly port: number;
  readonly method: string;
  readonly path: string;
  /** HTTP status sent, or how the connection ended instead. */
  readonly outcome: number | "refused" | "hung" | "truncated" | "lost";
}

/** Keeps the newest requests, so that a devcluster may run for days. */
export class RequestLog implements Iterable<RequestRecord> {
  #records: RequestRecord[] = [];
  #total = 0;
  readonly #capacity: number;

  constructor(capacity = 100_000) {
    this.#capacity = capacity;
  }

  add(record: RequestRecord): void {
    this.#total += 1;
    this.#records.push(record);
    // Halved at once, so that the cost per request stays constant.
    if (this.#records.length >= this.#capacity * 2) this.#records = this.#records.slice(-this.#capacity);
  }

  /** All requests ever, also those no longer kept. */
  get total(): number {
    return this.#total;
  }

  /** The kept requests for which every given field is equal. */
  matching(wanted: Partial<RequestRecord> = {}): readonly RequestRecord[] {
    const fields = Object.entries(wanted) as [keyof RequestRecord, unknown][];
    return this.#records.filter((record) => fields.every(([name, value]) => record[name] === value));
  }

  [Symbol.iterator](): Iterator<RequestRecord> {
    return this.#records.values();
  }
}

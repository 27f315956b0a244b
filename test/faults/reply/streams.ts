/** What can go wrong with the lists and watches of a manager's caches, which are all it knows when to look by. */
import { type ApiRequest, type Forward, RESET, type RelayAnswer } from "../../harness/faults/index.ts";
import { status } from "./answers.ts";

export interface Trouble {
  /** How often the SeiNodes are asked for at least when it did happen. */
  readonly asks: number;
  /** Instead of opening a list or watch, as long as there is trouble left. */
  readonly refusal?: RelayAnswer | typeof RESET;
  /** Of the lines of a watch that opened. `trouble()` takes one from what is left, if anything is. */
  disturbs?(lines: AsyncIterable<string>, trouble: () => boolean): AsyncIterable<string>;
}

/** In each phase of a life each resource is in trouble this many times; then all goes well. */
const TIMES = 2;
/** Watches break after this many lines, so that there is something to lose. */
const LINES = 2;

const refused = (refusal: RelayAnswer | typeof RESET): Trouble => ({ asks: TIMES + 1, refusal });

/** Watches end after a few lines, in this way. */
function breaking(end: (line: string) => readonly string[], cut: boolean): Trouble {
  return {
    asks: 2 * TIMES,
    async *disturbs(lines, trouble) {
      let count = 0;
      for await (const line of lines) {
        count += 1;
        if (count <= LINES || !trouble()) {
          yield line;
          continue;
        }
        yield* end(line);
        if (cut) throw new Error("cut by the test");
        return;
      }
    },
  };
}

const event = (type: string, object: object) => `${JSON.stringify({ type, object })}\n`;
const expired = {
  kind: "Status",
  apiVersion: "v1",
  status: "Failure",
  reason: "Expired",
  code: 410,
  message: "too old",
};

export const TROUBLES: Readonly<Record<string, Trouble>> = {
  "410 instead of lists and watches": refused(status(410, "Expired")),
  "422 instead of lists and watches": refused(status(422, "Invalid")),
  "429 with Retry-After instead of lists and watches": refused(
    status(429, "TooManyRequests", { "retry-after": "1" }),
  ),
  "500 instead of lists and watches": refused(status(500, "InternalError")),
  "503 instead of lists and watches": refused(status(503, "ServiceUnavailable")),
  "broken connections instead of lists and watches": refused(RESET),
  "watches cut in mid-line": breaking((line) => [line.slice(0, line.length / 2)], true),
  "watches cut between lines": breaking(() => [], true),
  "watches that end too early": breaking(() => [], false),
  "a garbage line": breaking(() => ["{not json}\n"], false),
  "an event of an unknown type": breaking(
    (line) => [line.replace(/"type":"\w+"/, '"type":"SURPRISE"')],
    false,
  ),
  "410 as an event": breaking(() => [event("ERROR", expired)], false),
  "500 as an event": breaking(
    () => [event("ERROR", { ...expired, code: 500, reason: "InternalError" })],
    false,
  ),
  "every event twice": {
    asks: 1,
    async *disturbs(lines) {
      for await (const line of lines) {
        yield line;
        yield line;
      }
    },
  },
  "events from before, once more": {
    asks: 1,
    async *disturbs(lines) {
      const past: string[] = [];
      for await (const line of lines) {
        yield line;
        // Not the marks that end the initial list: a server sends them once.
        if (!line.includes('"BOOKMARK"')) past.push(line);
        if (past.length % 3 === 0) yield* past.slice(-6, -1);
      }
    },
  },
};

/** The trouble over all resources. Live reads are no business of it. */
export function troubled(trouble: Trouble) {
  const asked = new Map<string, number>();
  const spent = new Map<string, number>();
  const spend = (resource: string): boolean => {
    const count = spent.get(resource) ?? 0;
    spent.set(resource, count + 1);
    return count < TIMES;
  };
  return {
    /** Lists and watches by resource. */
    asked: asked as ReadonlyMap<string, number>,
    /** There is trouble ahead again, also for the watches that are open. */
    again: () => spent.clear(),
    async api(request: ApiRequest, forward: Forward): Promise<RelayAnswer | typeof RESET> {
      const { verb, resource, namespace } = request;
      if (namespace !== "" || (verb !== "list" && verb !== "watch")) return forward();
      asked.set(resource, (asked.get(resource) ?? 0) + 1);
      if (trouble.refusal !== undefined && spend(resource)) return trouble.refusal;
      const answer = await forward();
      if (trouble.disturbs === undefined || typeof answer.body === "string") return answer;
      return { ...answer, body: trouble.disturbs(answer.body, () => spend(resource)) };
    },
  };
}

/** What an API server, or what stands before it, may answer instead of doing what it was asked. */
import {
  type ApiRequest,
  type Forward,
  isApiWrite,
  RESET,
  type RelayAnswer,
} from "../../harness/faults/index.ts";

export interface Answer {
  /** Whether a request like this can get it. */
  fits(request: ApiRequest): boolean;
  give(request: ApiRequest, forward: Forward): Promise<RelayAnswer | typeof RESET>;
  /** How often in a row; a time-out takes half a minute each. */
  readonly times: number;
}

export function status(
  code: number,
  reason: string,
  headers: Readonly<Record<string, string>> = {},
): RelayAnswer {
  const body = {
    kind: "Status",
    apiVersion: "v1",
    status: "Failure",
    code,
    reason,
    message: `the test says ${reason}`,
  };
  return {
    status: code,
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  };
}

const always = () => true;

function refusal(
  code: number,
  reason: string,
  fits: Answer["fits"],
  headers?: Readonly<Record<string, string>>,
): Answer {
  return { fits, times: 2, give: async () => status(code, reason, headers) };
}

export const ANSWERS: Readonly<Record<string, Answer>> = {
  "409": refusal(409, "Conflict", isApiWrite),
  "422": refusal(422, "Invalid", isApiWrite),
  "429 with Retry-After": refusal(429, "TooManyRequests", always, { "retry-after": "1" }),
  "500": refusal(500, "InternalError", always),
  "503": refusal(503, "ServiceUnavailable", always),
  "503 with Retry-After": refusal(503, "ServiceUnavailable", always, { "retry-after": "1" }),
  "503 of a proxy": {
    fits: always,
    times: 2,
    give: async () => ({
      status: 503,
      headers: { "content-type": "text/html" },
      body: "<h1>no backend</h1>",
    }),
  },
  "half a JSON": {
    fits: always,
    times: 2,
    async give(_, forward) {
      const answer = await forward();
      if (typeof answer.body !== "string") return answer;
      return { ...answer, body: answer.body.slice(0, answer.body.length / 2) };
    },
  },
  "a connection that breaks before": { fits: always, times: 2, give: async () => RESET },
  "a connection that breaks after": {
    fits: always,
    times: 2,
    async give(_, forward) {
      await forward();
      return RESET;
    },
  },
  "no answer, and nothing done": {
    fits: always,
    times: 1,
    async give({ signal }) {
      await gone(signal);
      return RESET;
    },
  },
  "no answer, but done": {
    fits: always,
    times: 1,
    async give({ signal }, forward) {
      await forward();
      await gone(signal);
      return RESET;
    },
  },
};

function gone(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

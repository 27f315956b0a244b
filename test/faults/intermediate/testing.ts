import type { ApiRequest } from "../../harness/faults/index.ts";

/** A request as the relay hands it on, to the SeiNode `node` unless `more` says otherwise. */
export function request(
  verb: string,
  resource: string,
  body: object,
  more: Partial<ApiRequest> = {},
): ApiRequest {
  return {
    method: "",
    url: "",
    headers: {},
    signal: new AbortController().signal,
    namespace: "run-0001",
    name: "node",
    query: new URLSearchParams(),
    verb,
    resource,
    body: JSON.stringify(body),
    ...more,
  };
}

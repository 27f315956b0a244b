/** A request as a simulated server sees it, after the forward proxy found the server. */
export interface SimRequest {
  readonly method: string;
  /** Without query. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Values of each header, never joined: duplicates matter to the sidecar. Names in lower case. */
  readonly headers: Readonly<Record<string, readonly string[] | undefined>>;
  readonly body: string;
}

export interface SimAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export function json(
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): SimAnswer {
  return {
    status,
    headers: { "content-type": "application/json", ...headers },
    body: `${JSON.stringify(value)}\n`,
  };
}

export function jsonError(
  status: number,
  error: string,
  headers: Readonly<Record<string, string>> = {},
): SimAnswer {
  return json(status, { error }, headers);
}

/** What Go's router and http.Error send. */
export function plain(
  status: number,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): SimAnswer {
  return { status, headers: { "content-type": "text/plain; charset=utf-8", ...headers }, body: `${text}\n` };
}

export function empty(status: number, headers: Readonly<Record<string, string>> = {}): SimAnswer {
  return { status, headers, body: "" };
}

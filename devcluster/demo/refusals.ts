/** Whether the manager was ever denied something: from its own log, the audit log, and the sidecars' proxies. Pure. */
import type { AnsweredRequest } from "./audit.ts";

export interface RefusalSources {
  /** The manager's log, JSON lines. */
  readonly log: string;
  /** The manager's, of the API server's audit log. */
  readonly requests: readonly AnsweredRequest[];
  /** HTTP status of each request to a sidecar; a word where there was none. */
  readonly sidecarOutcomes: readonly { readonly path: string; readonly outcome: number | string }[];
}

/** One line for each refusal; empty when there was none. */
export function findRefusals({ log, requests, sidecarOutcomes }: RefusalSources): string[] {
  return [
    ...log
      .split("\n")
      .filter((line) => /forbidden|unauthorized|status(Code)?"?[ :=]+40[13]\b/i.test(line))
      .map((line) => `the manager's log: ${line}`),
    ...requests
      .filter(({ code }) => code === 401 || code === 403)
      .map(({ verb, uri, code }) => `${verb} ${uri} was answered with ${code}`),
    ...sidecarOutcomes
      .filter(({ outcome }) => outcome === 401 || outcome === 403)
      .map(({ path, outcome }) => `a sidecar's proxy answered ${path} with ${outcome}`),
  ];
}

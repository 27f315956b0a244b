/** Whether the manager was ever denied something: from its own log, the audit log, and the sidecars' proxies. Pure. */
import { isJsonObject } from "#kube";

export interface RefusalSources {
  /** `system:serviceaccount:namespace:name` */
  readonly user: string;
  /** The manager's log, JSON lines. */
  readonly log: string;
  /** The API server's audit log, one JSON event a line. */
  readonly audit: string;
  /** HTTP status of each request to a sidecar; a word where there was none. */
  readonly sidecarOutcomes: readonly { readonly path: string; readonly outcome: number | string }[];
}

/** One line for each refusal; empty when there was none. */
export function findRefusals({ user, log, audit, sidecarOutcomes }: RefusalSources): string[] {
  return [
    ...log
      .split("\n")
      .filter((line) => /forbidden|unauthorized|status(Code)?"?[ :=]+40[13]\b/i.test(line))
      .map((line) => `the manager's log: ${line}`),
    // Without what follows the last line end: that event is still being written.
    ...audit
      .split("\n")
      .slice(0, -1)
      .flatMap((line) => refusedRequest(JSON.parse(line), user)),
    ...sidecarOutcomes
      .filter(({ outcome }) => outcome === 401 || outcome === 403)
      .map(({ path, outcome }) => `a sidecar's proxy answered ${path} with ${outcome}`),
  ];
}

function refusedRequest(event: unknown, user: string): string[] {
  if (!isJsonObject(event) || event.stage !== "ResponseComplete") return [];
  const { user: who, responseStatus: answer } = event;
  if (!isJsonObject(who) || who.username !== user || !isJsonObject(answer)) return [];
  const code = answer.code;
  return code === 401 || code === 403 ? [`${event.verb} ${event.requestURI} was answered with ${code}`] : [];
}

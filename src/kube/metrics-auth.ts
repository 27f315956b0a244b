/** Who may read metrics: the API server is asked, as controller-runtime's authn/authz filter does. */
import { createHash } from "node:crypto";
import type { Clock } from "#clock";
import type { Authorize } from "./http-endpoints.ts";
import type { RestClient } from "./rest-api.ts";

interface TokenReview {
  status?: {
    authenticated?: boolean;
    user?: { username?: string; uid?: string; groups?: string[]; extra?: Record<string, string[]> };
  };
}

interface SubjectAccessReview {
  status?: { allowed?: boolean };
}

type Verdict = Awaited<ReturnType<Authorize>>;

const ALLOWED_MS = 60_000;
/** Short, so that a grant just made takes effect soon; long enough that a wrong scraper is no load. */
const REFUSED_MS = 10_000;
const MAX_ENTRIES = 256;
const DEADLINE_MS = 10_000;

/**
 * Bearer tokens only, each asked about once per minute: TokenReview, then SubjectAccessReview for `get` on the path.
 * `client` has no write gate, for followers are scraped too. Rejects when the API server gives no answer: the
 * request then ends in 500 and never in an allowed one.
 */
export function createMetricsAuthorizer(client: Pick<RestClient, "request">, clock: Clock): Authorize {
  const known = new Map<string, { verdict: Verdict; until: number }>();

  async function ask(token: string, path: string): Promise<Verdict> {
    const deadline = new AbortController();
    const cancel = clock.after(DEADLINE_MS, () =>
      deadline.abort(new Error("no answer to the access review")),
    );
    try {
      const review = await client.request<TokenReview>(
        "POST",
        "/apis/authentication.k8s.io/v1/tokenreviews",
        { body: { apiVersion: "authentication.k8s.io/v1", kind: "TokenReview", spec: { token } } },
        deadline.signal,
      );
      const user = review.status?.user;
      if (review.status?.authenticated !== true || user === undefined) return "unauthenticated";
      const { username, uid, groups, extra } = user;
      const spec = { user: username, uid, groups, extra, nonResourceAttributes: { path, verb: "get" } };
      const access = await client.request<SubjectAccessReview>(
        "POST",
        "/apis/authorization.k8s.io/v1/subjectaccessreviews",
        { body: { apiVersion: "authorization.k8s.io/v1", kind: "SubjectAccessReview", spec } },
        deadline.signal,
      );
      return access.status?.allowed === true ? "allowed" : "forbidden";
    } finally {
      cancel();
    }
  }

  return async (authorization, path) => {
    const token = /^Bearer +(\S+)$/i.exec(authorization ?? "")?.[1];
    if (token === undefined) return "unauthenticated";
    // The token itself is not kept.
    const key = `${path} ${createHash("sha256").update(token).digest("base64")}`;
    const now = clock.monotonic();
    const cached = known.get(key);
    if (cached !== undefined && now < cached.until) return cached.verdict;
    const verdict = await ask(token, path);
    known.delete(key);
    known.set(key, { verdict, until: now + (verdict === "allowed" ? ALLOWED_MS : REFUSED_MS) });
    const [oldest] = known.keys();
    if (known.size > MAX_ENTRIES && oldest !== undefined) known.delete(oldest);
    return verdict;
  };
}

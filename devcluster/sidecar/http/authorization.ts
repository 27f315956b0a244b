/** What kube-rbac-proxy asks the API server before it lets a request through (spec/sidecar.md section 4). */
import type { Clock } from "#clock";

/** The `resourceAttributes` of the proxy's configuration. */
export interface ReviewAttributes {
  readonly apiGroup: string;
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
}

export interface RemoteUser {
  readonly name: string;
  readonly groups: readonly string[];
}

/** The two questions, as the API server answers them. A rejection is a failed review: the proxy answers 500. */
export interface Reviewer {
  /** TokenReview; undefined when the token is not authenticated. */
  authenticate(token: string): Promise<RemoteUser | undefined>;
  /** SubjectAccessReview. */
  isAllowed(user: RemoteUser, verb: string, attributes: ReviewAttributes): Promise<boolean>;
}

export type Verdict =
  | { allowed: true; user: RemoteUser }
  | { allowed: false; status: 401 | 403 | 500; text: string };

const verbs: Readonly<Record<string, string>> = {
  GET: "get",
  HEAD: "get",
  POST: "create",
  PUT: "update",
  PATCH: "patch",
  DELETE: "delete",
};

/** Positive answers are kept this long, so that a thousand polls are not a thousand reviews. */
const keepMs = 10_000;

export class ProxyAuthorizer {
  readonly #reviewer: Reviewer;
  readonly #clock: Clock;
  readonly #kept = new Map<string, { until: number; answer: Promise<unknown> }>();

  constructor(reviewer: Reviewer, clock: Clock) {
    this.#reviewer = reviewer;
    this.#clock = clock;
  }

  async decide(
    authorization: string | undefined,
    method: string,
    attributes: ReviewAttributes,
  ): Promise<Verdict> {
    const token = /^Bearer\s+(\S+)$/i.exec(authorization ?? "")?.[1];
    if (token === undefined) return unauthorized;
    try {
      const user = await this.#keep(`token ${token}`, () => this.#reviewer.authenticate(token));
      if (user === undefined) return unauthorized;
      const verb = verbs[method] ?? method.toLowerCase();
      const question = JSON.stringify([user.name, verb, attributes]);
      const allowed = await this.#keep(question, () => this.#reviewer.isAllowed(user, verb, attributes));
      if (allowed) return { allowed: true, user };
      const text = `Forbidden (user=${user.name}, verb=${verb}, resource=${attributes.resource}, subresource=)`;
      return { allowed: false, status: 403, text };
    } catch (error) {
      return { allowed: false, status: 500, text: `review failed: ${String(error)}` };
    }
  }

  /** Shares one question among concurrent askers, and keeps its answer only when it was a yes. */
  #keep<Answer>(key: string, ask: () => Promise<Answer>): Promise<Answer> {
    const now = this.#clock.monotonic();
    const kept = this.#kept.get(key);
    if (kept !== undefined && kept.until > now) return kept.answer as Promise<Answer>;
    const answer = ask().then(
      (value) => {
        if (value === undefined || value === false) this.#kept.delete(key);
        return value;
      },
      (error: unknown) => {
        this.#kept.delete(key);
        throw error;
      },
    );
    this.#kept.set(key, { until: now + keepMs, answer });
    return answer;
  }
}

const unauthorized: Verdict = { allowed: false, status: 401, text: "Unauthorized" };

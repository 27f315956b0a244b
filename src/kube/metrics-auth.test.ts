import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ManualClock } from "#clock";
import { createMetricsAuthorizer } from "./metrics-auth.ts";
import type { RestClient } from "./rest-api.ts";

const USER = {
  username: "system:serviceaccount:mon:prometheus",
  uid: "u",
  groups: ["g"],
  extra: { k: ["v"] },
};

/** An API server that knows one token. */
function apiServer(options: { allowed?: boolean; fails?: () => boolean } = {}) {
  const requests: { path: string; body: { spec: Record<string, unknown> } }[] = [];
  const request = async (method: string, path: string, { body }: { body?: unknown } = {}) => {
    assert.equal(method, "POST");
    const review = body as { spec: Record<string, unknown> };
    requests.push({ path, body: review });
    if (options.fails?.()) throw new Error("unavailable");
    if (path.endsWith("/tokenreviews")) {
      return { status: review.spec.token === "known" ? { authenticated: true, user: USER } : {} };
    }
    return { status: { allowed: options.allowed ?? true } };
  };
  return { requests, client: { request } as unknown as Pick<RestClient, "request"> };
}

describe("createMetricsAuthorizer", () => {
  it("asks who the token is and whether they may get the path, as the whole user", async () => {
    const { client, requests } = apiServer();
    const authorize = createMetricsAuthorizer(client, new ManualClock());
    assert.equal(await authorize("Bearer known", "/metrics"), "allowed");
    assert.deepEqual(
      requests.map(({ path }) => path),
      ["/apis/authentication.k8s.io/v1/tokenreviews", "/apis/authorization.k8s.io/v1/subjectaccessreviews"],
    );
    assert.deepEqual(requests[1]?.body.spec, {
      user: USER.username,
      uid: "u",
      groups: ["g"],
      extra: { k: ["v"] },
      nonResourceAttributes: { path: "/metrics", verb: "get" },
    });
  });

  it("does not ask about a request without a bearer token", async () => {
    const { client, requests } = apiServer();
    const authorize = createMetricsAuthorizer(client, new ManualClock());
    for (const header of [undefined, "", "Basic eDp5", "Bearer", "Bearer a b"]) {
      assert.equal(await authorize(header, "/metrics"), "unauthenticated");
    }
    assert.equal(requests.length, 0);
  });

  it("refuses an unknown token, and a known one without the grant", async () => {
    const clock = new ManualClock();
    assert.equal(
      await createMetricsAuthorizer(apiServer().client, clock)("Bearer nobody", "/metrics"),
      "unauthenticated",
    );
    const ungranted = apiServer({ allowed: false });
    assert.equal(
      await createMetricsAuthorizer(ungranted.client, clock)("Bearer known", "/metrics"),
      "forbidden",
    );
  });

  it("remembers a yes for a minute and a no for ten seconds", async () => {
    const clock = new ManualClock();
    const { client, requests } = apiServer();
    const authorize = createMetricsAuthorizer(client, clock);
    await authorize("Bearer known", "/metrics");
    await clock.advance(59_999);
    await authorize("Bearer known", "/metrics");
    assert.equal(requests.length, 2);
    await clock.advance(1);
    await authorize("Bearer known", "/metrics");
    assert.equal(requests.length, 4);
    await authorize("Bearer nobody", "/metrics");
    await clock.advance(9_999);
    await authorize("Bearer nobody", "/metrics");
    assert.equal(requests.length, 5);
    await clock.advance(1);
    await authorize("Bearer nobody", "/metrics");
    assert.equal(requests.length, 6);
  });

  it("says nothing rather than yes when the API server does not answer, and does not remember it", async () => {
    let fails = true;
    const clock = new ManualClock();
    const authorize = createMetricsAuthorizer(apiServer({ fails: () => fails }).client, clock);
    await assert.rejects(authorize("Bearer known", "/metrics"), /unavailable/);
    fails = false;
    assert.equal(await authorize("Bearer known", "/metrics"), "allowed");
    assert.equal(clock.pending, 0);
  });
});

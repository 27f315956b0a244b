import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import { Agent, request } from "undici";
import {
  type Authorize,
  createMetricsEndpoint,
  createProbeEndpoint,
  type HttpEndpoint,
} from "./http-endpoints.ts";
import type { Logger } from "./reconcile.ts";
import { namedServerPair, serverPair, testCa } from "./testing/test-certificates.ts";

const quiet: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => quiet };
const bind = { host: "127.0.0.1", port: 0 };

async function serve(t: TestContext, endpoint: HttpEndpoint): Promise<string> {
  const port = await endpoint.listen();
  t.after(() => endpoint.close());
  return `127.0.0.1:${port}`;
}

/** Every call on a connection of its own, so that closing never waits for a kept one. */
async function get(
  t: TestContext,
  url: string,
  options: { method?: "GET" | "HEAD" | "POST"; token?: string } = {},
) {
  const agent = new Agent({ connect: { ca: testCa } });
  t.after(() => agent.close());
  const { statusCode, headers, body } = await request(url, {
    dispatcher: agent,
    method: options.method ?? "GET",
    headers: options.token === undefined ? {} : { authorization: `Bearer ${options.token}` },
  });
  return { status: statusCode, headers, body: await body.text() };
}

describe("the probe endpoint", () => {
  it("is healthy as long as it answers, and ready once nothing is missing", async (t) => {
    let missing: string | undefined = "caches not in sync: pods";
    const host = await serve(t, createProbeEndpoint({ bind, notReady: () => missing, log: quiet }));
    assert.equal((await get(t, `http://${host}/healthz`)).status, 200);
    const notReady = await get(t, `http://${host}/readyz`);
    assert.equal(notReady.status, 503);
    assert.equal(notReady.body, "not ready: caches not in sync: pods\n");
    missing = undefined;
    const ready = await get(t, `http://${host}/readyz?verbose`);
    assert.deepEqual([ready.status, ready.body], [200, "ok"]);
  });

  it("answers HEAD without a body, 404 elsewhere and 405 to other methods", async (t) => {
    const host = await serve(t, createProbeEndpoint({ bind, notReady: () => undefined, log: quiet }));
    const head = await get(t, `http://${host}/healthz`, { method: "HEAD" });
    assert.deepEqual([head.status, head.body], [200, ""]);
    for (const path of ["/", "/metrics", "/healthz/x", "/constructor", "/__proto__"]) {
      assert.equal((await get(t, `http://${host}${path}`)).status, 404, path);
    }
    assert.equal((await get(t, `http://${host}/healthz`, { method: "POST" })).status, 405);
  });

  it("names itself and the address when the port is taken", async (t) => {
    const host = await serve(t, createProbeEndpoint({ bind, notReady: () => undefined, log: quiet }));
    const port = Number(host.split(":")[1]);
    const second = createProbeEndpoint({ bind: { ...bind, port }, notReady: () => undefined, log: quiet });
    await assert.rejects(
      second.listen(),
      new RegExp(`health probes: cannot listen on 127.0.0.1:${port}: .*EADDRINUSE`),
    );
    await second.close();
  });
});

describe("the metrics endpoint", () => {
  const render = async () => "up 1\n";
  const contentType = "text/plain; version=0.0.4";

  it("serves the exposition in plain HTTP when not asked for more", async (t) => {
    const host = await serve(t, await createMetricsEndpoint({ bind, render, contentType, log: quiet }));
    const { status, headers, body } = await get(t, `http://${host}/metrics`);
    assert.deepEqual([status, headers["content-type"], body], [200, contentType, "up 1\n"]);
  });

  it("answers 500 and goes on when rendering fails", async (t) => {
    let fails = true;
    const flaky = async () => {
      if (fails) throw new Error("no metrics");
      return "up 1\n";
    };
    const host = await serve(
      t,
      await createMetricsEndpoint({ bind, render: flaky, contentType, log: quiet }),
    );
    assert.equal((await get(t, `http://${host}/metrics`)).status, 500);
    fails = false;
    assert.equal((await get(t, `http://${host}/metrics`)).status, 200);
  });

  it("with secure: speaks TLS only, and shows nothing to who is not allowed", async (t) => {
    const asked: [string | undefined, string][] = [];
    const authorize: Authorize = async (authorization, path) => {
      asked.push([authorization, path]);
      if (authorization === "Bearer down") throw new Error("no answer");
      return authorization === "Bearer good"
        ? "allowed"
        : authorization === undefined
          ? "unauthenticated"
          : "forbidden";
    };
    const secure = { authorize, certificate: async () => serverPair };
    const host = await serve(
      t,
      await createMetricsEndpoint({ bind, render, contentType, log: quiet, secure }),
    );
    const good = await get(t, `https://${host}/metrics`, { token: "good" });
    assert.deepEqual([good.status, good.body], [200, "up 1\n"]);
    const anonymous = await get(t, `https://${host}/metrics`);
    assert.equal(anonymous.status, 401);
    assert.equal(anonymous.headers["www-authenticate"], "Bearer");
    for (const [token, status] of [
      ["other", 403],
      ["down", 500],
    ] as const) {
      const refused = await get(t, `https://${host}/metrics`, { token });
      assert.equal(refused.status, status);
      assert.ok(!refused.body.includes("up 1"));
    }
    assert.deepEqual(asked[0], ["Bearer good", "/metrics"]);
    await assert.rejects(get(t, `http://${host}/metrics`));
  });

  it("with secure: takes over a rotated certificate, and keeps the old one while the new is unusable", async (t) => {
    let pair = namedServerPair;
    const secure = { authorize: async () => "allowed" as const, certificate: async () => pair };
    const host = await serve(
      t,
      await createMetricsEndpoint({ bind, render, contentType, log: quiet, secure }),
    );
    const name = /named\.test|Hostname/;
    await assert.rejects(get(t, `https://${host}/metrics`), name);
    pair = { cert: "half", key: "written" };
    await assert.rejects(get(t, `https://${host}/metrics`), name);
    await assert.rejects(get(t, `https://${host}/metrics`), name);
    pair = serverPair;
    // The connection that finds it new still gets the old one.
    await get(t, `https://${host}/metrics`).catch(() => undefined);
    assert.equal((await get(t, `https://${host}/metrics`)).status, 200);
  });

  it("does not come up without a readable certificate", async () => {
    const secure = {
      authorize: async () => "allowed" as const,
      certificate: () => Promise.reject(new Error("ENOENT: tls.crt")),
    };
    await assert.rejects(
      createMetricsEndpoint({ bind, render, contentType, log: quiet, secure }),
      /tls\.crt/,
    );
  });
});

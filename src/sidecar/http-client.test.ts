import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { buildConnector } from "undici";
import { ManualClock } from "#clock";
import { SidecarError, type SidecarErrorClass, type SidecarTarget } from "./contract.ts";
import { createSidecarFactory, type SidecarFactoryOptions } from "./http-client.ts";
import { ScriptedServer } from "./scripted-server.fixture.ts";

const TASK = "3fc2a0ee-6002-53cc-9ebb-6906ccddaa4c";
const NODE_ID = "139e3940e64b5491722088d9a0d741628fc826e0";
const target: SidecarTarget = { namespace: "sei", node: "rpc-0" };
const HOST = "rpc-0-0.rpc-0.sei.svc.cluster.local:8443";

let clock: ManualClock;
let server: ScriptedServer;
let folder: string;
let tokenFile: string;
let sidecars: ReturnType<typeof createSidecarFactory>;

beforeEach(async () => {
  clock = new ManualClock();
  server = new ScriptedServer();
  await server.start();
  folder = mkdtempSync(join(tmpdir(), "sidecar-"));
  tokenFile = join(folder, "token");
  writeFileSync(tokenFile, "secret-1\n");
  sidecars = factory();
});

afterEach(async () => {
  await sidecars.close();
  await server.stop();
  rmSync(folder, { recursive: true });
  assert.equal(clock.pending, 0, "every deadline timer is cleared");
});

function factory(options: Partial<SidecarFactoryOptions> = {}) {
  return createSidecarFactory({ clock, env: {}, tokenFile, connect: server.connect, ...options });
}

async function replaceFactory(options: Partial<SidecarFactoryOptions>): Promise<void> {
  await sidecars.close();
  sidecars = factory(options);
}

async function failure(call: Promise<unknown>, expected: SidecarErrorClass): Promise<SidecarError> {
  const error = await call.then(
    () => assert.fail("the call succeeded"),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof SidecarError, String(error));
  assert.equal(error.class, expected, error.message);
  assert.doesNotMatch(error.message, /127\.0\.0\.1|:\d{2,5}\b/, "no address or port in a message");
  return error;
}

/** Starts a call the server will not answer in time, and moves the clock to its deadline. */
async function timedOut(start: () => Promise<unknown>, ms: number): Promise<SidecarError> {
  const arrived = server.arrival();
  const call = failure(start(), "timeout");
  await arrived;
  await clock.advance(ms - 1);
  await clock.advance(1);
  return await call;
}

const hang = () => {
  server.handler = () => {};
};

describe("requests", () => {
  test("a task is POSTed with id, type and params, as JSON, with the bearer token, to the production URL", async () => {
    server.answer(201, { id: TASK });
    await sidecars(target).submit({ id: TASK, type: "config-patch", params: { files: { a: {} } } });
    const [request] = server.requests;
    assert.equal(request?.method, "POST");
    assert.equal(request?.url, "/v0/tasks");
    assert.equal(request?.headers.host, HOST);
    assert.equal(request?.headers["content-type"], "application/json");
    assert.equal(request?.headers.authorization, "Bearer secret-1");
    assert.deepEqual(JSON.parse(request?.body ?? ""), {
      id: TASK,
      type: "config-patch",
      params: { files: { a: {} } },
    });
    assert.deepEqual(server.dialed, ["rpc-0-0.rpc-0.sei.svc.cluster.local"]);
  });

  test("a task without params is POSTed without a params key", async () => {
    server.answer(202, { id: TASK });
    await sidecars(target).submit({ id: TASK, type: "mark-ready" });
    assert.equal(server.requests[0]?.body, `{"id":"${TASK}","type":"mark-ready"}`);
  });

  test("a known pod IP is dialed instead of the name, with the production Host header", async () => {
    server.answer(200, { nodeId: NODE_ID });
    await sidecars({ ...target, podIP: "10.1.2.3" }).nodeId();
    await sidecars({ ...target, podIP: "fd00::7" }).nodeId();
    assert.deepEqual(server.dialed, ["10.1.2.3", "fd00::7"]);
    assert.deepEqual(
      server.requests.map((request) => request.headers.host),
      [HOST, HOST],
    );
  });

  test("connections are kept: many calls to one node need no more than two", async () => {
    server.answer(200, { nodeId: NODE_ID });
    for (let i = 0; i < 20; i++) await sidecars(target).nodeId();
    // The pool may open a second one while the first is still finishing an answer.
    assert.ok(server.connections <= 2, String(server.connections));
  });
});

describe("answers", () => {
  test("healthz: 200 is ready, 503 is not, anything else is an error", async () => {
    server.answer(200);
    assert.equal(await sidecars(target).isReady(), true);
    server.answer(503);
    assert.equal(await sidecars(target).isReady(), false);
    server.answer(502);
    await failure(sidecars(target).isReady(), "unavailable");
  });

  test("a task result is read leniently: unknown fields are ignored, senseless optional ones dropped", async () => {
    server.answer(200, {
      id: TASK,
      type: "config-apply",
      status: "failed",
      run: 2,
      error: "boom",
      submittedAt: "2026-01-01T00:00:00.123456789Z",
      params: { a: 1 },
      novelty: true,
    });
    assert.deepEqual(await sidecars(target).task(TASK), {
      id: TASK,
      type: "config-apply",
      status: "failed",
      run: 2,
      error: "boom",
      submittedAt: "2026-01-01T00:00:00.123456789Z",
    });
    server.answer(200, {
      id: TASK,
      type: "gov-vote",
      status: "completed",
      run: "x",
      error: 7,
      result: { txHash: "AA" },
    });
    assert.deepEqual(await sidecars(target).task(TASK), {
      id: TASK,
      type: "gov-vote",
      status: "completed",
      result: { txHash: "AA" },
    });
    assert.equal(server.requests[0]?.url, `/v0/tasks/${TASK}`);
  });

  test("404 means the sidecar does not know the task", async () => {
    server.answer(404, { error: "not found" });
    assert.equal(await sidecars(target).task(TASK), undefined);
  });

  for (const [name, body] of [
    ["malformed JSON", "{"],
    ["an array", []],
    ["an unknown status", { id: TASK, type: "x", status: "queued" }],
    ["another task", { id: NODE_ID, type: "x", status: "completed" }],
    ["nothing", ""],
  ] as const) {
    test(`a task answer with ${name} is unavailable, never a result`, async () => {
      server.answer(200, body);
      await failure(sidecars(target).task(TASK), "unavailable");
    });
  }

  for (const [name, body] of [
    ["no id", {}],
    ["the nil id", { id: "00000000-0000-0000-0000-000000000000" }],
    ["an id that is no UUID", { id: "1" }],
    ["malformed JSON", "<html>"],
  ] as const) {
    test(`an acceptance with ${name} is unavailable`, async () => {
      server.answer(201, body);
      await failure(sidecars(target).submit({ id: TASK, type: "x" }), "unavailable");
    });
  }

  test("node id: 40 hex digits or an error that says what the sidecar said", async () => {
    server.answer(200, { nodeId: NODE_ID });
    assert.equal(await sidecars(target).nodeId(), NODE_ID);
    for (const nodeId of ["", NODE_ID.toUpperCase(), `${NODE_ID}0`, 7]) {
      server.answer(200, { nodeId });
      await failure(sidecars(target).nodeId(), "unavailable");
    }
    server.answer(500, { error: "read node key: dial 127.0.0.1:7777\nidentity may not have been generated" });
    const error = await failure(sidecars(target).nodeId(), "unavailable");
    assert.equal(
      error.message,
      "GET node id: the sidecar of sei/rpc-0 answered 500: read node key: dial <address> identity may not have been generated",
    );
  });

  test("400 is a rejection with the server's text", async () => {
    server.answer(400, { error: "unknown task type: discover-peers" });
    const error = await failure(sidecars(target).submit({ id: TASK, type: "discover-peers" }), "rejected");
    assert.match(error.message, /rejected by the sidecar of sei\/rpc-0: unknown task type: discover-peers/);
  });

  test("400 because the task database is down is no rejection", async () => {
    server.answer(400, { error: "persist task: database is locked" });
    await failure(sidecars(target).submit({ id: TASK, type: "x" }), "unavailable");
  });

  test("403 names the verb and the resource whose grant is missing", async () => {
    server.answer(403, "Forbidden (user=system:serviceaccount:sei:controller, verb=create)");
    const post = await failure(sidecars(target).submit({ id: TASK, type: "x" }), "unauthorized");
    assert.match(post.message, /"create" on seinodetasks\.sei\.io "rpc-0" in namespace "sei"/);
    const get = await failure(sidecars(target).task(TASK), "unauthorized");
    assert.match(get.message, /"get" on seinodetasks\.sei\.io "rpc-0" in namespace "sei"/);
  });

  for (const status of [204, 302, 405, 429, 500, 502, 503]) {
    test(`${status} to any authenticated call is unavailable`, async () => {
      server.answer(status, status === 204 ? "" : "text");
      await failure(sidecars(target).submit({ id: TASK, type: "x" }), "unavailable");
      await failure(sidecars(target).task(TASK), "unavailable");
      await failure(sidecars(target).nodeId(), "unavailable");
    });
  }

  test("an answer of more than 1 MiB is given up", async () => {
    server.answer(200, "x".repeat(1024 * 1024 + 1));
    const error = await failure(sidecars(target).task(TASK), "unavailable");
    assert.match(error.message, /more than 1 MiB/);
  });

  test("a connection cut in the middle of the answer is unreachable", async () => {
    server.handler = (_request, response, raw) => {
      response.setHeader("content-length", "100");
      response.write("{");
      setImmediate(() => raw.socket.destroy());
    };
    await failure(sidecars(target).task(TASK), "unreachable");
  });

  test("a name that does not resolve is unreachable: normal right after the pod was created", async () => {
    await replaceFactory({
      connect: (_options, callback) =>
        callback(Object.assign(new Error("getaddrinfo ENOTFOUND x"), { code: "ENOTFOUND" }), null),
    });
    const error = await failure(sidecars(target).task(TASK), "unreachable");
    assert.equal(error.message, "the sidecar of sei/rpc-0 cannot be reached: host name not found");
  });

  test("garbage instead of HTTP is unreachable, with a text of ours", async () => {
    server.handler = (_request, _response, raw) => void raw.socket.end("garbage\r\n\r\n");
    await failure(sidecars(target).task(TASK), "unreachable");
  });

  test("a refused connection is unreachable, and says so without the address", async () => {
    const gone = new ScriptedServer();
    await gone.start();
    const port = String(gone.port);
    await gone.stop();
    await replaceFactory({
      connect: (options, callback) =>
        buildConnector({})({ ...options, hostname: "127.0.0.1", port }, callback),
    });
    const error = await failure(sidecars(target).task(TASK), "unreachable");
    assert.equal(error.message, "the sidecar of sei/rpc-0 cannot be reached: connection refused");
  });
});

describe("deadlines", () => {
  test("a sidecar that accepts and never answers ends a task call after 5 s", async () => {
    hang();
    const error = await timedOut(() => sidecars(target).task(TASK), 5_000);
    assert.equal(error.message, "the sidecar of sei/rpc-0 does not answer");
  });

  test("healthz has 2 s", async () => {
    hang();
    await timedOut(() => sidecars(target).isReady(), 2_000);
  });

  test("the deadline covers the body: headers and a byte now and then do not extend it", async () => {
    server.handler = (_request, response) => {
      response.writeHead(200);
      response.write("{");
    };
    await timedOut(() => sidecars(target).task(TASK), 5_000);
  });

  test("the deadline covers connecting, and a call given up there is not sent when the connection comes up late", async () => {
    const connecting = Promise.withResolvers<() => void>();
    let first = true;
    await replaceFactory({
      connect: (options, callback) => {
        if (!first) return server.connect(options, callback);
        first = false;
        return connecting.resolve(() => server.connect(options, callback));
      },
    });
    server.answer(201, { id: TASK });
    const call = failure(sidecars(target).submit({ id: TASK, type: "x" }), "timeout");
    const finishConnecting = await connecting.promise;
    await clock.advance(5_000);
    await call;
    await clock.advance(1_000);
    finishConnecting();
    for (const type of ["y", "z"]) await sidecars(target).submit({ id: TASK, type });
    assert.deepEqual(
      server.requests.map((request) => JSON.parse(request.body).type),
      ["y", "z"],
    );
  });

  test("the caller's signal ends the call at once, and is no time-out of the node", async () => {
    hang();
    const controller = new AbortController();
    const arrived = server.arrival();
    const call = failure(sidecars(target).task(TASK, controller.signal), "aborted");
    await arrived;
    controller.abort();
    await call;
    server.answer(404);
    assert.equal(await sidecars(target).task(TASK), undefined);
    await failure(sidecars(target).task(TASK, AbortSignal.abort()), "aborted");
    assert.equal(server.requests.length, 2);
  });
});

describe("backing off after a time-out (D7)", () => {
  test("calls to that node are not sent for 1 s, then one is; the delay doubles to 30 s", async () => {
    hang();
    await timedOut(() => sidecars(target).task(TASK), 5_000);
    for (const delay of [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]) {
      const refused = await failure(sidecars(target).task(TASK), "backingOff");
      assert.equal(refused.retryAfterMs, delay);
      assert.equal(
        refused.message,
        "the sidecar of sei/rpc-0 does not answer",
        "same text as the time-out: nothing flaps",
      );
      await clock.advance(delay);
      await timedOut(() => sidecars(target).task(TASK), 5_000);
    }
    assert.equal(server.requests.length, 8);
  });

  test("while one call tries the node again, others are not sent", async () => {
    hang();
    await timedOut(() => sidecars(target).task(TASK), 5_000);
    await clock.advance(1_000);
    const arrived = server.arrival();
    const probe = failure(sidecars(target).task(TASK), "timeout");
    await arrived;
    const other = await failure(sidecars(target).nodeId(), "backingOff");
    assert.equal(other.retryAfterMs, 5_000);
    await clock.advance(5_000);
    await probe;
    assert.equal(server.requests.length, 2);
  });

  test("any answer ends it, also an error", async () => {
    hang();
    await timedOut(() => sidecars(target).task(TASK), 5_000);
    await clock.advance(1_000);
    server.answer(500);
    await failure(sidecars(target).task(TASK), "unavailable");
    hang();
    await timedOut(() => sidecars(target).task(TASK), 5_000);
    assert.equal((await failure(sidecars(target).task(TASK), "backingOff")).retryAfterMs, 1_000);
  });

  test("calls that were out together when the node fell silent count as one time-out", async () => {
    hang();
    const calls: Promise<SidecarError>[] = [];
    for (let i = 0; i < 3; i++) {
      const arrived = server.arrival();
      calls.push(failure(sidecars(target).task(TASK), "timeout"));
      await arrived;
    }
    await clock.advance(5_000);
    await Promise.all(calls);
    assert.equal((await failure(sidecars(target).task(TASK), "backingOff")).retryAfterMs, 1_000);
  });

  test("a silent node does not hold back another one, nor its namesake in another namespace", async () => {
    hang();
    await timedOut(() => sidecars(target).task(TASK), 5_000);
    server.answer(404);
    assert.equal(await sidecars({ ...target, node: "rpc-1" }).task(TASK), undefined);
    assert.equal(await sidecars({ ...target, namespace: "other" }).task(TASK), undefined);
  });
});

describe("token", () => {
  test("is re-read after a minute", async () => {
    server.answer(404);
    await sidecars(target).task(TASK);
    writeFileSync(tokenFile, "secret-2");
    await clock.advance(59_999);
    await sidecars(target).task(TASK);
    await clock.advance(1);
    await sidecars(target).task(TASK);
    assert.deepEqual(
      server.requests.map((request) => request.headers.authorization),
      ["Bearer secret-1", "Bearer secret-1", "Bearer secret-2"],
    );
  });

  test("is re-read by the call after a 401; the refused call is not repeated", async () => {
    server.answer(401, "Unauthorized");
    const error = await failure(sidecars(target).task(TASK), "unauthorized");
    assert.match(error.message, /does not accept the operator's token \(401\)/);
    writeFileSync(tokenFile, "secret-2");
    server.answer(404);
    await sidecars(target).task(TASK);
    assert.deepEqual(
      server.requests.map((request) => request.headers.authorization),
      ["Bearer secret-1", "Bearer secret-2"],
    );
  });

  test("missing or empty: the call fails before anything is sent, naming the file and the variable", async () => {
    rmSync(tokenFile);
    const missing = await failure(sidecars(target).task(TASK), "unauthorized");
    assert.match(missing.message, /token cannot be read; .* set SEI_SIDECAR_TOKEN_FILE/);
    assert.ok(missing.message.includes(tokenFile));
    writeFileSync(tokenFile, " \n");
    assert.match((await failure(sidecars(target).nodeId(), "unauthorized")).message, /token is empty/);
    assert.deepEqual(server.dialed, []);
    writeFileSync(tokenFile, "late");
    server.answer(404);
    await sidecars(target).task(TASK);
    assert.equal(server.requests[0]?.headers.authorization, "Bearer late");
  });

  test("healthz needs none and sends none", async () => {
    rmSync(tokenFile);
    server.answer(200);
    assert.equal(await sidecars(target).isReady(), true);
    assert.equal(server.requests[0]?.headers.authorization, undefined);
  });

  test("SEI_SIDECAR_TOKEN_FILE overrides where it is", async () => {
    const other = join(folder, "other");
    writeFileSync(other, "other-secret");
    await replaceFactory({ env: { SEI_SIDECAR_TOKEN_FILE: other } });
    server.answer(404);
    await sidecars(target).task(TASK);
    assert.equal(server.requests[0]?.headers.authorization, "Bearer other-secret");
  });

  test("without the variable it is where the kubelet puts it", async () => {
    await replaceFactory({ tokenFile: "" });
    const inPod = "/var/run/secrets/kubernetes.io/serviceaccount/token";
    const { message } = await failure(sidecars(target).task(TASK), "unauthorized");
    assert.ok(message.includes(inPod), message);
    assert.deepEqual(server.dialed, []);
  });
});

describe("leadership fence", () => {
  test("closed: a POST is not sent, a GET is", async () => {
    const gate = {
      signal: new AbortController().signal,
      assertOpen() {
        throw new Error("lease lost");
      },
    };
    await replaceFactory({ gate });
    await failure(sidecars(target).submit({ id: TASK, type: "x" }), "fenced");
    assert.deepEqual(server.dialed, []);
    server.answer(404);
    assert.equal(await sidecars(target).task(TASK), undefined);
  });

  test("asked after the token was read, so that nothing can pass between the question and the request", async () => {
    let open = true;
    const gate = {
      signal: new AbortController().signal,
      assertOpen() {
        if (!open) throw new Error("lease lost");
      },
    };
    await replaceFactory({ gate });
    const call = failure(sidecars(target).submit({ id: TASK, type: "x" }), "fenced");
    open = false;
    await call;
  });

  test("loss of leadership ends what is in flight", async () => {
    const leadership = new AbortController();
    await replaceFactory({ gate: { signal: leadership.signal, assertOpen() {} } });
    hang();
    const arrived = server.arrival();
    const call = failure(sidecars(target).submit({ id: TASK, type: "x" }), "aborted");
    await arrived;
    leadership.abort();
    await call;
  });
});

describe("through a proxy", () => {
  const proxied = (env: Record<string, string>) =>
    createSidecarFactory({
      clock,
      env: { HTTP_PROXY: `http://127.0.0.1:${server.port}`, ...env },
      tokenFile,
    });

  test("the request line is absolute, there is no CONNECT, and Host is the sidecar's", async () => {
    await sidecars.close();
    sidecars = proxied({});
    server.answer(200, { nodeId: NODE_ID });
    await sidecars({ ...target, podIP: "10.1.2.3" }).nodeId();
    for (let i = 1; i < 10; i++) await sidecars({ ...target, node: `rpc-${i}` }).nodeId();
    const [request] = server.requests;
    assert.equal(request?.method, "GET");
    assert.equal(request?.url, `http://${HOST}/v0/node-id`);
    assert.equal(request?.headers.host, HOST);
    assert.equal(request?.headers["proxy-authorization"], undefined);
    assert.ok(server.connections <= 2, "all nodes share the connections to the proxy");
  });

  test("credentials of the proxy URL are sent to the proxy", async () => {
    await sidecars.close();
    sidecars = proxied({ HTTP_PROXY: `http://me:p%40ss@127.0.0.1:${server.port}` });
    server.answer(200);
    await sidecars(target).isReady();
    assert.equal(
      server.requests[0]?.headers["proxy-authorization"],
      `Basic ${Buffer.from("me:p@ss").toString("base64")}`,
    );
  });

  test("NO_PROXY makes the call direct", async () => {
    await sidecars.close();
    sidecars = factory({ env: { HTTP_PROXY: "http://proxy.invalid:3128", NO_PROXY: ".svc.cluster.local" } });
    server.answer(200);
    await sidecars({ ...target, podIP: "10.1.2.3" }).isReady();
    assert.equal(server.requests[0]?.url, "/v0/healthz");
    assert.deepEqual(server.dialed, ["10.1.2.3"]);
  });

  test("a silent sidecar behind the proxy fences that node only", async () => {
    await sidecars.close();
    sidecars = proxied({});
    server.handler = (request, response) => {
      if (!request.url.includes("rpc-0")) response.writeHead(404).end();
    };
    await timedOut(() => sidecars(target).task(TASK), 5_000);
    assert.equal(await sidecars({ ...target, node: "rpc-1" }).task(TASK), undefined);
  });
});

test("a proxy URL that cannot be used is refused at start, by the variable's name", () => {
  assert.throws(
    () => createSidecarFactory({ clock, env: { http_proxy: "socks5://x" } }),
    /http_proxy: socks5:/,
  );
});

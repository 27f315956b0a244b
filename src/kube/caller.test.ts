import assert from "node:assert/strict";
import { createServer } from "node:net";
import { test } from "node:test";
import { ManualClock } from "#clock";
import { ApiError, isApiError } from "./errors.ts";
import { pods } from "./resources.ts";
import type { WriteGate } from "./rest-api.ts";
import { createRestClient } from "./rest-client.ts";
import { fixedRandom, plainConfig, startRestFixture } from "./testing/rest-fixture.ts";
import { json, list, reset, stall, status, truncated } from "./testing/scripted-server.ts";
import { until } from "./testing/until.ts";

const key = { namespace: "ns", name: "a" };
const route = "api/v1/namespaces/ns/pods/a";
const pod = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "a", namespace: "ns", uid: "u", resourceVersion: "1" },
};
const busy = (seconds: string) =>
  status(429, "TooManyRequests", "too many requests", { "retry-after": seconds });
const down = (seconds: string) => status(503, "ServiceUnavailable", "restarting", { "retry-after": seconds });

function createGate() {
  const controller = new AbortController();
  let open = true;
  const gate: WriteGate = {
    signal: controller.signal,
    assertOpen() {
      if (!open) throw new ApiError("nothing was sent, the write fence is closed", { class: "fenced" });
    },
  };
  const close = () => {
    open = false;
    controller.abort();
  };
  return { gate, close };
}

test("429 with Retry-After is waited for and repeated, for a write too", async (t) => {
  const { server, client, clock, finished } = await startRestFixture(t);
  server.script(`PATCH /${route}`, busy("2"), busy("1"), json(200, pod));
  const call = client.mergePatch(pods, key, {});
  await until(() => clock.pending === 2);
  await clock.advance(1_999);
  assert.equal(server.requests.length, 1);
  await clock.advance(1);
  await until(() => server.requests.length === 2 && clock.pending === 2);
  await clock.advance(1_000);
  assert.equal((await call).metadata.uid, "u");
  assert.deepEqual(
    finished.map(({ code, seconds }) => [code, seconds]),
    [
      ["429", 0],
      ["429", 0],
      ["200", 0],
    ],
  );
  assert.equal(clock.pending, 0, "no timer is left");
});

test("waits are spread by up to a quarter", async (t) => {
  const { server, client, clock } = await startRestFixture(t, {
    random: { ...fixedRandom, next: () => 0.8 },
  });
  server.script(`GET /${route}`, busy("10"), json(200, pod));
  const call = client.get(pods, key);
  await until(() => clock.pending === 2);
  await clock.advance(11_999);
  assert.equal(server.requests.length, 1);
  await clock.advance(1);
  await call;
});

test("a Retry-After beyond the deadline is handed to the caller at once", async (t) => {
  const { server, client, clock } = await startRestFixture(t);
  server.script(`GET /${route}`, busy("50"));
  await assert.rejects(
    client.get(pods, key),
    (error) => isApiError(error, "transient") && error.status === 429 && error.retryAfterMs === 50_000,
  );
  assert.equal(clock.pending, 0);
});

test("a server that never stops saying 429 is asked five times", async (t) => {
  const { server, client, clock } = await startRestFixture(t);
  server.always(`GET /${route}`, busy("1"));
  const call = assert.rejects(
    client.get(pods, key),
    (error) => isApiError(error, "transient") && error.status === 429,
  );
  for (let asked = 1; asked < 5; asked++) {
    await until(() => server.requests.length === asked && clock.pending === 2);
    await clock.advance(1_000);
  }
  await call;
  assert.equal(server.requests.length, 5);
});

test("503 with Retry-After is repeated for a read and handed back for a write", async (t) => {
  const { server, client, clock } = await startRestFixture(t);
  server.script(`GET /${route}`, down("1"), json(200, pod));
  server.script(`PATCH /${route}`, down("1"));
  const read = client.get(pods, key);
  await until(() => clock.pending === 2);
  await clock.advance(1_000);
  await read;
  await assert.rejects(
    client.mergePatch(pods, key, {}),
    (error) => isApiError(error, "transient") && error.retryAfterMs === 1_000,
  );
  assert.deepEqual(server.unexpected, []);
});

test("503 and 429 without Retry-After, and 500, are not repeated", async (t) => {
  const { server, client } = await startRestFixture(t);
  server.script(
    `GET /${route}`,
    status(503, "ServiceUnavailable", "x"),
    status(429, "TooManyRequests", "x"),
    status(500, "InternalError", "x"),
  );
  for (const code of [503, 429, 500]) {
    await assert.rejects(
      client.get(pods, key),
      (error) => isApiError(error, "transient") && error.status === code,
    );
  }
  assert.equal(server.requests.length, 3);
});

test("the caller's signal ends a wait for Retry-After, and no timer stays", async (t) => {
  const { server, client, clock } = await startRestFixture(t);
  server.script(`PATCH /${route}`, busy("5"));
  const controller = new AbortController();
  const call = client.mergePatch(pods, key, {}, {}, controller.signal);
  const rejected = assert.rejects(
    call,
    (error) => isApiError(error, "aborted") && /nothing was written/.test(error.message),
  );
  await until(() => clock.pending === 2);
  controller.abort();
  await rejected;
  assert.equal(clock.pending, 0);
});

test("a read without an answer ends at the deadline and says so", async (t) => {
  const { server, client, clock, finished } = await startRestFixture(t);
  server.script(`GET /${route}`, stall());
  const call = assert.rejects(client.get(pods, key), (error) => {
    return isApiError(error, "transient") && error.message === "get Pod ns/a: no answer within 30 s";
  });
  await server.received(`GET /${route}`);
  await clock.advance(30_000);
  await call;
  assert.deepEqual(
    finished.map(({ code, seconds }) => [code, seconds]),
    [["<error>", 30]],
  );
});

test("the deadline can be set, covers the body too, and says of a write that it may have happened", async (t) => {
  const { server, client, clock } = await startRestFixture(t, { deadlineMs: 5_000 });
  let headersSent = false;
  server.script(`PATCH /${route}`, (response) => {
    response.writeHead(200).write('{"metadata":', () => {
      headersSent = true;
    });
  });
  const call = assert.rejects(client.mergePatch(pods, key, {}), (error) => {
    return (
      isApiError(error, "transient") &&
      /within 5 s; the write may or may not have happened$/.test(error.message)
    );
  });
  await until(() => headersSent);
  await clock.advance(5_000);
  await call;
});

test("the caller's signal ends a call in flight and frees its socket", async (t) => {
  const { server, client, clock } = await startRestFixture(t);
  server.script(`GET /${route}`, stall(), json(200, pod));
  const controller = new AbortController();
  const call = assert.rejects(client.get(pods, key, controller.signal), (error) =>
    isApiError(error, "aborted"),
  );
  await server.received(`GET /${route}`);
  controller.abort(new Error("reconcile deadline"));
  await call;
  assert.equal(clock.pending, 0);
  await client.get(pods, key);
  assert.notEqual(server.requests[0]?.connection, server.requests[1]?.connection);
  await assert.rejects(client.get(pods, key, AbortSignal.abort()), (error) => isApiError(error, "aborted"));
  assert.equal(server.requests.length, 2);
});

test("a read whose connection is reset is repeated once", async (t) => {
  const { server, client } = await startRestFixture(t);
  server.script(
    `GET /${route}`,
    reset(),
    json(200, pod),
    truncated(JSON.stringify(pod), 9),
    json(200, pod),
    reset(),
    reset(),
  );
  await client.get(pods, key);
  await client.get(pods, key);
  await assert.rejects(
    client.get(pods, key),
    (error) => isApiError(error, "transient") && /^get Pod ns\/a: connection/.test(error.message),
  );
  assert.equal(server.requests.length, 6);
});

test("reads survive a restart of the server that cut every idle connection", async (t) => {
  const { server, client } = await startRestFixture(t);
  server.always(`GET /${route}`, json(200, pod));
  for (let round = 0; round < 3; round++) {
    await Promise.all(Array.from({ length: 20 }, () => client.get(pods, key)));
    server.dropConnections();
  }
  await Promise.all(Array.from({ length: 20 }, () => client.get(pods, key)));
  assert.deepEqual(server.unexpected, []);
});

test("a write whose connection is reset is not repeated and may have happened", async (t) => {
  const { server, client } = await startRestFixture(t);
  server.script(`DELETE /${route}`, reset());
  server.script(`PATCH /${route}`, truncated(JSON.stringify(pod), 9));
  for (const write of [() => client.delete(pods, key), () => client.mergePatch(pods, key, {})]) {
    await assert.rejects(
      write(),
      (error) => isApiError(error, "transient") && /may or may not have happened/.test(error.message),
    );
  }
  assert.equal(server.requests.length, 2);
});

test("a write to a server that is not there is known not to have happened, and the text names no port", async () => {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
  const address = probe.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  await new Promise((resolve) => probe.close(resolve));
  const client = createRestClient(plainConfig(`http://127.0.0.1:${port}`), {
    clock: new ManualClock(),
    random: fixedRandom,
  });
  await assert.rejects(client.delete(pods, key), (error) => {
    return (
      isApiError(error, "transient") &&
      error.message === "delete Pod ns/a: connection refused; nothing was written"
    );
  });
  await client.close();
});

test("a closed gate keeps writes from being sent and lets reads pass", async (t) => {
  const { gate, close } = createGate();
  const { server, client } = await startRestFixture(t, { gate });
  server.always(`GET /${route}`, json(200, pod));
  server.always("GET /api/v1/pods", list("Pod", [], "1"));
  close();
  const writes = [
    () => client.create(pods, { apiVersion: "v1", kind: "Pod", metadata: key }),
    () => client.mergePatch(pods, key, {}),
    () => client.jsonPatch(pods, key, []),
    () => client.apply(pods, { apiVersion: "v1", kind: "Pod", metadata: key }, { fieldManager: "m" }),
    () => client.delete(pods, key),
    () => client.request("POST", `/${route}/binding`),
    () => client.request("PUT", `/${route}`),
  ];
  for (const write of writes) await assert.rejects(write(), (error) => isApiError(error, "fenced"));
  assert.equal(server.requests.length, 0);
  await client.get(pods, key);
  await client.list(pods);
  await client.request("GET", `/${route}`);
});

test("a gate that says no before its signal fired keeps the write from being sent", async (t) => {
  const gate: WriteGate = {
    signal: new AbortController().signal,
    assertOpen() {
      throw new ApiError("the lease ran out", { class: "fenced" });
    },
  };
  const { server, client, finished } = await startRestFixture(t, { gate });
  await assert.rejects(client.delete(pods, key), (error) => isApiError(error, "fenced"));
  assert.equal(server.requests.length, 0);
  assert.deepEqual(finished, [], "what was not sent is not counted");
});

test("a gate that closes ends the write in flight as fenced, and leaves the read beside it alone", async (t) => {
  const { gate, close } = createGate();
  const { server, client } = await startRestFixture(t, { gate });
  let answerRead = () => {};
  server.script(`PATCH /${route}`, stall());
  server.script(`GET /${route}`, (response) => {
    answerRead = () => void response.end(JSON.stringify(pod));
  });
  const read = client.get(pods, key);
  const write = assert.rejects(
    client.mergePatch(pods, key, {}),
    (error) => isApiError(error, "fenced") && /may or may not/.test(error.message),
  );
  await Promise.all([server.received(`PATCH /${route}`), server.received(`GET /${route}`)]);
  close();
  await write;
  answerRead();
  await read;
});

test("a gate that closes during a wait for Retry-After stops the write for good", async (t) => {
  const { gate, close } = createGate();
  const { server, client, clock } = await startRestFixture(t, { gate });
  server.script(`PATCH /${route}`, busy("1"));
  const write = assert.rejects(client.mergePatch(pods, key, {}), (error) => isApiError(error, "fenced"));
  await until(() => clock.pending === 2);
  close();
  await write;
  assert.equal(server.requests.length, 1);
});

test("an observer that throws does not fail the call", async (t) => {
  const { server, client } = await startRestFixture(t, {
    observer() {
      throw new Error("metric");
    },
  });
  server.script(`GET /${route}`, json(200, pod));
  await client.get(pods, key);
});

test("64 calls at once run side by side, and their connections serve the next 64", async (t) => {
  const { server, client } = await startRestFixture(t);
  const waiting: (() => void)[] = [];
  server.always(`GET /${route}`, (response) => {
    waiting.push(() => void response.end(JSON.stringify(pod)));
  });
  for (let round = 1; round <= 2; round++) {
    const calls = Array.from({ length: 64 }, () => client.get(pods, key));
    await server.received(`GET /${route}`, 64 * round);
    for (const answer of waiting.splice(0)) answer();
    await Promise.all(calls);
    // undici counts a connection as free one turn after the body was read.
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
  assert.equal(new Set(server.requests.map(({ connection }) => connection)).size, 64);
});

test("300 calls at once share 128 connections and all get their answer", async (t) => {
  const { server, client } = await startRestFixture(t);
  server.always(`GET /${route}`, json(200, pod));
  await Promise.all(Array.from({ length: 300 }, () => client.get(pods, key)));
  assert.equal(new Set(server.requests.map(({ connection }) => connection)).size, 128);
});

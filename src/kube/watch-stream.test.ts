import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ManualClock } from "#clock";
import { isApiError } from "./errors.ts";
import { UnsafeIntegerError } from "./exact-json.ts";
import { pods, secrets } from "./resources.ts";
import type { WatchEvent, WatchOptions } from "./rest-api.ts";
import { startRestFixture } from "./testing/rest-fixture.ts";
import { json, reset, stall, status, statusObject } from "./testing/scripted-server.ts";
import { until } from "./testing/until.ts";
import { politely, readLines } from "./watch-stream.ts";

const route = "WATCH /api/v1/pods";
const options: WatchOptions = { allowWatchBookmarks: true, timeoutSeconds: 300 };
const pod = (name: string, rest: object = {}) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, namespace: "ns", uid: `uid-${name}`, resourceVersion: "1", ...rest },
});

async function collect(events: AsyncIterable<WatchEvent>): Promise<{ seen: WatchEvent[]; error: unknown }> {
  const seen: WatchEvent[] = [];
  try {
    for await (const event of events) seen.push(event);
  } catch (error) {
    return { seen, error };
  }
  return { seen, error: undefined };
}

test("events come in order, and the server's orderly end ends the iteration", async (t) => {
  const { server, client, clock, finished } = await startRestFixture(t);
  const stream = server.stream("WATCH /api/v1/namespaces/ns/pods");
  const watched = collect(
    client.watch(pods, {
      ...options,
      namespace: "ns",
      labelSelector: "sei.io/node",
      resourceVersion: "5",
      resourceVersionMatch: "NotOlderThan",
      sendInitialEvents: true,
    }),
  );
  const request = await stream.opened;
  assert.deepEqual(Object.fromEntries(request.query), {
    watch: "true",
    labelSelector: "sei.io/node",
    resourceVersion: "5",
    resourceVersionMatch: "NotOlderThan",
    sendInitialEvents: "true",
    allowWatchBookmarks: "true",
    timeoutSeconds: "300",
  });
  stream.event("ADDED", pod("a"));
  stream.event("MODIFIED", pod("a"));
  stream.event("BOOKMARK", {
    metadata: { resourceVersion: "9", annotations: { "k8s.io/initial-events-end": "true" } },
  });
  stream.event("DELETED", pod("a"));
  stream.end();
  const { seen, error } = await watched;
  assert.equal(error, undefined);
  assert.deepEqual(
    seen.map(({ type }) => type),
    ["ADDED", "MODIFIED", "BOOKMARK", "DELETED"],
  );
  assert.deepEqual(seen[0]?.object, pod("a"));
  assert.deepEqual(seen[2]?.object, {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { resourceVersion: "9", annotations: { "k8s.io/initial-events-end": "true" } },
  });
  assert.deepEqual(
    finished.map(({ verb, method, code }) => [verb, method, code]),
    [["watch", "GET", "200"]],
  );
  assert.equal(clock.pending, 0);
});

test("a 410 in mid-stream rejects as expired after the events before it", async (t) => {
  const { server, client } = await startRestFixture(t);
  const stream = server.stream(route);
  const watched = collect(client.watch(pods, options));
  await stream.opened;
  stream.event("ADDED", pod("a"));
  stream.event("ERROR", statusObject(410, "Expired", "too old resource version: 5 (9)"));
  const { seen, error } = await watched;
  assert.equal(seen.length, 1);
  assert.ok(isApiError(error, "expired"));
  assert.equal(error.message, "watch Pod: too old resource version: 5 (9)");
  await stream.closed;
});

test("a 410 instead of a stream rejects as expired; 403, 404 and 500 reject as what they are", async (t) => {
  const { server, client } = await startRestFixture(t);
  const answers = [
    [status(410, "Gone", "old"), "expired"],
    [status(403, "Forbidden", "no"), "forbidden"],
    [status(404, "NotFound", "the server could not find the requested resource"), "notFound"],
    [status(500, "InternalError", "x"), "transient"],
  ] as const;
  for (const [answer, errorClass] of answers) {
    server.script(route, answer);
    const { error } = await collect(client.watch(pods, options));
    assert.ok(isApiError(error, errorClass), errorClass);
  }
});

test("anything that is not a whole, known event rejects as transient", async (t) => {
  const { server, client } = await startRestFixture(t);
  const whole = JSON.stringify({ type: "ADDED", object: pod("a") });
  const bad = {
    "cut in mid-line": whole.slice(0, 30),
    malformed: `${whole.slice(0, 30)}\n`,
    "two events run together": `${whole}${whole}\n`,
    "no event": "[]\n",
    "no object": '{"type":"ADDED"}\n',
    "no metadata": '{"type":"ADDED","object":{}}\n',
    "unknown type": `${whole.replace("ADDED", "RENAMED")}\n`,
  };
  for (const [name, bytes] of Object.entries(bad)) {
    const stream = server.stream(route);
    const watched = collect(client.watch(pods, options));
    await stream.opened;
    stream.raw(`${whole}\n`);
    stream.raw(bytes);
    stream.end();
    const { seen, error } = await watched;
    assert.equal(seen.length, 1, name);
    assert.ok(isApiError(error, "transient"), name);
    assert.match(error.message, /^watch Pod: /, name);
  }
});

test("a reset in mid-stream rejects as transient after the events before it", async (t) => {
  const { server, client } = await startRestFixture(t);
  const stream = server.stream(route);
  const iterator = client.watch(pods, options)[Symbol.asyncIterator]();
  const first = iterator.next();
  await stream.opened;
  stream.event("ADDED", pod("a"));
  assert.equal((await first).value.type, "ADDED");
  const second = assert.rejects(
    iterator.next(),
    (error) => isApiError(error, "transient") && !/write/.test(error.message),
  );
  stream.reset();
  await second;
});

test("a connection reset before the stream opened is tried once more", async (t) => {
  const { server, client } = await startRestFixture(t);
  server.script(route, reset());
  const stream = server.stream(route);
  const watched = collect(client.watch(pods, options));
  await stream.opened;
  stream.end();
  assert.equal((await watched).error, undefined);
});

test("a watch that is not answered ends at the deadline; one that opened may be silent for ever", async (t) => {
  const { server, client, clock } = await startRestFixture(t);
  server.script(route, stall());
  const refused = collect(client.watch(pods, options));
  await server.received(route);
  await clock.advance(30_000);
  assert.ok(isApiError((await refused).error, "transient"));

  const stream = server.stream(route);
  const watched = collect(client.watch(pods, options));
  await stream.opened;
  await until(() => clock.pending === 0, "the deadline to be lifted");
  await clock.advance(24 * 3_600_000);
  stream.event("ADDED", pod("a"));
  stream.end();
  assert.equal((await watched).seen.length, 1);
});

test("429 with Retry-After delays the opening", async (t) => {
  const { server, client, clock } = await startRestFixture(t);
  server.script(route, status(429, "TooManyRequests", "x", { "retry-after": "3" }));
  const stream = server.stream(route);
  const watched = collect(client.watch(pods, options));
  await until(() => clock.pending === 2);
  await clock.advance(3_000);
  await stream.opened;
  stream.end();
  assert.equal((await watched).error, undefined);
});

test("the caller's signal ends a silent watch as aborted and closes its connection", async (t) => {
  const { server, client } = await startRestFixture(t);
  const stream = server.stream(route);
  const controller = new AbortController();
  const watched = collect(client.watch(pods, options, controller.signal));
  await stream.opened;
  controller.abort(new Error("stop"));
  const { error } = await watched;
  assert.ok(isApiError(error, "aborted"));
  assert.equal(error.message, "watch Pod: aborted by the caller");
  await stream.closed;
});

test("leaving the loop closes the connection", async (t) => {
  const { server, client } = await startRestFixture(t);
  const stream = server.stream(route);
  const watched = (async () => {
    for await (const event of client.watch(pods, options)) return event.type;
    return "none";
  })();
  await stream.opened;
  stream.event("ADDED", pod("a"));
  stream.event("ADDED", pod("b"));
  assert.equal(await watched, "ADDED");
  await stream.closed;
});

test("an event with an unsafe integer is delivered as refused, identity only, and the watch goes on", async (t) => {
  const { server, client } = await startRestFixture(t);
  const stream = server.stream(route);
  const watched = collect(client.watch(pods, options));
  await stream.opened;
  stream.raw(
    `{"type":"MODIFIED","object":${JSON.stringify(pod("a", { generation: 3 })).replace("}}", '},"spec":{"n":-9007199254740993}}')}}\n`,
  );
  stream.event("ADDED", pod("b"));
  stream.end();
  const { seen, error } = await watched;
  assert.equal(error, undefined);
  assert.deepEqual(seen[0]?.object, pod("a", { generation: 3 }));
  assert.ok(seen[0]?.refused instanceof UnsafeIntegerError);
  assert.equal(seen[0]?.refused.objectName, "a");
  assert.equal(seen[1]?.refused, undefined);
});

test("a malformed line about a Secret is not quoted", async (t) => {
  const { server, client } = await startRestFixture(t);
  server.script(
    "WATCH /api/v1/secrets",
    (response) => void response.end('{"type":"ADDED","object":{"data":c2VjcmV0\n'),
  );
  const { error } = await collect(client.watch(secrets, options));
  assert.ok(isApiError(error, "transient"));
  assert.doesNotMatch(`${error.message}${String(error.cause)}`, /c2Vj/);
});

test("a watch and a call at the same time use different connections", async (t) => {
  const { server, client } = await startRestFixture(t);
  const stream = server.stream(route);
  const watched = collect(client.watch(pods, options));
  await stream.opened;
  server.script("GET /api/v1/namespaces/ns/pods/a", json(200, pod("a")));
  await client.get(pods, { namespace: "ns", name: "a" });
  stream.end();
  await watched;
  assert.notEqual(server.requests[0]?.connection, server.requests[1]?.connection);
});

test("any number of watches leaves the calls their connections", async (t) => {
  const { server, client } = await startRestFixture(t);
  const controller = new AbortController();
  server.always(route, (response) => response.writeHead(200).flushHeaders());
  const watches = Array.from({ length: 130 }, () => collect(client.watch(pods, options, controller.signal)));
  await server.received(route, 130);
  server.script("GET /api/v1/namespaces/ns/pods/a", json(200, pod("a")));
  await client.get(pods, { namespace: "ns", name: "a" });
  controller.abort();
  await Promise.all(watches);
});

test("property: lines survive any cut of the bytes, characters of several bytes included", async () => {
  const call = { what: "watch Pod", write: false, sensitive: false };
  const lines = fc.array(fc.string({ unit: "grapheme", minLength: 1 }).map((text) => JSON.stringify(text)));
  await fc.assert(
    fc.asyncProperty(lines, fc.array(fc.nat({ max: 200 })), fc.boolean(), async (expected, cuts, cutOff) => {
      const bytes = Buffer.from(expected.map((line) => `${line}\n`).join("") + (cutOff ? '{"ty' : ""));
      async function* chunks() {
        let start = 0;
        for (const cut of [...cuts].sort((a, b) => a - b)) {
          yield bytes.subarray(start, cut);
          start = Math.max(start, cut);
        }
        yield bytes.subarray(start);
      }
      const seen: string[] = [];
      const reading = (async () => {
        for await (const line of readLines(chunks(), call)) seen.push(line);
      })();
      if (cutOff) await assert.rejects(reading, /middle of a line/);
      else await reading;
      assert.deepEqual(seen, expected);
    }),
  );
});

test("a line without end is given up", async () => {
  async function* chunks() {
    for (;;) yield Buffer.alloc(1 << 20, 97);
  }
  await assert.rejects(async () => {
    for await (const _ of readLines(chunks(), { what: "watch Pod", write: false, sensitive: false }));
  }, /longer than/);
});

test("a burst of events lets the event loop run every 8 ms", async () => {
  class BusyClock extends ManualClock {
    #now = 0;
    /** Each look at the clock finds it 3 ms later: that is how long handling one event takes here. */
    override monotonic(): number {
      this.#now += 3;
      return this.#now;
    }
  }
  async function* burst() {
    yield* Array.from({ length: 10 }, (_, index) => index);
  }
  let turns = 0;
  let running = true;
  const count = () => {
    turns += 1;
    if (running) setImmediate(count);
  };
  setImmediate(count);
  const seen: number[] = [];
  for await (const item of politely(burst(), new BusyClock())) seen.push(item);
  running = false;
  assert.equal(seen.length, 10);
  assert.ok(turns >= 3, `the loop ran ${turns} times`);
});

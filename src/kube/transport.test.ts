import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { ManualClock } from "#clock";
import type { ClusterConfig } from "./cluster-config-types.ts";
import { isApiError } from "./errors.ts";
import { pods } from "./resources.ts";
import { createRestClient } from "./rest-client.ts";
import { fixedRandom, plainConfig } from "./testing/rest-fixture.ts";
import { json, type ScriptedServer, startScriptedServer, status } from "./testing/scripted-server.ts";
import {
  firstClientPair,
  namedServerPair,
  otherCa,
  secondClientPair,
  serverPair,
  testCa,
} from "./testing/test-certificates.ts";

const key = { namespace: "ns", name: "a" };
const route = "GET /api/v1/namespaces/ns/pods/a";
const pod = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "a", namespace: "ns", uid: "u", resourceVersion: "1" },
};

async function startTls(t: TestContext, pair = serverPair): Promise<ScriptedServer> {
  const server = await startScriptedServer({
    ...pair,
    ca: testCa,
    requestCert: true,
    rejectUnauthorized: false,
  });
  t.after(() => server.close());
  server.always(route, json(200, pod));
  return server;
}

function clientFor(
  t: TestContext,
  server: string,
  config: Partial<ClusterConfig>,
  clock = new ManualClock(),
) {
  const client = createRestClient({ ...plainConfig(server), ...config }, { clock, random: fixedRandom });
  t.after(() => client.close());
  return client;
}

const verified = { ca: testCa, insecureSkipVerify: false };

async function tempDir(t: TestContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "kube-transport-"));
  t.after(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

test("a server signed by the configured CA is trusted", async (t) => {
  const server = await startTls(t);
  await clientFor(t, server.url, { tls: verified }).get(pods, key);
  assert.equal(server.requests.length, 1);
});

test("a server of another CA, or with no CA configured, gets no request", async (t) => {
  const server = await startTls(t);
  for (const tls of [{ ca: otherCa, insecureSkipVerify: false }, { insecureSkipVerify: false }]) {
    await assert.rejects(clientFor(t, server.url, { tls }).delete(pods, key), (error) => {
      return isApiError(error, "transient") && /TLS verification.*nothing was written$/.test(error.message);
    });
  }
  assert.equal(server.requests.length, 0);
});

test("insecure-skip-tls-verify trusts anybody", async (t) => {
  const server = await startTls(t);
  await clientFor(t, server.url, { tls: { insecureSkipVerify: true } }).get(pods, key);
});

test("the name in the certificate must be the server's, or the configured one", async (t) => {
  const server = await startTls(t, namedServerPair);
  await assert.rejects(
    clientFor(t, server.url, { tls: verified }).get(pods, key),
    /ERR_TLS_CERT_ALTNAME_INVALID/,
  );
  await clientFor(t, server.url, { tls: { ...verified, serverName: "named.test" } }).get(pods, key);
  await assert.rejects(
    clientFor(t, server.url, { tls: { ...verified, serverName: "other.test" } }).get(pods, key),
    /ALTNAME/,
  );
  assert.equal(server.requests.length, 1);
});

test("TLS 1.1 is refused", async (t) => {
  const server = await startScriptedServer({
    ...serverPair,
    maxVersion: "TLSv1.1",
    minVersion: "TLSv1",
    ciphers: "DEFAULT@SECLEVEL=0",
  });
  t.after(() => server.close());
  await assert.rejects(clientFor(t, server.url, { tls: verified }).get(pods, key), (error) =>
    isApiError(error, "transient"),
  );
  assert.equal(server.requests.length, 0);
});

test("a redirect is an error and not followed", async (t) => {
  const server = await startTls(t);
  server.script(
    route,
    (response) => void response.writeHead(302, { location: "https://elsewhere.test/" }).end(),
  );
  await assert.rejects(
    clientFor(t, server.url, { tls: verified, auth: { token: "t" } }).get(pods, key),
    (error) => {
      return isApiError(error, "invalid") && /302; redirects are not followed/.test(error.message);
    },
  );
  assert.equal(server.requests.length, 1);
});

test("token and impersonation go with each request", async (t) => {
  const server = await startTls(t);
  const auth = { token: "abc", impersonate: { "impersonate-user": "u", "impersonate-group": ["g1", "g2"] } };
  await clientFor(t, server.url, { tls: verified, auth }).get(pods, key);
  const headers = server.requests[0]?.headers;
  assert.equal(headers?.authorization, "Bearer abc");
  assert.equal(headers?.["impersonate-user"], "u");
  assert.equal(headers?.["impersonate-group"], "g1, g2");
});

test("a token that cannot stand in a header is refused without being shown", async (t) => {
  const server = await startTls(t);
  const client = clientFor(t, server.url, { tls: verified, auth: { token: "hidden\nword" } });
  await assert.rejects(client.get(pods, key), (error) => {
    return (
      isApiError(error, "transient") &&
      /bearer token holds/.test(error.message) &&
      !/hidden|word/.test(error.message)
    );
  });
  assert.equal(server.requests.length, 0);
});

test("a rotated token file is used from the next minute on", async (t) => {
  const server = await startTls(t);
  const file = join(await tempDir(t), "token");
  const clock = new ManualClock();
  await writeFile(file, "one\n");
  const client = clientFor(t, server.url, { tls: verified, auth: { tokenFile: file } }, clock);
  await client.get(pods, key);
  await writeFile(file, "two\n");
  await client.get(pods, key);
  await clock.advance(60_000);
  await client.get(pods, key);
  // The file is away for a moment: the last token serves on.
  await rm(file);
  await clock.advance(60_000);
  await client.get(pods, key);
  const tokens = server.requests.map(({ headers }) => headers.authorization);
  assert.deepEqual(tokens, ["Bearer one", "Bearer one", "Bearer two", "Bearer two"]);
});

test("a 401 reads the token file again at once and repeats the call once, a write too", async (t) => {
  const server = await startTls(t);
  const file = join(await tempDir(t), "token");
  await writeFile(file, "one");
  const client = clientFor(t, server.url, { tls: verified, auth: { tokenFile: file } });
  await client.get(pods, key);
  await writeFile(file, "two");
  const refused = status(401, "Unauthorized", "Unauthorized");
  server.script("DELETE /api/v1/namespaces/ns/pods/a", refused, json(200, {}));
  await client.delete(pods, key);
  assert.deepEqual(
    server.requests.slice(1).map(({ headers }) => headers.authorization),
    ["Bearer one", "Bearer two"],
  );

  await writeFile(file, "three");
  server.script(route, refused, refused);
  await assert.rejects(client.get(pods, key), (error) => isApiError(error, "unauthorized"));
  assert.equal(server.requests.length, 5);
});

test("a 401 is final when there is no other credential", async (t) => {
  const server = await startTls(t);
  const file = join(await tempDir(t), "token");
  await writeFile(file, "same");
  server.always(route, status(401, "Unauthorized", "Unauthorized"));
  for (const auth of [{ token: "fixed" }, { tokenFile: file }, {}]) {
    await assert.rejects(clientFor(t, server.url, { tls: verified, auth }).get(pods, key), (error) =>
      isApiError(error, "unauthorized"),
    );
  }
  assert.equal(server.requests.length, 3);
});

test("a token file that was never there fails the call without sending it", async (t) => {
  const server = await startTls(t);
  const auth = { tokenFile: join(await tempDir(t), "none") };
  await assert.rejects(
    clientFor(t, server.url, { tls: verified, auth }).delete(pods, key),
    /no credential: cannot read .*none; nothing was sent/,
  );
  assert.equal(server.requests.length, 0);
});

test("a client certificate that rotates on disk gets new connections; a watch on the old one lives on", async (t) => {
  const server = await startTls(t);
  const dir = await tempDir(t);
  const [cert, keyFile] = [join(dir, "tls.crt"), join(dir, "tls.key")];
  const write = async (pair: typeof firstClientPair) => {
    await writeFile(cert, pair.cert);
    await writeFile(keyFile, pair.key);
  };
  await write(firstClientPair);
  const clock = new ManualClock();
  const auth = { certificate: { cert: { file: cert }, key: { file: keyFile } } };
  const client = clientFor(t, server.url, { tls: verified, auth }, clock);
  const stream = server.stream("WATCH /api/v1/pods");
  const events = client
    .watch(pods, { allowWatchBookmarks: true, timeoutSeconds: 60 })
    [Symbol.asyncIterator]();
  const first = events.next();
  await stream.opened;
  await client.get(pods, key);
  await write(secondClientPair);
  await clock.advance(60_000);
  await client.get(pods, key);
  assert.deepEqual(
    server.requests.map(({ clientName }) => clientName),
    ["client-1", "client-1", "client-2"],
  );
  stream.event("ADDED", pod);
  assert.equal((await first).value.type, "ADDED");
  stream.end();
  assert.equal((await events.next()).done, true);
});

/** Takes connections and says nothing, so that a TLS handshake with it never ends. */
async function startMute(t: TestContext) {
  const sockets: Socket[] = [];
  const connected = Promise.withResolvers<void>();
  let target: string | undefined;
  const forward = (socket: Socket, url: string) => {
    const upstream = connect(Number(new URL(url).port), "127.0.0.1").on("error", () => socket.destroy());
    sockets.push(upstream);
    socket.pipe(upstream).pipe(socket);
  };
  const mute = createTcpServer((socket) => {
    sockets.push(socket.on("error", () => {}));
    connected.resolve();
    if (target !== undefined) forward(socket, target);
  });
  await new Promise<void>((resolve) => mute.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    mute.close();
  });
  return {
    url: `https://127.0.0.1:${(mute.address() as AddressInfo).port}`,
    connected: connected.promise,
    sockets,
    /** From now on every connection, old and new, is one with that server. */
    speakFor(url: string) {
      target = url;
      for (const socket of [...sockets]) forward(socket, url);
    },
  };
}

test("an abort ends a call whose connection is still being made, at once", { timeout: 2_000 }, async (t) => {
  const mute = await startMute(t);
  const stop = new AbortController();
  const call = clientFor(t, mute.url, { tls: verified }).get(pods, key, stop.signal);
  const ended = assert.rejects(call, (error) => isApiError(error, "aborted"));
  await mute.connected;
  stop.abort(new Error("over"));
  await ended;
  assert.deepEqual(
    mute.sockets.map(({ destroyed }) => destroyed),
    [false],
    "before the connection itself was given up",
  );
});

test("a deadline ends a call whose connection is still being made, at once", {
  timeout: 2_000,
}, async (t) => {
  const mute = await startMute(t);
  const clock = new ManualClock();
  const call = clientFor(t, mute.url, { tls: verified }, clock).delete(pods, key);
  const ended = assert.rejects(call, /no answer within 30 s; the write may or may not have happened/);
  await mute.connected;
  await clock.advance(30_000);
  await ended;
});

test("a call that was given up while connecting is not sent when the connection comes about", async (t) => {
  const server = await startTls(t);
  const mute = await startMute(t);
  const client = clientFor(t, mute.url, { tls: verified });
  const stop = new AbortController();
  const givenUp = assert.rejects(client.delete(pods, key, {}, stop.signal), (error) => {
    return isApiError(error, "aborted");
  });
  await mute.connected;
  stop.abort(new Error("over"));
  await givenUp;
  const second = client.get(pods, key);
  mute.speakFor(server.url);
  await second;
  assert.deepEqual(
    server.requests.map(({ method }) => method),
    ["GET"],
  );
});

test("a connection that does not come about fails the call well before the renew deadline", {
  timeout: 8_000,
}, async (t) => {
  const mute = await startMute(t);
  await assert.rejects(clientFor(t, mute.url, { tls: verified }).delete(pods, key), (error) => {
    return (
      isApiError(error, "transient") && /could not be opened in time; nothing was written/.test(error.message)
    );
  });
});

test("calls go through the proxy, TLS to the API server included", async (t) => {
  const server = await startTls(t);
  const tunnels: string[] = [];
  const proxy = await startProxy(t, tunnels);
  await clientFor(t, server.url, { tls: verified, proxyUrl: proxy, auth: { token: "abc" } }).get(pods, key);
  assert.deepEqual(tunnels, [new URL(server.url).host]);
  assert.equal(server.requests[0]?.headers.authorization, "Bearer abc");

  const named = await startTls(t, namedServerPair);
  const tls = { ...verified, serverName: "named.test" };
  await clientFor(t, named.url, {
    tls,
    proxyUrl: proxy,
    auth: { certificate: dataPair(firstClientPair) },
  }).get(pods, key);
  assert.equal(named.requests[0]?.clientName, "client-1");
  await assert.rejects(clientFor(t, named.url, { tls: verified, proxyUrl: proxy }).get(pods, key), (error) =>
    isApiError(error, "transient"),
  );
  assert.equal(named.requests.length, 1);
});

const dataPair = (pair: typeof firstClientPair) => ({ cert: { data: pair.cert }, key: { data: pair.key } });

async function startProxy(t: TestContext, tunnels: string[]): Promise<string> {
  const proxy: Server = createServer((_request, response) => void response.writeHead(405).end());
  proxy.on("connect", (request, socket) => {
    tunnels.push(request.url ?? "");
    const [host, port] = (request.url ?? "").split(":");
    const upstream = connect(Number(port), host ?? "", () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      upstream.pipe(socket).pipe(upstream);
    });
    upstream.on("error", () => socket.destroy());
    socket.on("error", () => upstream.destroy());
    t.after(() => void upstream.destroy());
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  t.after(() => void proxy.close());
  return `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
}

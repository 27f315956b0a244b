import assert from "node:assert/strict";
import { connect } from "node:net";
import { afterEach, beforeEach, test } from "node:test";
import { throughProxy } from "../../simulator/proxy-client.ts";
import { Fixture, id } from "../testing/fixture.ts";
import { nodeIdOf } from "../volume.ts";
import { ProxyAuthorizer, type RemoteUser, type ReviewAttributes } from "./authorization.ts";
import { FaultBook } from "./faults.ts";
import { ForwardProxy } from "./forward-proxy.ts";
import type { PodServer } from "./pod-server.ts";
import { RequestLog } from "./request-log.ts";

const host = "x-0.x.ns.svc.cluster.local";
const base = `http://${host}:8443`;
const attributes = { apiGroup: "sei.io", resource: "seinodetasks", namespace: "ns", name: "x" };
type Pod = { -readonly [Key in keyof PodServer]: PodServer[Key] };

let fixture: Fixture;
let pod: Pod;
let log: RequestLog;
let proxy: ForwardProxy;
let proxyUrl: string;
let reviews: string[];
let authorize: boolean;

beforeEach(async () => {
  fixture = new Fixture();
  log = new RequestLog();
  reviews = [];
  authorize = false;
  pod = {
    namespace: "ns",
    node: "x",
    faults: new FaultBook(),
    rbacProxy: { ignorePaths: new Set(["/v0/healthz"]), attributes },
    sidecar: fixture.startSidecar(),
    seid: fixture.startSeid(),
  };
  const reviewer = {
    async authenticate(token: string): Promise<RemoteUser | undefined> {
      reviews.push(`token ${token}`);
      return token === "bad" ? undefined : { name: token, groups: ["g"] };
    },
    async isAllowed(user: RemoteUser, verb: string, asked: ReviewAttributes): Promise<boolean> {
      reviews.push(`${user.name} ${verb} ${asked.resource}/${asked.name}`);
      if (user.name === "broken") throw new Error("no API server");
      return user.name === "admin" || verb === "get";
    },
  };
  const authorizer = new ProxyAuthorizer(reviewer, fixture.clock);
  proxy = new ForwardProxy({
    clock: fixture.clock,
    resolve: (name) => (name === host ? pod : undefined),
    get authorizer() {
      return authorize ? authorizer : undefined;
    },
    log,
  });
  proxyUrl = await proxy.start();
});

afterEach(() => proxy.stop());

const get = (path: string, options = {}) => throughProxy(proxyUrl, `${base}${path}`, options);
const post = (body: unknown, options = {}) => get("/v0/tasks", { method: "POST", body, ...options });

test("healthz, startupz and status follow the ready flag, with empty bodies for the first two", async () => {
  assert.deepEqual(await get("/v0/healthz"), { status: 503, body: "" });
  assert.deepEqual(await get("/v0/status"), { status: 200, body: '{"status":"Initializing"}\n' });
  await post({ type: "mark-ready" });
  assert.deepEqual(await get("/v0/healthz"), { status: 200, body: "" });
  assert.deepEqual(await get("/v0/startupz"), { status: 200, body: "" });
  assert.deepEqual(await get("/v0/status"), { status: 200, body: '{"status":"Ready"}\n' });
});

test("a task is posted with 201, read, listed and deleted", async () => {
  assert.deepEqual(await post({ id: id(1), type: "config-validate" }), {
    status: 201,
    body: `{"id":"${id(1)}"}\n`,
  });
  const read = await get(`/v0/tasks/${id(1)}`);
  const submittedAt = "2026-01-01T00:00:00.000Z";
  const row = {
    id: id(1),
    type: "config-validate",
    status: "completed",
    run: 1,
    submittedAt,
    completedAt: submittedAt,
  };
  assert.deepEqual(JSON.parse(read.body), row);
  assert.deepEqual(JSON.parse((await get("/v0/tasks")).body), [row]);
  assert.deepEqual(await get(`/v0/tasks/${id(1)}`, { method: "DELETE" }), { status: 204, body: "" });
  assert.equal((await get(`/v0/tasks/${id(1)}`)).status, 404);
  assert.equal((await get(`/v0/tasks/${id(1)}`, { method: "DELETE" })).status, 404);
});

for (const [body, error] of [
  ["{nonsense", "invalid request body"],
  ["[]", "invalid request body"],
  ['{"type":5}', "invalid request body"],
  ['{"type":"mark-ready","params":[]}', "invalid request body"],
  ["{}", "type is required"],
] as const) {
  test(`POST ${body} is answered 400 with "${error}"`, async () => {
    assert.deepEqual(await post(body), { status: 400, body: `{"error":"${error}"}\n` });
  });
}

test("an unknown path is 404 and a wrong method 405, both plain text", async () => {
  assert.deepEqual(await get("/v0/nothing"), { status: 404, body: "404 page not found\n" });
  assert.deepEqual(await get("/v0/tasks", { method: "PUT" }), { status: 405, body: "Method Not Allowed\n" });
});

test("node-id is 500 before an identity exists and stable afterwards", async () => {
  const before = await get("/v0/node-id");
  assert.equal(before.status, 500);
  assert.match(before.body, /identity generation may not have run/);
  fixture.volume.ensureNodeKey();
  const { nodeId } = JSON.parse((await get("/v0/node-id")).body);
  assert.match(nodeId, /^[0-9a-f]{40}$/);
  fixture.volume.ensureNodeKey();
  assert.equal(JSON.parse((await get("/v0/node-id")).body).nodeId, nodeId);
});

test("the node id of the check vector is the specified one", () => {
  const key = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA7aie8zrakLWKjqNAqbw1zZTIVdx3iQ6Y6wEihi1naKQ==";
  assert.equal(nodeIdOf(key), "139e3940e64b5491722088d9a0d741628fc826e0");
});

test("livez tells about a broken database, in words only when asked", async () => {
  assert.equal((await get("/v0/livez")).status, 200);
  fixture.volume.databaseBroken = true;
  assert.deepEqual(await get("/v0/livez"), { status: 503, body: "" });
  assert.match((await get("/v0/livez?verbose=1")).body, /"error"/);
});

test("the sidecar's own port is closed to the network in trusted-header mode and open to all without", async () => {
  await assert.rejects(throughProxy(proxyUrl, `http://${host}:7777/v0/status`));
  fixture.variables = { ...fixture.variables, SEI_SIDECAR_AUTHN_MODE: "" };
  pod.sidecar = fixture.startSidecar();
  assert.equal((await throughProxy(proxyUrl, `http://${host}:7777/v0/status`)).status, 200);
});

test("the proxy wants a token except on ignored paths, and maps methods to verbs", async () => {
  authorize = true;
  assert.equal((await get("/v0/healthz")).status, 503);
  assert.deepEqual(await get("/v0/status"), { status: 401, body: "Unauthorized\n" });
  assert.equal((await get("/v0/status", { token: "bad" })).status, 401);
  assert.equal((await get("/v0/status", { token: "reader" })).status, 200);
  const denied = await post({ type: "mark-ready" }, { token: "reader" });
  assert.deepEqual(denied, {
    status: 403,
    body: "Forbidden (user=reader, verb=create, resource=seinodetasks, subresource=)\n",
  });
  assert.equal((await post({ type: "mark-ready" }, { token: "admin" })).status, 201);
  assert.equal((await get("/v0/status", { token: "broken" })).status, 500);
  assert.ok(reviews.includes("admin create seinodetasks/x"));
});

test("positive reviews are kept for 10 s and negative ones not at all", async () => {
  authorize = true;
  await get("/v0/status", { token: "reader" });
  await get("/v0/status", { token: "reader" });
  assert.deepEqual(reviews, ["token reader", "reader get seinodetasks/x"]);
  await fixture.clock.advance(10_000);
  await get("/v0/status", { token: "reader" });
  assert.equal(reviews.length, 4);
  reviews.length = 0;
  await post({}, { token: "reader" });
  await post({}, { token: "reader" });
  assert.equal(reviews.filter((review) => review.startsWith("reader create")).length, 2);
});

test("a dead sidecar behind a living proxy is 502, a dead proxy is no connection", async () => {
  pod.sidecar = undefined;
  assert.equal((await get("/v0/healthz")).status, 502);
  pod.rbacProxy = undefined;
  await assert.rejects(get("/v0/healthz"), /socket hang up|ECONNRESET/);
});

test("a name nobody serves and a seid that does not run are no connection", async () => {
  await assert.rejects(throughProxy(proxyUrl, "http://y-0.y.ns.svc.cluster.local:8443/v0/healthz"));
  await assert.rejects(throughProxy(proxyUrl, `http://${host}:26657/status`));
});

test("seid answers /status bare or enveloped, and /lag_status by its lag", async () => {
  pod.seid?.openGate();
  const rpc = (path: string) => throughProxy(proxyUrl, `http://${host}:26657${path}`);
  const bare = JSON.parse((await rpc("/status")).body);
  assert.deepEqual(bare.sync_info, { latest_block_height: "1", catching_up: false });
  fixture.settings.enveloped = true;
  const wrapped = JSON.parse((await rpc("/status")).body);
  assert.equal(wrapped.jsonrpc, "2.0");
  assert.deepEqual(wrapped.result, bare);
  assert.equal((await rpc("/lag_status")).status, 200);
  fixture.settings.lag = 1000;
  assert.equal((await rpc("/lag_status")).status, 417);
  assert.match(JSON.parse((await rpc("/block?height=1")).body).result.block_id.hash, /^[0-9A-F]{64}$/);
});

test("a status fault answers without the sidecar, a lost answer only after it", async () => {
  pod.faults.add({ kind: "status", status: 503 }, { method: "POST", times: 1 });
  pod.faults.add({ kind: "loseAnswer" }, { path: "/v0/tasks", times: 1 });
  await assert.rejects(post({ id: id(2), type: "mark-ready" }));
  assert.equal(fixture.row(id(2))?.status, "completed");
  assert.equal((await post({ id: id(1), type: "mark-ready" })).status, 503);
  assert.equal(fixture.row(id(1)), undefined);
  assert.equal((await post({ id: id(1), type: "mark-ready" })).status, 201);
});

test("refused, truncated and malformed answers are what they say", async () => {
  const cure = pod.faults.add({ kind: "refuse" });
  await assert.rejects(get("/v0/healthz"));
  cure();
  pod.faults.add({ kind: "truncate" }, { times: 1 });
  await assert.rejects(get("/v0/status"), /aborted|ECONNRESET/);
  pod.faults.add({ kind: "malformed" }, { times: 1 });
  assert.deepEqual(await get("/v0/status"), { status: 200, body: "{not json" });
  assert.equal((await get("/v0/status")).status, 200);
  assert.deepEqual(
    [...log].map(({ outcome }) => outcome),
    ["refused", "truncated", 200, 200],
  );
});

test("a slow answer comes when its time is over, a hanging one never, and neither delays others", async () => {
  pod.faults.add({ kind: "slow", ms: 1000 }, { path: "/v0/status", times: 1 });
  let answered = false;
  const slow = get("/v0/status").then((answer) => {
    answered = true;
    return answer;
  });
  pod.faults.add({ kind: "hang" }, { path: "/v0/livez" });
  const hanging = assert.rejects(get("/v0/livez"));
  assert.equal((await get("/v0/healthz")).status, 503);
  await untilTrue(() => fixture.clock.pending === 1);
  assert.equal(answered, false);
  await fixture.clock.advance(1000);
  assert.equal((await slow).status, 200);
  await untilTrue(() => log.matching({ outcome: "hung" }).length === 1);
  await proxy.stop();
  await hanging;
});

test("CONNECT tunnels and origin-form requests lead to the same pod", async () => {
  const { hostname, port } = new URL(proxyUrl);
  const text = await new Promise<string>((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    let received = "";
    socket.setEncoding("utf8");
    socket.on("error", reject);
    socket.on("data", (chunk: string) => {
      received += chunk;
      if (/200 Connection Established\r\n\r\n$/.test(received)) {
        socket.write("GET /v0/status HTTP/1.1\r\nHost: elsewhere\r\nConnection: close\r\n\r\n");
      }
    });
    socket.on("end", () => resolve(received));
    socket.write(`CONNECT ${host}:8443 HTTP/1.1\r\nHost: ${host}:8443\r\n\r\n`);
  });
  assert.match(text, /\{"status":"Initializing"\}/);
});

async function untilTrue(holds: () => boolean): Promise<void> {
  for (let turn = 0; turn < 10_000 && !holds(); turn++) await new Promise((resolve) => setImmediate(resolve));
  assert.ok(holds());
}

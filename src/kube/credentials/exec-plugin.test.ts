import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { ManualClock } from "#clock";
import type { AuthInfo, ExecPlugin } from "../cluster-config-types.ts";
import { isApiError } from "../errors.ts";
import { pods } from "../resources.ts";
import { startRestFixture } from "../testing/rest-fixture.ts";
import { json, status } from "../testing/scripted-server.ts";
import { firstClientPair } from "../testing/test-certificates.ts";
import { until } from "../testing/until.ts";
import { CredentialError, createCredentialSource } from "./index.ts";

const apiVersion = "client.authentication.k8s.io/v1";

/** A plugin that appends to `runs` and prints what the JavaScript expression `answer` gives; `n` counts its runs. */
async function createPlugin(t: TestContext, answer: string, extra: Partial<ExecPlugin> = {}) {
  const dir = await mkdtemp(join(tmpdir(), "exec-plugin-"));
  t.after(() => rm(dir, { recursive: true, force: true }));
  const [script, runs] = [join(dir, "plugin.mjs"), join(dir, "runs")];
  await writeFile(
    script,
    `import { appendFileSync, readFileSync } from "node:fs";
     appendFileSync(${JSON.stringify(runs)}, process.env.KUBERNETES_EXEC_INFO + "\\n");
     const n = readFileSync(${JSON.stringify(runs)}, "utf8").trim().split("\\n").length;
     const credential = (status) => JSON.stringify({ apiVersion: "${apiVersion}", kind: "ExecCredential", status });
     process.stdout.write(${answer});`,
  );
  const exec: ExecPlugin = {
    apiVersion,
    command: process.execPath,
    args: [script],
    env: { PATH: "" },
    ...extra,
  };
  const infos = async () => {
    const text = await readFile(runs, "utf8").catch(() => "");
    return text
      .split("\n")
      .filter((line) => line !== "")
      .map((line): unknown => JSON.parse(line));
  };
  return { exec, infos };
}

function source(t: TestContext, auth: AuthInfo, clock = new ManualClock()) {
  const made = createCredentialSource(auth, clock);
  t.after(() => made.close());
  return made;
}

test("the token of the plugin is kept until it expires, and calls at the same time share one run", async (t) => {
  const { exec, infos } = await createPlugin(
    t,
    'credential({ token: "t" + n, expirationTimestamp: "2026-01-01T00:10:00Z" })',
  );
  const clock = new ManualClock(Date.UTC(2026, 0, 1));
  const credentials = source(t, { exec }, clock);
  const many = await Promise.all(Array.from({ length: 8 }, () => credentials.current()));
  assert.deepEqual(new Set(many.map(({ token }) => token)), new Set(["t1"]));
  await clock.advance(10 * 60_000 - 1);
  assert.equal((await credentials.current()).token, "t1");
  await clock.advance(1);
  assert.equal((await credentials.current()).token, "t2");
  assert.equal((await infos()).length, 2);
  assert.equal(clock.pending, 0);
});

test("the plugin is told that nobody is there to answer, and about the cluster only if it asked", async (t) => {
  const plain = await createPlugin(t, 'credential({ token: "x" })');
  await source(t, { exec: plain.exec }).current();
  assert.deepEqual(await plain.infos(), [
    { apiVersion, kind: "ExecCredential", spec: { interactive: false } },
  ]);
  const cluster = { server: "https://x", config: { audience: "y" } };
  const informed = await createPlugin(t, 'credential({ token: "x" })', { cluster });
  await source(t, { exec: informed.exec }).current();
  assert.deepEqual(await informed.infos(), [
    { apiVersion, kind: "ExecCredential", spec: { interactive: false, cluster } },
  ]);
});

test("the plugin sees its own environment and end-of-file on its input", async (t) => {
  const read = 'credential({ token: process.env.WHO + readFileSync(0, "utf8").length })';
  const { exec } = await createPlugin(t, read, { env: { WHO: "me" } });
  assert.equal((await source(t, { exec }).current()).token, "me0");
});

test("client certificates come from the plugin, unless the user has one", async (t) => {
  const { exec } = await createPlugin(
    t,
    'credential({ clientCertificateData: "C", clientKeyData: "K", token: "x" })',
  );
  assert.deepEqual(await source(t, { exec }).current(), { token: "x", certificate: { cert: "C", key: "K" } });
  const certificate = { cert: { data: firstClientPair.cert }, key: { data: firstClientPair.key } };
  assert.deepEqual(await source(t, { exec, certificate }).current(), {
    token: "x",
    certificate: firstClientPair,
  });
});

test("a fixed token makes the plugin unnecessary", async (t) => {
  const { exec, infos } = await createPlugin(t, 'credential({ token: "x" })');
  assert.deepEqual(await source(t, { exec, token: "own" }).current(), { token: "own" });
  assert.deepEqual(await infos(), []);
});

test("answers that give no credential are refused, and never quoted", async (t) => {
  const cases: [string, RegExp][] = [
    ['"secret-word"', /its output is not JSON/],
    ['"{}"', /not an ExecCredential/],
    [
      `credential({ token: "secret-word" }).replace("/v1", "/v1beta1")`,
      /answered with apiVersion client.authentication.k8s.io\/v1beta1/,
    ],
    ["credential(undefined)", /has no status/],
    ["credential({})", /neither a token nor/],
    ['credential({ clientCertificateData: "secret-word" })', /without the other/],
    ['credential({ token: "secret-word", expirationTimestamp: "soon" })', /not a time/],
  ];
  for (const [answer, message] of cases) {
    const { exec } = await createPlugin(t, answer);
    await assert.rejects(source(t, { exec }).current(), (error: Error) => {
      assert.ok(error instanceof CredentialError);
      assert.match(error.message, message);
      assert.doesNotMatch(`${error.message}${String(error.cause)}`, /secret-word/);
      return true;
    });
  }
});

test("a missing plugin gives its install hint; a failing one its exit code and its last words", async (t) => {
  const missing = {
    apiVersion,
    command: "/nowhere/aws",
    args: [],
    env: {},
    installHint: "Install the AWS CLI.\n",
  };
  await assert.rejects(source(t, { exec: missing }).current(), {
    message: "exec plugin /nowhere/aws: not found; Install the AWS CLI.",
  });
  const { exec } = await createPlugin(
    t,
    '(console.error("no login: Bearer abcdefgh.ijklmnop"), process.exit(3))',
  );
  await assert.rejects(source(t, { exec }).current(), (error: Error) => {
    return /exit code 3: no login: Bearer \[redacted\]$/.test(error.message) && error.cause === undefined;
  });
});

test("a plugin that failed is run again for the next call", async (t) => {
  const { exec } = await createPlugin(t, 'n === 1 ? process.exit(1) : credential({ token: "late" })');
  const credentials = source(t, { exec });
  await assert.rejects(credentials.current());
  assert.equal((await credentials.current()).token, "late");
});

test("a plugin that hangs is killed after a minute", async (t) => {
  const { exec } = await createPlugin(t, "await new Promise(() => setInterval(() => {}, 1e6))");
  const clock = new ManualClock();
  const credentials = source(t, { exec }, clock);
  const call = assert.rejects(credentials.current(), /no answer within 60 s/);
  await until(() => clock.pending === 1);
  await clock.advance(60_000);
  await call;
});

test("close kills a running plugin", async (t) => {
  const { exec } = await createPlugin(t, "await new Promise(() => setInterval(() => {}, 1e6))");
  const clock = new ManualClock();
  const credentials = createCredentialSource({ exec }, clock);
  const call = assert.rejects(credentials.current(), CredentialError);
  credentials.close();
  await call;
  assert.equal(clock.pending, 0);
});

test("a 401 runs the plugin again once and repeats the call", async (t) => {
  const { exec, infos } = await createPlugin(t, 'credential({ token: "t" + n })');
  const { server, client } = await startRestFixture(t, { config: { auth: { exec } } });
  const pod = { metadata: { name: "a", namespace: "ns", uid: "u", resourceVersion: "1" } };
  const refused = status(401, "Unauthorized", "Unauthorized");
  server.script("GET /api/v1/namespaces/ns/pods/a", refused, json(200, pod), refused, refused);
  await client.get(pods, { namespace: "ns", name: "a" });
  assert.deepEqual(
    server.requests.map(({ headers }) => headers.authorization),
    ["Bearer t1", "Bearer t2"],
  );
  await assert.rejects(client.get(pods, { namespace: "ns", name: "a" }), (error) =>
    isApiError(error, "unauthorized"),
  );
  assert.equal((await infos()).length, 3);
  assert.equal(server.requests.length, 4);
});

test("a call waiting for the plugin ends with its signal, and the plugin still serves the others", async (t) => {
  const { exec } = await createPlugin(
    t,
    '(await new Promise((r) => setTimeout(r, 50)), credential({ token: "t" }))',
  );
  const { server, client } = await startRestFixture(t, { config: { auth: { exec } } });
  server.always(
    "GET /api/v1/namespaces/ns/pods/a",
    json(200, { metadata: { name: "a", uid: "u", resourceVersion: "1" } }),
  );
  const controller = new AbortController();
  const impatient = assert.rejects(
    client.get(pods, { namespace: "ns", name: "a" }, controller.signal),
    (error) => isApiError(error, "aborted"),
  );
  const patient = client.get(pods, { namespace: "ns", name: "a" });
  controller.abort();
  await impatient;
  assert.equal(server.requests.length, 0);
  await patient;
  await until(() => server.requests.length === 1);
});

/** Our loader and the one of @kubernetes/client-node must mean the same cluster and the same user by the same file. */
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import type { RequestOptions } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { KubeConfig } from "@kubernetes/client-node";
import { ManualClock } from "#clock";
import { loadClusterConfig } from "./cluster-config.ts";
import { createCredentialSource } from "./credentials/index.ts";
import { firstClientPair, testCa } from "./testing/test-certificates.ts";

/** What both loaders can be asked for. */
interface Outcome {
  server: string | undefined;
  namespace: string | undefined;
  authorization: string | undefined;
  ca: string | undefined;
  cert: string | undefined;
  key: string | undefined;
  serverName: string | undefined;
  verify: boolean;
}

let dir: string;
before(async () => {
  dir = await mkdtemp(join(tmpdir(), "conformance-"));
  await writeFile(join(dir, "ca.crt"), testCa);
  await writeFile(join(dir, "tls.crt"), firstClientPair.cert);
  await writeFile(join(dir, "tls.key"), firstClientPair.key);
  await writeFile(join(dir, "token"), "from-file");
  const answer = {
    apiVersion: "client.authentication.k8s.io/v1",
    kind: "ExecCredential",
    status: { token: "from-plugin", expirationTimestamp: "2099-01-01T00:00:00Z" },
  };
  await writeFile(join(dir, "plugin.mjs"), `process.stdout.write(${JSON.stringify(JSON.stringify(answer))})`);
});
after(() => rm(dir, { recursive: true, force: true }));

async function ours(file: string): Promise<Outcome> {
  const config = await loadClusterConfig({ kubeconfig: file, env: process.env });
  const source = createCredentialSource(config.auth, new ManualClock());
  const { token, certificate } = await source.current();
  source.close();
  return {
    server: config.server,
    namespace: config.namespace,
    authorization: token === undefined ? undefined : `Bearer ${token}`,
    ca: config.tls.ca?.trim(),
    cert: certificate?.cert.trim(),
    key: certificate?.key.trim(),
    serverName: config.tls.serverName,
    verify: !config.tls.insecureSkipVerify,
  };
}

async function theirs(file: string): Promise<Outcome> {
  const config = new KubeConfig();
  config.loadFromFile(file);
  const options: RequestOptions = {};
  await config.applyToHTTPSOptions(options);
  const headers = options.headers as Record<string, string> | undefined;
  const text = (value: unknown) => (value === undefined || value === null ? undefined : String(value).trim());
  return {
    server: config.getCurrentCluster()?.server,
    // Theirs leaves the default to the caller.
    namespace: config.getContextObject(config.getCurrentContext())?.namespace ?? "default",
    authorization: headers?.Authorization,
    ca: text(options.ca),
    cert: text(options.cert),
    key: text(options.key),
    serverName: text(options.servername),
    verify: options.rejectUnauthorized !== false,
  };
}

const encode = (value: string) => Buffer.from(value).toString("base64");
const cases: Record<string, { user: object; cluster?: object; context?: object }> = {
  "a token": { user: { token: "abc" } },
  "certificate files": { user: { "client-certificate": "tls.crt", "client-key": "tls.key" } },
  "certificate data": {
    user: {
      "client-certificate-data": encode(firstClientPair.cert),
      "client-key-data": encode(firstClientPair.key),
    },
  },
  "a certificate and a token": {
    user: { "client-certificate": "tls.crt", "client-key": "tls.key", token: "abc" },
  },
  "a CA file": { user: { token: "abc" }, cluster: { "certificate-authority": "ca.crt" } },
  "CA data": { user: { token: "abc" }, cluster: { "certificate-authority-data": encode(testCa) } },
  "another server name": {
    user: {},
    cluster: { "certificate-authority": "ca.crt", "tls-server-name": "inner.test" },
  },
  "no verification": { user: { token: "abc" }, cluster: { "insecure-skip-tls-verify": true } },
  "a namespace": { user: {}, context: { namespace: "sei" } },
  "an exec plugin": {
    user: {
      exec: {
        apiVersion: "client.authentication.k8s.io/v1",
        command: process.execPath,
        args: ["PLUGIN"],
        interactiveMode: "Never",
      },
    },
  },
};

for (const [name, { user, cluster, context }] of Object.entries(cases)) {
  test(`both loaders agree on ${name}`, async () => {
    const file = join(dir, `${name.replaceAll(" ", "-")}.yaml`);
    const content = {
      apiVersion: "v1",
      kind: "Config",
      "current-context": "main",
      contexts: [{ name: "main", context: { cluster: "c", user: "u", ...context } }],
      clusters: [{ name: "c", cluster: { server: "https://api.test:6443", ...cluster } }],
      users: [{ name: "u", user }],
    };
    await writeFile(file, JSON.stringify(content).replace("PLUGIN", join(dir, "plugin.mjs")));
    assert.deepEqual(await ours(file), await theirs(file));
  });
}

test("a user's tokenFile is read by ours only, as client-go does", async () => {
  const file = join(dir, "token-file.yaml");
  const content = {
    "current-context": "main",
    contexts: [{ name: "main", context: { cluster: "c", user: "u" } }],
    clusters: [{ name: "c", cluster: { server: "https://api.test:6443" } }],
    users: [{ name: "u", user: { tokenFile: "token" } }],
  };
  await writeFile(file, JSON.stringify(content));
  // When theirs learns it, this test says so and the case moves into the table.
  assert.deepEqual(
    [(await ours(file)).authorization, (await theirs(file)).authorization],
    ["Bearer from-file", undefined],
  );
});

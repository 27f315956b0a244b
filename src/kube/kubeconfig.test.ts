import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { loadClusterConfig } from "./cluster-config.ts";
import { ClusterConfigError } from "./cluster-config-types.ts";
import { firstClientPair, testCa } from "./testing/test-certificates.ts";

const encode = (text: string) => Buffer.from(text).toString("base64");

async function folder(t: TestContext, files: Record<string, unknown> = {}): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "kubeconfig-"));
  t.after(() => rm(dir, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) {
    await mkdir(join(dir, name, ".."), { recursive: true });
    await writeFile(join(dir, name), typeof content === "string" ? content : JSON.stringify(content));
  }
  return dir;
}

function kubeconfig(user: object = {}, cluster: object = {}, context: object = {}) {
  return {
    apiVersion: "v1",
    kind: "Config",
    "current-context": "main",
    contexts: [{ name: "main", context: { cluster: "c", user: "u", ...context } }],
    clusters: [{ name: "c", cluster: { server: "https://api.test:6443", ...cluster } }],
    users: [{ name: "u", user }],
  };
}

async function load(t: TestContext, content: unknown, files: Record<string, unknown> = {}) {
  const dir = await folder(t, { ...files, config: content });
  return loadClusterConfig({ kubeconfig: join(dir, "config"), env: { PATH: "/bin" } });
}

async function refused(t: TestContext, content: unknown, message: RegExp) {
  await assert.rejects(load(t, content), (error) => {
    assert.ok(error instanceof ClusterConfigError);
    assert.match(error.message, message);
    return true;
  });
}

test("a YAML kubeconfig with data fields is read", async (t) => {
  const yaml = `
apiVersion: v1
kind: Config
current-context: main
contexts:
- name: main
  context: {cluster: c, user: u, namespace: sei}
clusters:
- name: c
  cluster:
    server: https://api.test:6443/
    certificate-authority-data: ${encode(testCa)}
    tls-server-name: inner.test
    proxy-url: http://proxy.test:3128
users:
- name: u
  user:
    token: "123"
    client-certificate-data: ${encode(firstClientPair.cert)}
    client-key-data: ${encode(firstClientPair.key)}
`;
  const config = await load(t, yaml);
  assert.match(config.source, /^context main of \/.*config$/);
  assert.deepEqual(
    { ...config, source: "" },
    {
      server: "https://api.test:6443",
      namespace: "sei",
      source: "",
      tls: { ca: testCa, serverName: "inner.test", insecureSkipVerify: false },
      proxyUrl: "http://proxy.test:3128",
      auth: {
        token: "123",
        certificate: { cert: { data: firstClientPair.cert }, key: { data: firstClientPair.key } },
      },
    },
  );
});

test("relative paths are those of the kubeconfig's folder, and stay files so that they can rotate", async (t) => {
  const user = { "client-certificate": "pki/tls.crt", "client-key": "../k/tls.key", tokenFile: "token" };
  const dir = await folder(t, {
    "kc/config": kubeconfig(user, { "certificate-authority": "pki/ca.crt" }),
    "kc/pki/ca.crt": testCa,
    "kc/pki/tls.crt": firstClientPair.cert,
    "k/tls.key": firstClientPair.key,
    "kc/token": "t",
  });
  const config = await loadClusterConfig({ kubeconfig: join(dir, "kc", "config"), env: {} });
  assert.equal(config.tls.ca, testCa);
  assert.deepEqual(config.auth, {
    certificate: { cert: { file: join(dir, "kc/pki/tls.crt") }, key: { file: join(dir, "k/tls.key") } },
    tokenFile: join(dir, "kc/token"),
  });
});

test("of several files the first to name an entry wins it whole, and the first current-context counts", async (t) => {
  const dir = await folder(t, {
    "1/a": { ...kubeconfig({ token: "first" }), "current-context": "", contexts: [] },
    "2/b": {
      ...kubeconfig({ token: "second", tokenFile: "/nowhere" }, { server: "https://second.test" }),
      clusters: [{ name: "d", cluster: { server: "https://d.test" } }],
    },
    "3/c": kubeconfig({}, {}, { cluster: "d" }),
  });
  const files = [
    join(dir, "missing"),
    join(dir, "1/a"),
    "",
    join(dir, "2/b"),
    join(dir, "3/c"),
    join(dir, "1/a"),
  ];
  const config = await loadClusterConfig({ env: { KUBECONFIG: files.join(":") } });
  assert.equal(config.server, "https://api.test:6443");
  assert.deepEqual(config.auth, { token: "first" });
});

test("--context selects another context; unknown and missing ones are refused with the known names", async (t) => {
  const base = kubeconfig();
  const two = {
    ...base,
    contexts: [...base.contexts, { name: "second", context: { cluster: "c", namespace: "x" } }],
  };
  const dir = await folder(t, { config: two, none: { ...two, "current-context": "" }, empty: "" });
  const kc = (name: string, context?: string) =>
    loadClusterConfig({ kubeconfig: join(dir, name), env: {}, ...(context !== undefined && { context }) });
  assert.equal((await kc("config", "second")).namespace, "x");
  assert.equal((await kc("config", "")).namespace, "default");
  await assert.rejects(kc("config", "third"), /no context "third"; known: main, second/);
  await assert.rejects(kc("none"), /no current-context is set; choose one of: main, second/);
  await assert.rejects(kc("empty"), /no current-context/);
});

test("the order is --kubeconfig, KUBECONFIG, the pod's service account, ~/.kube/config", async (t) => {
  const dir = await folder(t, {
    flag: kubeconfig({}, { server: "https://flag.test" }),
    env: kubeconfig({}, { server: "https://env.test" }),
    "home/.kube/config": kubeconfig({}, { server: "https://home.test" }),
    "sa/token": "t",
    "sa/ca.crt": testCa,
    "sa/namespace": "pod-ns\n",
  });
  const env = {
    KUBECONFIG: join(dir, "env"),
    KUBERNETES_SERVICE_HOST: "fd00::1",
    KUBERNETES_SERVICE_PORT: "443",
    HOME: join(dir, "home"),
  };
  const serviceAccountDir = join(dir, "sa");
  const options = { env, serviceAccountDir };
  assert.equal(
    (await loadClusterConfig({ ...options, kubeconfig: join(dir, "flag") })).server,
    "https://flag.test",
  );
  assert.equal((await loadClusterConfig(options)).server, "https://env.test");
  const inCluster = await loadClusterConfig({ serviceAccountDir, env: { ...env, KUBECONFIG: "" } });
  assert.deepEqual(inCluster, {
    server: "https://[fd00::1]:443",
    namespace: "pod-ns",
    source: "in-cluster",
    tls: { ca: testCa, insecureSkipVerify: false },
    auth: { tokenFile: join(dir, "sa/token") },
  });
  assert.equal((await loadClusterConfig({ env: { HOME: env.HOME } })).server, "https://home.test");
  await assert.rejects(loadClusterConfig({ env: {} }), /no cluster configured: pass --kubeconfig/);
  await assert.rejects(loadClusterConfig({ env: { HOME: dir } }), /~\/.kube\/config: no such file/);
  await assert.rejects(
    loadClusterConfig({ env, kubeconfig: join(dir, "nothing") }),
    /--kubeconfig: no such file/,
  );
  await assert.rejects(
    loadClusterConfig({ ...options, env: { ...env, KUBECONFIG: join(dir, "nothing") } }),
    /KUBECONFIG: no such file/,
  );
  await rm(join(dir, "sa/token"));
  await assert.rejects(
    loadClusterConfig({ serviceAccountDir, env: { ...env, KUBECONFIG: "" } }),
    /automountServiceAccountToken/,
  );
});

test("an exec user gets its whole environment, its command resolved, and the cluster if it asked", async (t) => {
  const exec = {
    apiVersion: "client.authentication.k8s.io/v1",
    command: "./bin/login",
    args: ["a"],
    env: [{ name: "X", value: "1" }],
    installHint: "get it",
    interactiveMode: "IfAvailable",
    provideClusterInfo: true,
  };
  const extensions = [{ name: "client.authentication.k8s.io/exec", extension: { audience: "z" } }];
  const cluster = {
    "certificate-authority-data": encode(testCa),
    "proxy-url": "socks5://p.test:1",
    "tls-server-name": "n",
    extensions,
  };
  const { auth, source } = await load(t, kubeconfig({ exec }, cluster));
  assert.deepEqual(auth.exec, {
    apiVersion: exec.apiVersion,
    command: join(source.replace(/.* of /, ""), "..", "bin/login"),
    args: ["a"],
    env: { PATH: "/bin", X: "1" },
    installHint: "get it",
    cluster: {
      server: "https://api.test:6443",
      "tls-server-name": "n",
      "certificate-authority-data": encode(testCa),
      "proxy-url": "socks5://p.test:1",
      config: { audience: "z" },
    },
  });
  const old = { exec: { apiVersion: "client.authentication.k8s.io/v1beta1", command: "aws" } };
  assert.deepEqual((await load(t, kubeconfig(old))).auth.exec, {
    apiVersion: old.exec.apiVersion,
    command: "aws",
    args: [],
    env: { PATH: "/bin" },
  });
});

test("impersonation becomes request headers", async (t) => {
  const user = { as: "jane", "as-uid": "7", "as-groups": ["g"], "as-user-extra": { "a/b": ["x"] } };
  assert.deepEqual((await load(t, kubeconfig(user))).auth.impersonate, {
    "impersonate-user": "jane",
    "impersonate-uid": "7",
    "impersonate-group": ["g"],
    "impersonate-extra-a%2Fb": ["x"],
  });
});

test("a server without a scheme is https when there is anything to do with TLS", async (t) => {
  assert.equal((await load(t, kubeconfig({}, { server: "api.test:8080" }))).server, "http://api.test:8080");
  assert.equal(
    (await load(t, kubeconfig({}, { server: "api.test:1", "insecure-skip-tls-verify": true }))).server,
    "https://api.test:1",
  );
  assert.equal(
    (await load(t, kubeconfig({}, { server: "https://api.test/k8s/c/" }))).server,
    "https://api.test/k8s/c",
  );
});

const cases: Record<string, [unknown, RegExp]> = {
  username: [
    kubeconfig({ username: "a", password: "hidden" }),
    /user "u": username and password are not supported/,
  ],
  "auth-provider": [
    kubeconfig({ "auth-provider": { name: "gcp" } }),
    /auth-provider is not supported.*exec plugin/,
  ],
  "interactive exec": [
    kubeconfig({
      exec: { apiVersion: "client.authentication.k8s.io/v1", command: "x", interactiveMode: "Always" },
    }),
    /needs a terminal/,
  ],
  "exec v1 without interactiveMode": [
    kubeconfig({ exec: { apiVersion: "client.authentication.k8s.io/v1", command: "x" } }),
    /must be Never or IfAvailable/,
  ],
  "exec v1alpha1": [
    kubeconfig({ exec: { apiVersion: "client.authentication.k8s.io/v1alpha1", command: "x" } }),
    /supported: client/,
  ],
  "exec without command": [
    kubeconfig({ exec: { apiVersion: "client.authentication.k8s.io/v1beta1" } }),
    /no command/,
  ],
  "certificate without key": [
    kubeconfig({ "client-certificate-data": encode(firstClientPair.cert) }),
    /client-key is missing/,
  ],
  "certificate data that is no PEM": [
    kubeconfig({ "client-certificate-data": "aGlkZGVu", "client-key-data": "aGlkZGVu" }),
    /not base64 of a PEM/,
  ],
  "a certificate file that is not there": [
    kubeconfig({ "client-certificate": "x.crt", "client-key": "x.key" }),
    /cannot read .*x\.crt/,
  ],
  "a token file that is not there": [kubeconfig({ tokenFile: "nope" }), /cannot read .*nope/],
  "groups without a user": [kubeconfig({ "as-groups": ["system:masters"] }), /need `as`/],
  "a token that is a number": [kubeconfig({ token: 12345678 }), /token is not a string \(quote it\)$/],
  "a CA that is none": [
    kubeconfig({}, { "certificate-authority-data": encode("-----BEGIN CERTIFICATE-----\nx") }),
    /no PEM certificate/,
  ],
  "a CA beside insecure": [
    kubeconfig({}, { "certificate-authority-data": encode(testCa), "insecure-skip-tls-verify": true }),
    /exclude each other/,
  ],
  "no server": [kubeconfig({}, { server: "" }), /cluster "c": no server/],
  "a server of another scheme": [kubeconfig({}, { server: "ftp://x" }), /not an http\(s\) URL/],
  "a proxy of another scheme": [kubeconfig({}, { "proxy-url": "ftp://user:hidden@x" }), /proxy-url is not/],
  "an unknown cluster": [kubeconfig({}, {}, { cluster: "z" }), /no cluster "z"/],
  "an unknown user": [kubeconfig({}, {}, { user: "z" }), /no user "z"/],
  "the same name twice": [{ ...kubeconfig(), users: [{ name: "u" }, { name: "u" }] }, /"u" is there twice/],
  "an entry without a name": [{ ...kubeconfig(), users: [{ user: {} }] }, /no name/],
  "a list that is none": [{ ...kubeconfig(), clusters: "x" }, /clusters is not a list/],
  "text that is no YAML": ["users: [{token: hidden", /is not YAML/],
  "YAML that is no mapping": ["- hidden", /is not a YAML mapping/],
};
for (const [name, [content, message]] of Object.entries(cases)) {
  test(`refused by name, without quoting a secret: ${name}`, async (t) => {
    await refused(t, content, message);
    await assert.rejects(
      load(t, content),
      (error: Error) => !/hidden|12345678/.test(`${error.message}${String(error.cause)}`),
    );
  });
}

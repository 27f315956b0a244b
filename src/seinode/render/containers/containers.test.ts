/** What each container looks like. The scripts among them are run in scripts.test.ts. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { IContainer } from "kubernetes-models/v1";
import { byoKeys, containerOf, oneOfEachMode, testSettings } from "../fixtures.ts";

const keyed = { validator: byoKeys };
const nonRoot = {
  runAsNonRoot: true,
  runAsUser: 65532,
  runAsGroup: 65532,
  allowPrivilegeEscalation: false,
  capabilities: { drop: ["ALL"] },
  seccompProfile: { type: "RuntimeDefault" },
};

const port = (name: string, containerPort: number) => ({ name, containerPort, protocol: "TCP" });
const data = { name: "data", mountPath: "/.sei" };
const tmp = { name: "sidecar-tmp", mountPath: "/tmp" };
const http = (path: string, httpPort: number) => ({ path, port: httpPort, scheme: "HTTP" });

/** Everything but the script, which scripts.test.ts runs. */
function withoutScript(rendered: IContainer): IContainer {
  const { command = [], ...rest } = rendered;
  return { ...rest, command: command.slice(0, 2) };
}

test("seid-init runs the node's image on the data volume", () => {
  assert.deepEqual(withoutScript(containerOf("seid-init")), {
    name: "seid-init",
    image: "ghcr.io/sei-protocol/sei:v6.3.0",
    command: ["/bin/bash", "-c"],
    env: [{ name: "HOME", value: "/.sei" }],
    volumeMounts: [data],
    securityContext: nonRoot,
  });
});

const sidecarEnv = (sidecarPort = "7777") => [
  { name: "SEI_CHAIN_ID", value: "pacific-1" },
  { name: "SEI_SIDECAR_PORT", value: sidecarPort },
  { name: "SEI_HOME", value: "/.sei" },
  { name: "SEI_GENESIS_BUCKET", value: "test-sei-genesis" },
  { name: "SEI_GENESIS_REGION", value: "us-east-1" },
  { name: "SEI_SNAPSHOT_BUCKET", value: "test-sei-snapshots" },
  { name: "SEI_SNAPSHOT_REGION", value: "us-east-2" },
  { name: "SEI_SIDECAR_AUTHN_MODE", value: "trusted-header" },
];

test("the sidecar is a restartable init container without probes, resources or keys by default", () => {
  for (const spec of [{}, { sidecar: {} }]) {
    assert.deepEqual(containerOf("sei-sidecar", spec), {
      name: "sei-sidecar",
      image: testSettings.sidecarImage,
      command: ["seictl", "serve"],
      restartPolicy: "Always",
      ports: [port("sidecar", 7777)],
      env: sidecarEnv(),
      volumeMounts: [data, tmp],
      securityContext: { ...nonRoot, readOnlyRootFilesystem: true },
    });
  }
});

test("a custom sidecar has its image, port and resources, and the port reaches proxy and wait loop only", () => {
  const resources = { requests: { cpu: "1", memory: 512 }, limits: { memory: "1Gi" } };
  const spec = { sidecar: { image: "mine:1", port: 9999, resources } };
  const sidecar = containerOf("sei-sidecar", spec);
  assert.equal(sidecar.image, "mine:1");
  assert.deepEqual(sidecar.resources, resources);
  assert.deepEqual(sidecar.ports, [port("sidecar", 9999)]);
  assert.deepEqual(sidecar.env, sidecarEnv("9999"));
  assert.ok(containerOf("kube-rbac-proxy", spec).args?.includes("--upstream=http://127.0.0.1:9999/"));
  assert.match(containerOf("seid", spec).command?.[2] ?? "", /\/dev\/tcp\/localhost\/9999/);
  assert.equal(containerOf("seid", spec).startupProbe?.httpGet?.port, 8443);
});

test("empty members of the sidecar's resources are not rendered", () => {
  for (const resources of [{}, { limits: {} }, { limits: {}, requests: {}, claims: [] }]) {
    assert.equal("resources" in containerOf("sei-sidecar", { sidecar: { resources } }), false);
  }
  const partial = { sidecar: { resources: { limits: {}, requests: { cpu: "1" } } } };
  assert.deepEqual(containerOf("sei-sidecar", partial).resources, { requests: { cpu: "1" } });
});

test("a validator without a keyring Secret signs with the test backend", () => {
  for (const validator of [{}, { operatorKeyring: {} }]) {
    const { env, volumeMounts } = containerOf("sei-sidecar", { validator });
    assert.deepEqual(env?.slice(8), [
      { name: "SEI_KEYRING_BACKEND", value: "test" },
      { name: "SEI_KEYRING_DIR", value: "/.sei" },
    ]);
    assert.deepEqual(volumeMounts, [data, tmp]);
  }
});

test("a validator with a keyring Secret gets it in the sidecar only, unlocked by the passphrase Secret", () => {
  const { env, volumeMounts } = containerOf("sei-sidecar", keyed);
  assert.deepEqual(env?.slice(8), [
    { name: "SEI_KEYRING_BACKEND", value: "file" },
    { name: "SEI_KEYRING_DIR", value: "/.sei" },
    {
      name: "SEI_KEYRING_PASSPHRASE",
      valueFrom: { secretKeyRef: { name: "the-passphrase", key: "passphrase" } },
    },
  ]);
  assert.deepEqual(volumeMounts, [
    data,
    tmp,
    { name: "operator-keyring", mountPath: "/.sei/keyring-file", readOnly: true },
  ]);
});

test("kube-rbac-proxy has the documented arguments, ports and plain HTTP probes", () => {
  assert.deepEqual(containerOf("kube-rbac-proxy"), {
    name: "kube-rbac-proxy",
    image: testSettings.kubeRbacProxyImage,
    restartPolicy: "Always",
    args: [
      "--insecure-listen-address=0.0.0.0:8443",
      "--upstream=http://127.0.0.1:7777/",
      "--config-file=/etc/kube-rbac-proxy/config.yaml",
      "--ignore-paths=/v0/healthz,/v0/startupz,/v0/livez,/v0/metrics",
      "--auth-header-fields-enabled=true",
      "--v=0",
    ],
    ports: [port("api", 8443)],
    startupProbe: {
      tcpSocket: { port: 8443 },
      initialDelaySeconds: 5,
      periodSeconds: 5,
      failureThreshold: 60,
    },
    livenessProbe: {
      httpGet: http("/v0/livez", 8443),
      initialDelaySeconds: 5,
      periodSeconds: 10,
      failureThreshold: 3,
    },
    readinessProbe: {
      httpGet: http("/v0/healthz", 8443),
      initialDelaySeconds: 2,
      periodSeconds: 5,
      failureThreshold: 6,
    },
    volumeMounts: [{ name: "rbac-proxy-config", mountPath: "/etc/kube-rbac-proxy", readOnly: true }],
    securityContext: { ...nonRoot, readOnlyRootFilesystem: true },
  });
});

test("seid has seven ports, requests without limits, a startup probe of five days and no liveness probe", () => {
  assert.deepEqual(withoutScript(containerOf("seid")), {
    name: "seid",
    image: "ghcr.io/sei-protocol/sei:v6.3.0",
    command: ["/bin/bash", "-c"],
    env: [
      { name: "HOME", value: "/.sei" },
      { name: "TMPDIR", value: "/.sei/tmp" },
    ],
    ports: [
      port("evm-rpc", 8545),
      port("evm-ws", 8546),
      port("grpc", 9090),
      port("rest", 1317),
      port("p2p", 26656),
      port("rpc", 26657),
      port("metrics", 26660),
    ],
    resources: { requests: { cpu: "4", memory: "32Gi" } },
    startupProbe: {
      httpGet: http("/v0/healthz", 8443),
      initialDelaySeconds: 5,
      periodSeconds: 5,
      failureThreshold: 86400,
    },
    readinessProbe: {
      httpGet: http("/lag_status", 26657),
      initialDelaySeconds: 30,
      periodSeconds: 10,
      failureThreshold: 3,
      timeoutSeconds: 5,
    },
    volumeMounts: [data],
    securityContext: nonRoot,
  });
});

test("seid gets its keys as read-only files by subPath beside the writable data volume", () => {
  const key = (name: string, file: string) => ({
    name,
    mountPath: `/.sei/config/${file}`,
    subPath: file,
    readOnly: true,
  });
  assert.deepEqual(containerOf("seid", keyed).volumeMounts, [
    data,
    key("signing-key", "priv_validator_key.json"),
    key("node-key", "node_key.json"),
  ]);
});

test("cosmos-exporter is always there, small, and left alone for ten minutes", () => {
  for (const [, spec] of oneOfEachMode) {
    assert.deepEqual(withoutScript(containerOf("cosmos-exporter", spec)), {
      name: "cosmos-exporter",
      image: testSettings.cosmosExporterImage,
      command: ["/bin/bash", "-c"],
      ports: [port("cosmos-metrics", 9300)],
      resources: { requests: { cpu: "50m", memory: "64Mi" }, limits: { memory: "384Mi" } },
      readinessProbe: { tcpSocket: { port: 9300 }, periodSeconds: 10, failureThreshold: 6 },
      livenessProbe: {
        tcpSocket: { port: 9300 },
        initialDelaySeconds: 600,
        periodSeconds: 10,
        failureThreshold: 3,
      },
      volumeMounts: [tmp],
      securityContext: { ...nonRoot, readOnlyRootFilesystem: true },
    });
  }
});

import assert from "node:assert/strict";
import { test } from "node:test";
import type { IContainer } from "kubernetes-models/v1";
import type { SeiNode } from "#api";
import type { Settings } from "../../settings.ts";
import { byoKeys, oneOfEachMode, testNode, testSettings } from "./fixtures.ts";
import { renderStatefulSet } from "./index.ts";

type Spec = Partial<SeiNode["spec"]>;

const keyed = { validator: byoKeys };
const nonRoot = {
  runAsNonRoot: true,
  runAsUser: 65532,
  runAsGroup: 65532,
  allowPrivilegeEscalation: false,
  capabilities: { drop: ["ALL"] },
  seccompProfile: { type: "RuntimeDefault" },
};

function podOf(spec: Spec = {}, settings: Settings = testSettings) {
  const pod = renderStatefulSet(testNode(spec), settings).spec.template.spec;
  assert.ok(pod);
  return pod;
}

function container(name: string, spec: Spec = {}, settings: Settings = testSettings): IContainer {
  const pod = podOf(spec, settings);
  const found = [...(pod.initContainers ?? []), ...pod.containers].find(
    (candidate) => candidate.name === name,
  );
  assert.ok(found, `no container ${name}`);
  return found;
}

/** Everything but the script, which scripts.test.ts runs. */
function withoutScript(rendered: IContainer): IContainer {
  const { command = [], ...rest } = rendered;
  return { ...rest, command: command.slice(0, 2) };
}

const port = (name: string, containerPort: number) => ({ name, containerPort, protocol: "TCP" });
const data = { name: "data", mountPath: "/.sei" };
const tmp = { name: "sidecar-tmp", mountPath: "/tmp" };
const http = (path: string, httpPort: number) => ({ path, port: httpPort, scheme: "HTTP" });

test("the StatefulSet has one replica, is replaced only on delete, and is owned by the node", () => {
  const { spec, ...rest } = renderStatefulSet(testNode(), testSettings);
  const labels = { "sei.io/chain": "pacific-1", "sei.io/node": "node-0", "sei.io/role": "node" };
  assert.deepEqual(rest, {
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: {
      name: "node-0",
      namespace: "sei",
      labels,
      ownerReferences: [
        {
          apiVersion: "sei.io/v1alpha1",
          kind: "SeiNode",
          name: "node-0",
          uid: "uid-node-0",
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    },
  });
  const { template, ...own } = spec;
  assert.deepEqual(own, {
    replicas: 1,
    serviceName: "node-0",
    selector: { matchLabels: { "sei.io/node": "node-0" } },
    updateStrategy: { type: "OnDelete" },
  });
  assert.deepEqual(template.metadata, { labels, annotations: { "karpenter.sh/do-not-disrupt": "true" } });
});

test("a paused node has 0 replicas, said explicitly, and one again afterwards", () => {
  assert.equal(renderStatefulSet(testNode({ paused: true }), testSettings).spec.replicas, 0);
  assert.equal(renderStatefulSet(testNode({ paused: false }), testSettings).spec.replicas, 1);
});

for (const [mode, spec] of oneOfEachMode) {
  test(`the pod of a ${mode} has exactly the documented containers in their order`, () => {
    const pod = podOf(spec);
    assert.deepEqual(
      pod.initContainers?.map(({ name }) => name),
      ["seid-init", "sei-sidecar", "kube-rbac-proxy"],
    );
    assert.deepEqual(
      pod.containers.map(({ name }) => name),
      ["seid", "cosmos-exporter"],
    );
  });
}

test("the pod's own fields are the documented ones and no others", () => {
  const { volumes, initContainers, containers, ...pod } = podOf();
  assert.deepEqual(pod, {
    automountServiceAccountToken: true,
    serviceAccountName: "seid-node",
    shareProcessNamespace: true,
    securityContext: { fsGroup: 65532, fsGroupChangePolicy: "OnRootMismatch" },
    tolerations: [{ key: "sei.io/workload", value: "sei-node", effect: "NoSchedule" }],
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [
            { matchExpressions: [{ key: "karpenter.sh/nodepool", operator: "In", values: ["sei-node"] }] },
          ],
        },
      },
    },
  });
});

test("an archive is scheduled on its own pool, in affinity and toleration, with its own requests", () => {
  const pod = podOf({ archive: {} });
  assert.equal(pod.tolerations?.[0]?.value, "sei-archive");
  assert.match(JSON.stringify(pod.affinity), /"values":\["sei-archive"\]/);
  assert.deepEqual(container("seid", { archive: {} }).resources, {
    requests: { cpu: "48", memory: "448Gi" },
  });
});

test("D28: without a node pool there is neither affinity nor toleration", () => {
  const standard = { ...testSettings.standard, nodepool: undefined };
  const pod = podOf({}, { ...testSettings, standard });
  assert.equal("affinity" in pod || "tolerations" in pod, false);
});

test("D28: without a toleration key the pool is still required, and without an account none is named", () => {
  const pod = podOf({}, { ...testSettings, tolerationKey: undefined, serviceAccount: undefined });
  assert.equal("tolerations" in pod || "serviceAccountName" in pod, false);
  assert.ok(pod.affinity);
});

const commonVolumes = [
  { name: "data", persistentVolumeClaim: { claimName: "data-node-0" } },
  { name: "sidecar-tmp", emptyDir: {} },
  { name: "rbac-proxy-config", configMap: { name: "node-0-rbac-proxy-config" } },
];

test("a node without keys has the three common volumes, whatever its mode", () => {
  for (const spec of [{}, { archive: {} }, { validator: {} }, { validator: { operatorKeyring: {} } }]) {
    assert.deepEqual(podOf(spec).volumes, commonVolumes);
  }
});

test("a validator's own keys are single read-only files, the keyring a whole Secret", () => {
  const key = (secretName: string, file: string) => ({
    secretName,
    defaultMode: 0o400,
    items: [{ key: file, path: file }],
  });
  assert.deepEqual(podOf(keyed).volumes, [
    ...commonVolumes,
    { name: "signing-key", secret: key("the-signing-key", "priv_validator_key.json") },
    { name: "node-key", secret: key("the-node-key", "node_key.json") },
    { name: "operator-keyring", secret: { secretName: "the-keyring", defaultMode: 0o400 } },
  ]);
});

test("an imported claim is mounted in place of the node's own, an empty dataVolume is not one", () => {
  const claimOf = (spec: Spec) => podOf(spec).volumes?.[0]?.persistentVolumeClaim?.claimName;
  assert.equal(claimOf({ dataVolume: { import: { pvcName: "old-data" } } }), "old-data");
  assert.equal(claimOf({ dataVolume: {} }), "data-node-0");
});

test("seid-init runs the node's image on the data volume", () => {
  assert.deepEqual(withoutScript(container("seid-init")), {
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
    assert.deepEqual(container("sei-sidecar", spec), {
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
  const sidecar = container("sei-sidecar", spec);
  assert.equal(sidecar.image, "mine:1");
  assert.deepEqual(sidecar.resources, resources);
  assert.deepEqual(sidecar.ports, [port("sidecar", 9999)]);
  assert.deepEqual(sidecar.env, sidecarEnv("9999"));
  assert.ok(container("kube-rbac-proxy", spec).args?.includes("--upstream=http://127.0.0.1:9999/"));
  assert.match(container("seid", spec).command?.[2] ?? "", /\/dev\/tcp\/localhost\/9999/);
  assert.equal(container("seid", spec).startupProbe?.httpGet?.port, 8443);
});

test("empty members of the sidecar's resources are not rendered", () => {
  for (const resources of [{}, { limits: {} }, { limits: {}, requests: {}, claims: [] }]) {
    assert.equal("resources" in container("sei-sidecar", { sidecar: { resources } }), false);
  }
  const partial = { sidecar: { resources: { limits: {}, requests: { cpu: "1" } } } };
  assert.deepEqual(container("sei-sidecar", partial).resources, { requests: { cpu: "1" } });
});

test("a validator without a keyring Secret signs with the test backend", () => {
  for (const validator of [{}, { operatorKeyring: {} }]) {
    const { env, volumeMounts } = container("sei-sidecar", { validator });
    assert.deepEqual(env?.slice(8), [
      { name: "SEI_KEYRING_BACKEND", value: "test" },
      { name: "SEI_KEYRING_DIR", value: "/.sei" },
    ]);
    assert.deepEqual(volumeMounts, [data, tmp]);
  }
});

test("a validator with a keyring Secret gets it in the sidecar only, unlocked by the passphrase Secret", () => {
  const { env, volumeMounts } = container("sei-sidecar", keyed);
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
  assert.deepEqual(container("kube-rbac-proxy"), {
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
  assert.deepEqual(withoutScript(container("seid")), {
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
  assert.deepEqual(container("seid", keyed).volumeMounts, [
    data,
    key("signing-key", "priv_validator_key.json"),
    key("node-key", "node_key.json"),
  ]);
});

test("cosmos-exporter is always there, small, and left alone for ten minutes", () => {
  for (const [, spec] of oneOfEachMode) {
    assert.deepEqual(withoutScript(container("cosmos-exporter", spec)), {
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

const broken: readonly (readonly [
  situation: string,
  spec: Spec,
  settings: Partial<Settings>,
  message: RegExp,
])[] = [
  ["the proxy image is empty", {}, { kubeRbacProxyImage: "" }, /SEI_KUBE_RBAC_PROXY_IMAGE/],
  ["the exporter image is empty", {}, { cosmosExporterImage: "" }, /SEI_COSMOS_EXPORTER_IMAGE is required/],
  ["no sidecar image is known", {}, { sidecarImage: "" }, /SEI_SIDECAR_IMAGE is required/],
  ["the node's image is empty", { image: "" }, {}, /spec\.image is required/],
  ["the sidecar port is out of range", { sidecar: { port: 70000 } }, {}, /spec\.sidecar\.port is 70000/],
  ["the sidecar port is negative", { sidecar: { port: -1 } }, {}, /spec\.sidecar\.port is -1/],
  ["the sidecar port is the proxy's", { sidecar: { port: 8443 } }, {}, /the pod's api port/],
  ["the sidecar port is one of seid's", { sidecar: { port: 26657 } }, {}, /the pod's rpc port/],
  ["the chain id is no label value", { chainId: "c".repeat(64) }, {}, /spec\.chainId is 64 characters/],
  [
    "the keyring has no passphrase key",
    {
      validator: {
        operatorKeyring: { secret: { secretName: "k", passphraseSecretRef: { secretName: "p", key: "" } } },
      },
    },
    {},
    /passphraseSecretRef needs secretName and key/,
  ],
];

for (const [situation, spec, settings, message] of broken) {
  test(`refuses to render when ${situation}, naming it`, () => {
    assert.throws(() => podOf(spec, { ...testSettings, ...settings }), { name: "RenderError", message });
  });
}

test("the node's own sidecar image needs no platform default", () => {
  const settings = { ...testSettings, sidecarImage: "" };
  assert.equal(container("sei-sidecar", { sidecar: { image: "mine:1" } }, settings).image, "mine:1");
});

test("refuses a node without mode, and an object without spec, with a ModeError", () => {
  const { fullNode: _, ...modeless } = testNode().spec;
  const { spec: __, ...bare } = testNode();
  const node = testNode();
  for (const broken of [{ ...node, spec: modeless }, bare as SeiNode]) {
    assert.throws(() => renderStatefulSet(broken, testSettings), {
      name: "ModeError",
      message: /exactly one of/,
    });
  }
});

test("refuses a name with which the StatefulSet controller could never label a pod", () => {
  const named = (length: number) => testNode({}, { name: "n".repeat(length) });
  assert.ok(renderStatefulSet(named(52), testSettings));
  assert.throws(() => renderStatefulSet(named(53), testSettings), {
    name: "RenderError",
    message: /metadata\.name is 53/,
  });
});

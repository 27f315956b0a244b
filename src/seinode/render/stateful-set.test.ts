import assert from "node:assert/strict";
import { test } from "node:test";
import type { SeiNode } from "#api";
import type { Settings } from "../../settings.ts";
import { byoKeys, containerOf, oneOfEachMode, podOf, testNode, testSettings } from "./fixtures.ts";
import { renderStatefulSet } from "./index.ts";

type Spec = Partial<SeiNode["spec"]>;

const keyed = { validator: byoKeys };
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
  assert.deepEqual(containerOf("seid", { archive: {} }).resources, {
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
  assert.equal(containerOf("sei-sidecar", { sidecar: { image: "mine:1" } }, settings).image, "mine:1");
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

test("refuses a pod in which another container would reach the keyring, here by sharing its Secret", () => {
  const signingKey = { secret: { secretName: "the-keyring" } };
  assert.throws(() => podOf({ validator: { ...byoKeys, signingKey } }), {
    name: "RenderError",
    message: /container seid would reach the operator keyring by volume signing-key/,
  });
});

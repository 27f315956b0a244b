/** The smaller children, and the labels and names that all of them share. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parse } from "yaml";
import { byoKeys, oneOfEachMode, testNode, testSettings } from "./fixtures.ts";
import {
  claimName,
  operatorKeyring,
  renderDataVolumeClaim,
  renderHeadlessService,
  renderRbacProxyConfig,
  resourceLabels,
  roleOf,
  selectorLabels,
} from "./index.ts";

const metadata = (name: string, role = "node") => ({
  name,
  namespace: "sei",
  labels: { "sei.io/chain": "pacific-1", "sei.io/node": "node-0", "sei.io/role": role },
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
});

test("the headless Service publishes eight ports, of pods that are not ready too", () => {
  const port = (name: string, number: number) => ({
    name,
    port: number,
    targetPort: number,
    protocol: "TCP",
  });
  assert.deepEqual(renderHeadlessService(testNode()), {
    apiVersion: "v1",
    kind: "Service",
    metadata: metadata("node-0"),
    spec: {
      clusterIP: "None",
      selector: { "sei.io/node": "node-0" },
      publishNotReadyAddresses: true,
      ports: [
        port("evm-rpc", 8545),
        port("evm-ws", 8546),
        { ...port("grpc", 9090), appProtocol: "kubernetes.io/h2c" },
        port("rest", 1317),
        port("p2p", 26656),
        port("rpc", 26657),
        port("metrics", 26660),
        port("api", 8443),
      ],
    },
  });
});

for (const [mode, storageClassName, storage] of [
  ["fullNode", "gp3-10k-750", "2000Gi"],
  ["validator", "gp3-10k-750", "2000Gi"],
  ["archive", "gp3-archive", "40Ti"],
] as const) {
  test(`the data claim of a ${mode} is ${storage} of ${storageClassName}`, () => {
    assert.deepEqual(renderDataVolumeClaim(testNode({ [mode]: {} }), testSettings), {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: metadata("data-node-0", mode === "fullNode" ? "node" : mode),
      spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage } }, storageClassName },
    });
  });
}

test("a replayer has the storage of a full node", () => {
  const replayer = { snapshot: { s3: { targetHeight: 1 } } };
  assert.deepEqual(
    renderDataVolumeClaim(testNode({ replayer }), testSettings).spec,
    renderDataVolumeClaim(testNode(), testSettings).spec,
  );
});

test("D28: without a storage class the claim names none, and so gets the cluster's default", () => {
  const settings = { ...testSettings, standard: { ...testSettings.standard, storageClass: undefined } };
  assert.equal("storageClassName" in renderDataVolumeClaim(testNode(), settings).spec, false);
});

test("the proxy's config is the documented text", () => {
  const text =
    "authorization:\n  resourceAttributes:\n    apiGroup: sei.io\n    resource: seinodetasks\n    namespace: sei\n    name: node-0\n";
  assert.deepEqual(renderRbacProxyConfig(testNode()), {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: metadata("node-0-rbac-proxy-config"),
    data: { "config.yaml": text },
  });
});

test("the proxy reads back any name as text, also 123, 1e3, on, null", () => {
  const name = fc.oneof(
    fc.constantFrom("123", "1e3", "0x1f", "1.5", "on", "no", "y", "true", "null", "12-3", "e0", "e-1"),
    fc.stringMatching(/^[a-z0-9]([-a-z0-9.]{0,10}[a-z0-9])?$/),
  );
  fc.assert(
    fc.property(name, name, (nodeName, namespace) => {
      const { data } = renderRbacProxyConfig(testNode({}, { name: nodeName, namespace }));
      // YAML 1.1 is what Go's parser follows.
      assert.deepEqual(parse(data["config.yaml"] ?? "", { version: "1.1" }), {
        authorization: {
          resourceAttributes: { apiGroup: "sei.io", resource: "seinodetasks", namespace, name: nodeName },
        },
      });
    }),
  );
});

test("podLabels are merged into the labels, and system labels win over them", () => {
  const node = testNode({ podLabels: { team: "rpc", "sei.io/node": "stolen", "sei.io/role": "validator" } });
  assert.deepEqual(resourceLabels(node), {
    "sei.io/chain": "pacific-1",
    "sei.io/node": "node-0",
    "sei.io/role": "node",
    team: "rpc",
  });
  assert.deepEqual(selectorLabels(node), { "sei.io/node": "node-0" });
});

test("an empty chain id gives no chain label", () => {
  assert.equal("sei.io/chain" in resourceLabels(testNode({ chainId: "" })), false);
});

test("each mode has its role", () => {
  assert.deepEqual(
    oneOfEachMode.map(([, spec]) => roleOf(testNode(spec))),
    ["node", "archive", "replayer", "validator", "validator"],
  );
});

test("refuses a node without a namespace", () => {
  const { namespace: _, ...rest } = testNode().metadata;
  assert.throws(() => renderHeadlessService({ ...testNode(), metadata: rest }), {
    name: "RenderError",
    message: /namespace/,
  });
});

test("the claim is the imported one, else the node's own", () => {
  assert.equal(claimName(testNode({ dataVolume: { import: { pvcName: "old" } } })), "old");
  for (const spec of [{}, { dataVolume: {} }, { dataVolume: { import: { pvcName: "" } } }]) {
    assert.equal(claimName(testNode(spec)), "data-node-0");
  }
});

test("a keyring names its Secrets, with node_admin where the key name is absent", () => {
  const { keyName: _, ...secret } = byoKeys.operatorKeyring?.secret ?? assert.fail();
  assert.deepEqual(operatorKeyring(testNode({ validator: { operatorKeyring: { secret } } })), {
    secretName: "the-keyring",
    keyName: "node_admin",
    passphraseSecretName: "the-passphrase",
    passphraseSecretKey: "passphrase",
  });
  for (const validator of [{}, { operatorKeyring: {} }]) {
    assert.equal(operatorKeyring(testNode({ validator })), undefined);
  }
});

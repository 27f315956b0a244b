import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { IContainer } from "kubernetes-models/v1";
import type { SeiNode } from "#api";
import { assertNoKeys } from "./bootstrap-guard.ts";
import { RenderError } from "./errors.ts";
import { byoKeys, testNode, testSettings } from "./fixtures.ts";
import { renderBootstrapJob, renderBootstrapService } from "./index.ts";

const snapshot = { s3: { targetHeight: 198_740_000 }, bootstrapImage: "sei:v6.2.0" };
const fullNode = { fullNode: { snapshot } };
const validator = { validator: { ...byoKeys, snapshot } };
const labels = { "sei.io/node": "node-0", "sei.io/component": "bootstrap" };

function podOf(spec: Partial<SeiNode["spec"]> = fullNode) {
  const pod = renderBootstrapJob(testNode(spec), testSettings).spec.template.spec;
  assert.ok(pod);
  return pod;
}

function containersOf(spec: Partial<SeiNode["spec"]> = fullNode): IContainer[] {
  const pod = podOf(spec);
  return [...(pod.initContainers ?? []), ...pod.containers];
}

function containerOf(name: string, spec: Partial<SeiNode["spec"]> = fullNode): IContainer {
  const found = containersOf(spec).find((container) => container.name === name);
  assert.ok(found, `no container ${name}`);
  return found;
}

describe("the bootstrap Service", () => {
  test("has the node's name and selects the bootstrap pod alone, whether it is ready or not", () => {
    const service = renderBootstrapService(testNode({ podLabels: { team: "a" } }));
    assert.equal(service.metadata.name, "node-0");
    assert.deepEqual(service.metadata.labels, labels);
    assert.equal(service.metadata.ownerReferences?.[0]?.uid, "uid-node-0");
    assert.deepEqual(service.spec, {
      clusterIP: "None",
      selector: labels,
      publishNotReadyAddresses: true,
      ports: [{ name: "api", port: 8443, targetPort: 8443, protocol: "TCP" }],
    });
  });
});

describe("the bootstrap Job", () => {
  test("runs once, is kept an hour, belongs to the node and carries only the two labels", () => {
    const job = renderBootstrapJob(
      testNode({ ...fullNode, podLabels: { team: "a" } }),
      testSettings,
      "plan-1",
    );
    assert.equal(job.metadata.name, "node-0-bootstrap");
    assert.deepEqual(job.metadata.labels, labels);
    assert.deepEqual(job.metadata.annotations, { "sei.io/plan": "plan-1" });
    assert.equal(job.metadata.ownerReferences?.[0]?.controller, true);
    assert.equal(job.spec.backoffLimit, 0);
    assert.equal(job.spec.ttlSecondsAfterFinished, 3600);
    assert.deepEqual(job.spec.template.metadata, {
      labels,
      annotations: { "karpenter.sh/do-not-disrupt": "true" },
    });
  });

  test("has a pod under the host name of the node's own pod, on the node's volume", () => {
    const pod = podOf();
    assert.equal(pod.hostname, "node-0-0");
    assert.equal(pod.subdomain, "node-0");
    assert.equal(pod.restartPolicy, "Never");
    assert.equal(pod.terminationGracePeriodSeconds, 120);
    assert.equal(pod.shareProcessNamespace, true);
    assert.equal(pod.serviceAccountName, "seid-node");
    assert.equal(pod.tolerations?.[0]?.value, "sei-node");
    assert.deepEqual(pod.volumes, [
      { name: "data", persistentVolumeClaim: { claimName: "data-node-0" } },
      { name: "rbac-proxy-config", configMap: { name: "node-0-rbac-proxy-config" } },
    ]);
  });

  test("Q-12: mounts the imported claim when the node imports one", () => {
    const pod = podOf({ ...fullNode, dataVolume: { import: { pvcName: "mine" } } });
    assert.equal(pod.volumes?.[0]?.persistentVolumeClaim?.claimName, "mine");
  });

  test("runs the older image in seid and seid-init, the platform's in the others, and no security contexts", () => {
    const images = Object.fromEntries(containersOf().map(({ name, image }) => [name, image]));
    assert.deepEqual(images, {
      "seid-init": "sei:v6.2.0",
      "sei-sidecar": testSettings.sidecarImage,
      "kube-rbac-proxy": testSettings.kubeRbacProxyImage,
      seid: "sei:v6.2.0",
    });
    assert.equal(podOf().securityContext, undefined);
    for (const container of containersOf())
      assert.equal(container.securityContext, undefined, container.name);
  });

  test("runs spec.image when a bootstrap image is not named", () => {
    assert.equal(
      containerOf("seid", { fullNode: { snapshot: { s3: { targetHeight: 5 } } } }).image,
      testNode().spec.image,
    );
  });

  test("has a sidecar that mounts the data alone, opens no port and has the node's resources", () => {
    const limits = { memory: "2Gi" };
    const sidecar = containerOf("sei-sidecar", { ...fullNode, sidecar: { resources: { limits } } });
    assert.deepEqual(sidecar.resources, { limits });
    assert.deepEqual(sidecar.volumeMounts, [{ name: "data", mountPath: "/.sei" }]);
    assert.equal(sidecar.ports, undefined);
    assert.equal(sidecar.restartPolicy, "Always");
    assert.deepEqual(sidecar.command, ["seictl", "serve"]);
  });

  test("has a proxy that asks about every path and is not probed", () => {
    const proxy = containerOf("kube-rbac-proxy");
    assert.equal(
      proxy.args?.find((arg) => arg.startsWith("--ignore-paths")),
      undefined,
    );
    assert.equal(proxy.args?.length, 5);
    assert.deepEqual(
      [proxy.startupProbe, proxy.livenessProbe, proxy.readinessProbe],
      [undefined, undefined, undefined],
    );
  });

  test("stops seid at the target height", () => {
    assert.match(containerOf("seid").command?.[2] ?? "", /"--halt-height" "198740000"/);
    assert.deepEqual(containerOf("seid").resources, { requests: { cpu: "4", memory: "32Gi" } });
  });

  for (const [what, spec] of [
    ["no snapshot", { fullNode: {} }],
    ["a state-sync snapshot", { fullNode: { snapshot: { stateSync: {}, bootstrapImage: "x" } } }],
  ] as const) {
    test(`is not rendered for ${what}`, () => {
      assert.throws(() => podOf(spec), RenderError);
    });
  }
});

describe("no key of a validator reaches the bootstrap pod", () => {
  test("not by rendering: neither volume nor env names one, and the sidecar has no keyring", () => {
    const text = JSON.stringify(podOf(validator));
    for (const secret of ["the-signing-key", "the-node-key", "the-keyring", "the-passphrase"]) {
      assert.ok(!text.includes(secret), secret);
    }
    assert.ok(!text.includes("SEI_KEYRING"));
  });

  const seid = (more: Partial<IContainer>): IContainer => ({ name: "seid", ...more });
  const leaks: readonly [string, Parameters<typeof assertNoKeys>[0], RegExp][] = [
    [
      "a volume with the signing key",
      { containers: [], volumes: [{ name: "v", secret: { secretName: "the-signing-key" } }] },
      /volume v .* signing-key/,
    ],
    [
      "a projected volume with the keyring",
      {
        containers: [],
        volumes: [{ name: "v", projected: { sources: [{ secret: { name: "the-keyring" } }] } }],
      },
      /volume v .* operator-keyring Secret/,
    ],
    [
      "a volume with the node key",
      { containers: [], volumes: [{ name: "v", secret: { secretName: "the-node-key" } }] },
      /node-key/,
    ],
    [
      "an env with the passphrase",
      {
        containers: [
          seid({
            env: [{ name: "P", valueFrom: { secretKeyRef: { name: "the-passphrase", key: "passphrase" } } }],
          }),
        ],
      },
      /container seid .* operator-keyring-passphrase Secret by env P/,
    ],
    [
      "an envFrom of an init container with the signing key",
      {
        containers: [],
        initContainers: [{ name: "init", envFrom: [{ secretRef: { name: "the-signing-key" } }] }],
      },
      /container init .* signing-key Secret by envFrom/,
    ],
  ];
  for (const [what, pod, message] of leaks) {
    test(`the guard refuses ${what}`, () => {
      assert.throws(() => assertNoKeys(pod, testNode(validator)), message);
    });
    test(`the guard lets a node pass that is no validator: ${what}`, () => {
      assertNoKeys(pod, testNode(fullNode));
    });
  }

  test("the guard leaves a node key in an env alone", () => {
    const pod = { containers: [seid({ envFrom: [{ secretRef: { name: "the-node-key" } }] })] };
    assertNoKeys(pod, testNode(validator));
  });
});

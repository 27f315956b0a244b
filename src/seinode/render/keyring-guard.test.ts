import assert from "node:assert/strict";
import { test } from "node:test";
import type { IContainer, IPodSpec } from "kubernetes-models/v1";
import { byoKeys, testNode, testSettings } from "./fixtures.ts";
import { operatorKeyring, renderStatefulSet } from "./index.ts";
import { assertKeyringContained } from "./keyring-guard.ts";

const node = testNode({ validator: byoKeys });
const keyring = operatorKeyring(node);

function rendered(): IPodSpec {
  const pod = renderStatefulSet(node, testSettings).spec.template.spec;
  assert.ok(pod);
  return pod;
}

/** The rendered pod, with one container changed. */
function leaking(name: string, change: (container: IContainer) => IContainer): IPodSpec {
  const pod = rendered();
  const changed = (containers: IContainer[]) =>
    containers.map((container) => (container.name === name ? change(container) : container));
  return { ...pod, initContainers: changed(pod.initContainers ?? []), containers: changed(pod.containers) };
}

const leaks: readonly (readonly [
  way: string,
  change: (container: IContainer) => IContainer,
  message: RegExp,
])[] = [
  [
    "the keyring volume",
    (container) => ({
      ...container,
      volumeMounts: [...(container.volumeMounts ?? []), { name: "operator-keyring", mountPath: "/k" }],
    }),
    /volume operator-keyring/,
  ],
  [
    "a variable from the passphrase Secret",
    (container) => ({
      ...container,
      env: [
        ...(container.env ?? []),
        { name: "P", valueFrom: { secretKeyRef: { name: "the-passphrase", key: "x" } } },
      ],
    }),
    /env P/,
  ],
  [
    "the whole passphrase Secret as environment",
    (container) => ({ ...container, envFrom: [{ secretRef: { name: "the-passphrase" } }] }),
    /envFrom/,
  ],
  [
    "a variable from the keyring Secret",
    (container) => ({
      ...container,
      env: [{ name: "K", valueFrom: { secretKeyRef: { name: "the-keyring", key: "x" } } }],
    }),
    /env K/,
  ],
];

for (const name of ["seid-init", "kube-rbac-proxy", "seid", "cosmos-exporter"]) {
  for (const [way, change, message] of leaks) {
    test(`refuses ${way} in ${name}, naming the container`, () => {
      assert.throws(
        () => assertKeyringContained(leaking(name, change), keyring),
        (error: Error) =>
          error.name === "RenderError" &&
          error.message.includes(`container ${name} `) &&
          message.test(error.message),
      );
    });
  }
}

for (const [way, volume] of [
  ["under another volume name", { name: "other", secret: { secretName: "the-keyring" } }],
  [
    "in a projected volume",
    { name: "other", projected: { sources: [{ secret: { name: "the-passphrase" } }] } },
  ],
] as const) {
  test(`refuses the Secret ${way}`, () => {
    const mounted = leaking("seid", (container) => ({
      ...container,
      volumeMounts: [{ name: "other", mountPath: "/k" }],
    }));
    const pod = { ...mounted, volumes: [...(mounted.volumes ?? []), volume] };
    assert.throws(() => assertKeyringContained(pod, keyring), /container seid would reach .* volume other/);
  });
}

test("goes by the name of the volume too, wherever it gets the keyring from", () => {
  const pod = leaking("seid", (container) => ({
    ...container,
    volumeMounts: [{ name: "operator-keyring", mountPath: "/k" }],
  }));
  const volumes = [{ name: "operator-keyring", csi: { driver: "secrets-store.csi.k8s.io" } }];
  assert.throws(() => assertKeyringContained({ ...pod, volumes }, keyring), /container seid /);
});

test("lets the sidecar have all of it", () => {
  for (const [, change] of leaks) assertKeyringContained(leaking("sei-sidecar", change), keyring);
});

test("is off without a keyring Secret", () => {
  for (const [, change] of leaks) assertKeyringContained(leaking("seid", change), undefined);
});

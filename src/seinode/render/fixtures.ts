/** What the tests of this room and its neighbours render from. Not for production code. */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { IContainer, IPodSpec } from "kubernetes-models/v1";
import type { SeiNode } from "#api";
import type { ModeSettings, Settings } from "../../settings.ts";
import { renderStatefulSet } from "./index.ts";

type Spec = SeiNode["spec"];

const standard: ModeSettings = {
  nodepool: "sei-node",
  storageClass: "gp3-10k-750",
  storageSize: "2000Gi",
  cpu: "4",
  memory: "32Gi",
};

export const testSettings: Settings = {
  archive: {
    nodepool: "sei-archive",
    storageClass: "gp3-archive",
    storageSize: "40Ti",
    cpu: "48",
    memory: "448Gi",
  },
  standard,
  tolerationKey: "sei.io/workload",
  serviceAccount: "seid-node",
  snapshotBucket: { name: "test-sei-snapshots", region: "us-east-2" },
  genesisBucket: { name: "test-sei-genesis", region: "us-east-1" },
  sidecarImage: "ghcr.io/sei-protocol/seictl:v0.0.56",
  kubeRbacProxyImage: "quay.io/brancz/kube-rbac-proxy:v0.19.1",
  cosmosExporterImage: "ghcr.io/sei-protocol/sei-cosmos-exporter:v1",
  gateway: {
    name: "sei-gateway",
    namespace: "istio-system",
    domain: "test.platform.sei.io",
    publicDomain: undefined,
  },
  p2pEndpointDomain: undefined,
  nlbTargetType: "ip",
};

/** A node named `node-0` in namespace `sei`; a full node unless `spec` names another mode. */
export function testNode(spec: Partial<Spec> = {}, metadata: Partial<SeiNode["metadata"]> = {}): SeiNode {
  const named = (["fullNode", "archive", "replayer", "validator"] as const).some((mode) => mode in spec);
  return {
    apiVersion: "sei.io/v1alpha1",
    kind: "SeiNode",
    metadata: { name: "node-0", namespace: "sei", uid: "uid-node-0", resourceVersion: "1", ...metadata },
    spec: {
      chainId: "pacific-1",
      image: "ghcr.io/sei-protocol/sei:v6.3.0",
      ...(!named && { fullNode: {} }),
      ...spec,
    },
  };
}

export const byoKeys: NonNullable<Spec["validator"]> = {
  signingKey: { secret: { secretName: "the-signing-key" } },
  nodeKey: { secret: { secretName: "the-node-key" } },
  operatorKeyring: {
    secret: {
      secretName: "the-keyring",
      keyName: "node_admin",
      passphraseSecretRef: { secretName: "the-passphrase", key: "passphrase" },
    },
  },
};

/** One spec for each mode, and a validator with all its keys. */
export const oneOfEachMode: readonly (readonly [string, Partial<Spec>])[] = [
  ["fullNode", { fullNode: {} }],
  ["archive", { archive: {} }],
  [
    "replayer",
    { replayer: { snapshot: { s3: { targetHeight: 100 } } }, peers: [{ static: { addresses: ["a@b:1"] } }] },
  ],
  ["validator without keys", { validator: {} }],
  ["validator with its own keys", { validator: byoKeys }],
];

/** The pod spec of the rendered StatefulSet. */
export function podOf(spec: Partial<Spec> = {}, settings: Settings = testSettings): IPodSpec {
  const pod = renderStatefulSet(testNode(spec), settings).spec.template.spec;
  assert.ok(pod);
  return pod;
}

/** One container of the pod, init or not. */
export function containerOf(
  name: string,
  spec: Partial<Spec> = {},
  settings: Settings = testSettings,
): IContainer {
  const pod = podOf(spec, settings);
  const found = [...(pod.initContainers ?? []), ...pod.containers].find(
    (candidate) => candidate.name === name,
  );
  assert.ok(found, `no container ${name}`);
  return found;
}

const word = fc.stringMatching(/^[a-z][a-z0-9-]{0,10}[a-z0-9]$/);
const texts = fc.dictionary(fc.stringMatching(/^[a-z]{1,8}(\.[a-z_]{1,8})?$/), word, { maxKeys: 4 });
const quantities = fc.dictionary(fc.constantFrom("cpu", "memory"), fc.constantFrom("1", "500m", "2Gi", 3));
const systemLabels = fc.dictionary(fc.constantFrom("sei.io/node", "sei.io/chain", "sei.io/role"), word);
const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });

function compact<T extends object>(value: T): { [Key in keyof T]: Exclude<T[Key], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as {
    [Key in keyof T]: Exclude<T[Key], undefined>;
  };
}

const validator: fc.Arbitrary<NonNullable<Spec["validator"]>> = fc
  .record({ keys: fc.boolean(), keyring: fc.boolean(), ceremony: fc.boolean() })
  .map(({ keys, keyring, ceremony }) => ({
    ...(keys && { signingKey: byoKeys.signingKey, nodeKey: byoKeys.nodeKey }),
    ...(keyring && { operatorKeyring: byoKeys.operatorKeyring }),
    ...(ceremony &&
      !keys && {
        genesisCeremony: { chainId: "new-1", stakingAmount: "1usei", accountBalance: "2usei", index: 0 },
      }),
  })) as fc.Arbitrary<NonNullable<Spec["validator"]>>;

const mode: fc.Arbitrary<Partial<Spec>> = fc.oneof(
  fc.constantFrom<Partial<Spec>>(
    { fullNode: {} },
    {
      fullNode: {
        snapshot: { stateSync: {} },
        snapshotGeneration: { tendermint: { keepRecent: 5, publish: {} } },
      },
    },
    { archive: {} },
    { archive: { snapshotGeneration: { tendermint: { keepRecent: 1 } } } },
    { replayer: { snapshot: { s3: { targetHeight: 100 } } } },
  ),
  validator.map((value) => ({ validator: value })),
);

/** Specs that pass `validateSpec`, with the members an API object may carry empty. */
export const validSpec: fc.Arbitrary<Spec> = fc
  .record({
    chainId: word,
    image: word,
    peers: fc.constant([{ static: { addresses: ["a@b:1"] } }]),
    overrides: optional(texts),
    sidecar: optional(
      fc
        .record({
          image: optional(word),
          port: optional(fc.integer({ min: 30_000, max: 65_535 })),
          resources: optional(
            fc.record({ limits: optional(quantities), requests: optional(quantities) }).map(compact),
          ),
        })
        .map(compact),
    ),
    podLabels: optional(fc.tuple(texts, systemLabels).map(([mine, stolen]) => ({ ...mine, ...stolen }))),
    dataVolume: optional(fc.constantFrom({}, { import: { pvcName: "imported" } })),
    externalAddress: optional(word),
    paused: optional(fc.boolean()),
    mode,
  })
  .map(({ mode, ...rest }) => ({ ...compact(rest), ...mode }) as Spec);

const orNone = (value: string) => fc.constantFrom(value, undefined);

/** Settings with every one that may be `none` present and absent (design D28). */
export const anySettings: fc.Arbitrary<Settings> = fc
  .record({
    nodepool: orNone("pool"),
    storageClass: orNone("class"),
    tolerationKey: orNone("taint"),
    serviceAccount: orNone("account"),
  })
  .map(({ nodepool, storageClass, tolerationKey, serviceAccount }) => ({
    ...testSettings,
    archive: { ...testSettings.archive, nodepool, storageClass },
    standard: { ...standard, nodepool, storageClass },
    tolerationKey,
    serviceAccount,
  }));

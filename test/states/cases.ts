/**
 * Values for every property of a SeiNode's spec, and what editing it on a live node comes to. `coverage.test.ts` names each
 * property of the schema that has none: add an entry for it here.
 */
import type { SeiNodeSpec } from "#api";
import { ABSENT } from "../../api/v1alpha1/admission/field-case.ts";

type Spec = Partial<SeiNodeSpec> & Readonly<Record<string, unknown>>;

/** What the node says about a value that is no good; `retried`: it Failed, and its correction comes with `sei.io/retry`. */
export interface BadValue {
  readonly value: unknown;
  /** In condition Ready; `refused`: in the API server's answer. */
  readonly tells: RegExp;
  readonly refused?: true;
  readonly retried?: true;
  /** On a live node it is not looked at before the next initialisation. */
  readonly bornOnly?: true;
}

export interface StateCase {
  /** With an index for each list: `spec.peers[0].static.addresses`. Also the name of the point. */
  readonly path: string;
  /** Other properties of the schema that the values of this case go through. */
  readonly covers?: readonly string[];
  /** Everything else, for a node of this name. */
  readonly base: (name: string) => Spec;
  readonly from: unknown;
  readonly to: unknown;
  /**
   * What comes of `to` on a node that had `from`. `like new`: the same as of a node created with it. `refused`: the API server
   * does not let it in. `held`: Ready is False and says this, until it is taken back.
   */
  readonly edit: "like new" | { readonly refused: RegExp } | { readonly held: RegExp };
  readonly bad?: readonly BadValue[];
}

const ID = "0123456789".repeat(4);
const s3 = (targetHeight: number) => ({ s3: { targetHeight } });
const staticPeers = [{ static: { addresses: [`${ID}@peer.example.org:26656`] } }];

const full =
  (fullNode: object = {}, more: object = {}) =>
  (): Spec => ({ fullNode, ...more });
const replayer =
  (snapshot: object = s3(1000)) =>
  (): Spec => ({
    peers: staticPeers,
    replayer: { snapshot: snapshot as never },
  });
const keys = (name: string) => ({
  signingKey: { secret: { secretName: `${name}-signing` } },
  nodeKey: { secret: { secretName: `${name}-node` } },
});
const keyed = (name: string): Spec => ({
  validator: {
    ...keys(name),
    operatorKeyring: {
      secret: {
        secretName: `${name}-keyring`,
        keyName: "node_admin",
        passphraseSecretRef: { secretName: `${name}-passphrase`, key: "word" },
      },
    },
  },
});
export const CEREMONY_CHAIN = "ceremony-1";
const ceremony = (): Spec => ({
  chainId: CEREMONY_CHAIN,
  validator: {
    genesisCeremony: { chainId: CEREMONY_CHAIN, stakingAmount: "1usei", accountBalance: "2usei", index: 0 },
  },
});

/** Each mode that can start from a snapshot has the same source. */
const snapshotCases = (mode: string, base: (snapshot: object) => (name: string) => Spec): StateCase[] => {
  const at = `spec.${mode}.snapshot`;
  const like = { edit: "like new" } as const;
  return [
    { path: `${at}.s3.targetHeight`, base: base(s3(1000)), from: 1000, to: 2000, ...like },
    { path: `${at}.trustPeriod`, base: base(s3(1000)), from: ABSENT, to: "168h0m0s", ...like },
    { path: `${at}.backfillBlocks`, base: base(s3(1000)), from: 10, to: 20, ...like },
    {
      path: `${at}.bootstrapImage`,
      base: base(s3(1000)),
      from: ABSENT,
      to: "sei:bootstrap",
      // The bootstrap is over before a node is live: it leaves nothing in what is rendered.
      ...like,
    },
  ];
};

const generationCases = (mode: string): StateCase[] => {
  const at = `spec.${mode}.snapshotGeneration.tendermint`;
  const base = () => ({ [mode]: { snapshotGeneration: { tendermint: { keepRecent: 2 } } } });
  return [
    {
      path: `${at}.keepRecent`,
      base: () => ({ [mode]: { snapshotGeneration: { tendermint: { keepRecent: 2, publish: {} } } } }),
      from: 2,
      to: 3,
      edit: "like new",
      bad: [
        { value: 1, tells: /keepRecent must be >= 2 when publish is set/ },
        { value: 0, refused: true, tells: /keepRecent/ },
      ],
    },
    { path: `${at}.publish`, base, from: ABSENT, to: {}, edit: "like new" },
  ];
};

const immutable = (path: string, what: string): StateCase => ({
  path,
  base: keyed,
  from: undefined,
  to: "another-secret",
  edit: { refused: new RegExp(`${what} is immutable`) },
});
const VALIDATOR = "spec.validator";
const KEYRING = `${VALIDATOR}.operatorKeyring.secret`;

export const cases: readonly StateCase[] = [
  {
    path: "spec.chainId",
    base: full(),
    from: "pacific-1",
    to: "atlantic-2",
    edit: { held: /spec\.chainId was changed from pacific-1 to atlantic-2/ },
    bad: [
      { value: "Not_a_chain", refused: true, tells: /chainId/ },
      { value: "a".repeat(64), tells: /chainId (is 64 characters long|was changed)/ },
    ],
  },
  {
    path: "spec.image",
    base: full(),
    from: "sei:v1",
    to: "sei:v2",
    edit: "like new",
    bad: [
      { value: "sei:bad", tells: /cannot pull image sei:bad/ },
      { value: "", refused: true, tells: /image/ },
    ],
  },
  {
    path: "spec.peers",
    covers: ["spec.peers[].static.addresses"],
    base: full(),
    from: staticPeers,
    to: [{ static: { addresses: [`${ID}@other.example.org:26656`] } }],
    edit: "like new",
    bad: [{ value: [{ static: { addresses: [] } }], refused: true, tells: /addresses/ }],
  },
  {
    path: "spec.peers[0].ec2Tags.region",
    base: full({}, { peers: [{ ec2Tags: { region: "eu-central-1", tags: { chain: "a" } } }] }),
    from: "eu-central-1",
    to: "us-east-2",
    edit: "like new",
    bad: [{ value: "", refused: true, tells: /region/ }],
  },
  {
    path: "spec.peers[0].ec2Tags.tags",
    base: full({}, { peers: [{ ec2Tags: { region: "eu-central-1", tags: { chain: "a" } } }] }),
    from: { chain: "a" },
    to: { chain: "b", role: "seed" },
    edit: "like new",
    bad: [{ value: {}, refused: true, tells: /tags/ }],
  },
  {
    path: "spec.peers[0].label.selector",
    base: full({}, { peers: [{ label: { selector: { "states/peer": "one" } } }] }),
    from: { "states/peer": "one" },
    to: { "states/peer": "two" },
    edit: "like new",
    bad: [{ value: {}, refused: true, tells: /selector/ }],
  },
  {
    path: "spec.peers[0].label.namespace",
    base: full({}, { peers: [{ label: { selector: { "states/peer": "one" } } }] }),
    from: ABSENT,
    to: "nowhere",
    edit: "like new",
  },
  {
    path: "spec.overrides",
    base: full(),
    from: { "evm.http_port": "8545" },
    to: { "evm.http_port": "8546", "mempool.size": "10" },
    edit: "like new",
    bad: [{ value: { "evm.http_prot": "8545" }, retried: true, bornOnly: true, tells: /evm\.http_prot/ }],
  },
  {
    path: "spec.sidecar.image",
    base: full({}, { sidecar: {} }),
    from: ABSENT,
    to: "seictl:other",
    edit: "like new",
    bad: [{ value: "seictl:bad", tells: /cannot pull image seictl:bad/ }],
  },
  {
    path: "spec.sidecar.port",
    base: full({}, { sidecar: {} }),
    from: ABSENT,
    to: 7788,
    edit: "like new",
    bad: [{ value: 70_000, tells: /a port is a number from 1 to 65535/ }],
  },
  {
    path: "spec.sidecar.resources.limits",
    base: full({}, { sidecar: { resources: { requests: { cpu: "100m" } } } }),
    from: { cpu: "500m" },
    to: { cpu: 1, memory: "1Gi" },
    edit: "like new",
    bad: [{ value: { cpu: "a lot" }, refused: true, tells: /limits/ }],
  },
  {
    path: "spec.sidecar.resources.requests",
    base: full({}, { sidecar: { resources: { limits: { cpu: "1" } } } }),
    from: ABSENT,
    to: { cpu: "200m" },
    edit: "like new",
    bad: [{ value: { cpu: "2" }, tells: /must be less than or equal to cpu limit/ }],
  },
  {
    path: "spec.sidecar.resources.claims",
    covers: ["spec.sidecar.resources.claims[].name", "spec.sidecar.resources.claims[].request"],
    base: full({}, { sidecar: { resources: {} } }),
    from: ABSENT,
    to: [{ name: "gpu", request: "one" }],
    // The pod is the operator's and has no resourceClaims that a container could name.
    edit: { held: /must be one of the names in pod\.spec\.resourceClaims/ },
  },
  {
    path: "spec.podLabels",
    base: full(),
    from: { team: "a" },
    to: { team: "b", tier: "gold" },
    edit: "like new",
    bad: [{ value: { "not a label!": "x" }, tells: /not a label!/ }],
  },
  {
    path: "spec.dataVolume.import.pvcName",
    base: (name) => ({ fullNode: {}, dataVolume: { import: { pvcName: `${name}-imported` } } }),
    from: undefined,
    to: "another-claim",
    edit: { refused: /pvcName is immutable/ },
  },
  ...snapshotCases("fullNode", (snapshot) => full({ snapshot }, { peers: staticPeers })),
  {
    path: "spec.fullNode.snapshot",
    covers: ["spec.fullNode.snapshot.stateSync"],
    base: full({}, { peers: staticPeers }),
    from: s3(1000),
    to: { stateSync: {} },
    edit: "like new",
    bad: [{ value: { ...s3(1000), stateSync: {} }, refused: true, tells: /exactly one of/ }],
  },
  ...generationCases("fullNode"),
  ...generationCases("archive"),
  ...snapshotCases("replayer", replayer),
  {
    path: "spec.replayer.snapshot",
    covers: ["spec.replayer.snapshot.stateSync"],
    base: replayer(),
    from: s3(1000),
    to: s3(3000),
    edit: "like new",
    bad: [{ value: { stateSync: {} }, tells: /snapshot\.s3 is required/ }],
  },
  {
    path: "spec.replayer.resultExport",
    covers: ["spec.replayer.resultExport.shadowResult.canonicalRpc"],
    base: replayer(),
    from: ABSENT,
    to: { shadowResult: { canonicalRpc: "http://canonical-rpc.sei.svc:26657" } },
    edit: "like new",
    bad: [{ value: {}, tells: /resultExport is set but has no sub-struct/ }],
  },
  ...snapshotCases("validator", (snapshot) => () => ({
    peers: staticPeers,
    validator: { snapshot: snapshot as never },
  })),
  {
    path: "spec.validator.snapshot",
    covers: ["spec.validator.snapshot.stateSync"],
    base: () => ({ peers: staticPeers, validator: {} }),
    from: { stateSync: {} },
    to: ABSENT,
    edit: "like new",
  },
  {
    path: `${VALIDATOR}.genesisCeremony.chainId`,
    base: ceremony,
    from: CEREMONY_CHAIN,
    to: "ceremony-2",
    edit: "like new",
  },
  {
    path: `${VALIDATOR}.genesisCeremony.stakingAmount`,
    base: ceremony,
    from: "1usei",
    to: "3usei",
    edit: "like new",
  },
  {
    path: `${VALIDATOR}.genesisCeremony.accountBalance`,
    base: ceremony,
    from: "2usei",
    to: "4usei",
    edit: "like new",
  },
  {
    path: `${VALIDATOR}.genesisCeremony.index`,
    base: ceremony,
    from: 0,
    to: 1,
    edit: "like new",
    bad: [{ value: -1, refused: true, tells: /index/ }],
  },
  immutable(`${VALIDATOR}.signingKey.secret.secretName`, "secretName"),
  immutable(`${VALIDATOR}.nodeKey.secret.secretName`, "secretName"),
  immutable(`${KEYRING}.secretName`, "secretName"),
  immutable(`${KEYRING}.passphraseSecretRef.secretName`, "secretName"),
  { path: `${KEYRING}.keyName`, base: keyed, from: "node_admin", to: "other_admin", edit: "like new" },
  {
    path: `${KEYRING}.passphraseSecretRef.key`,
    base: keyed,
    from: "word",
    to: "other-word",
    edit: "like new",
  },
  {
    path: "spec.externalAddress",
    base: full(),
    from: ABSENT,
    to: "node.example.org:26656",
    edit: "like new",
  },
  {
    path: "spec.paused",
    base: full(),
    from: ABSENT,
    to: true,
    edit: { held: /spec\.paused is true; the pod is scaled to 0/ },
  },
  {
    // The modes themselves, by what is at the edge of two.
    path: "spec.archive",
    base: () => ({}),
    from: {},
    to: ABSENT,
    edit: { refused: /exactly one of fullNode, archive, replayer, validator/ },
  },
];

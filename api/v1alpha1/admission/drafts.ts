/** Small valid manifests to start from. A case changes the one thing it is about. */

export type Json = { [key: string]: unknown };

/** A manifest without a name: the server or the test gives it one. */
export interface Draft {
  readonly kind: "SeiNode" | "SeiNodeDeployment" | "SeiNodeTask";
  readonly spec?: Json;
}

export const seiNode = (spec: Json): Draft => ({
  kind: "SeiNode",
  spec: { chainId: "pacific-1", image: "seid:v1", ...spec },
});

export const peer = { static: { addresses: ["id@host:26656"] } };
export const fullNode = (extra: Json = {}) => seiNode({ fullNode: {}, ...extra });
export const archive = () => seiNode({ archive: {} });
export const replayer = (extra: Json = {}) =>
  seiNode({ peers: [peer], replayer: { snapshot: { s3: { targetHeight: 1 } } }, ...extra });
export const validator = (spec: Json = {}) => seiNode({ validator: spec });

export const secret = (secretName: string) => ({ secret: { secretName } });
export const keyring = (secretName: string, passphrase: string) => ({
  secret: { secretName, passphraseSecretRef: { secretName: passphrase, key: "passphrase" } },
});
/** A validator with its own keys. Names given here replace the four distinct ones. */
export const keyedValidator = (
  names: { signing?: string; node?: string; keyring?: string; passphrase?: string } = {},
) =>
  validator({
    signingKey: secret(names.signing ?? "signing"),
    nodeKey: secret(names.node ?? "node"),
    operatorKeyring: keyring(names.keyring ?? "keyring", names.passphrase ?? "passphrase"),
  });

export const deployment = (spec: Json = {}, node: Draft = fullNode()): Draft => ({
  kind: "SeiNodeDeployment",
  spec: { replicas: 1, updateStrategy: { type: "InPlace" }, template: { spec: node.spec }, ...spec },
});

export const genesis = (extra: Json = {}) =>
  deployment({ genesis: { chainId: "devnet-7", ...extra } }, validator());

/** Each task kind with its payload. */
export const payloads: Readonly<Record<string, Json>> = {
  GovSoftwareUpgrade: {
    govSoftwareUpgrade: {
      chainId: "devnet-7",
      title: "t",
      description: "d",
      upgradeName: "v7",
      upgradeHeight: 1,
      initialDeposit: "1usei",
      fees: "1usei",
      gas: 1,
    },
  },
  GovVote: { govVote: { chainId: "devnet-7", proposalId: 1, option: "yes", fees: "1usei", gas: 1 } },
  AwaitCondition: { awaitCondition: { height: { targetHeight: 1 } } },
  UpdateNodeImage: { updateNodeImage: { image: "seid:v2" } },
  AwaitNodesAtHeight: { awaitNodesAtHeight: { targetHeight: 1 } },
  DiscoverPeers: { discoverPeers: {} },
  RestartSeid: { restartSeid: {} },
  MarkReady: { markReady: {} },
};

/** A task of that kind; its payload may be replaced by any others. */
export const task = (kind: string, payload: Json = payloads[kind] ?? {}): Draft => ({
  kind: "SeiNodeTask",
  spec: { kind, target: { nodeRef: { name: "node-0" } }, ...payload },
});

export const long = (length: number): string => "a".repeat(length);

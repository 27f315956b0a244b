/** The operator's platform settings: what the SEI_* environment says, validated once (spec/seinode.md 7.10). */

/** `undefined` where the setting is `none` or empty: then nothing is rendered for it (design D28). */
type OrNone = string | undefined;

export interface ModeSettings {
  readonly nodepool: OrNone;
  readonly storageClass: OrNone;
  /** Quantity. */
  readonly storageSize: string;
  /** Quantity, request of the seid container. */
  readonly cpu: string;
  /** Quantity, request of the seid container. */
  readonly memory: string;
}

export interface Bucket {
  readonly name: string;
  readonly region: string;
}

export interface Settings {
  /** Archive nodes. */
  readonly archive: ModeSettings;
  /** Full nodes, validators and replayers. */
  readonly standard: ModeSettings;
  readonly tolerationKey: OrNone;
  readonly serviceAccount: OrNone;
  readonly snapshotBucket: Bucket;
  readonly genesisBucket: Bucket;
  readonly sidecarImage: string;
  readonly kubeRbacProxyImage: string;
  readonly cosmosExporterImage: string;
  readonly gateway: {
    readonly name: string;
    readonly namespace: string;
    readonly domain: string;
    readonly publicDomain: OrNone;
  };
  readonly p2pEndpointDomain: OrNone;
  readonly nlbTargetType: "ip" | "instance";
}

/**
 * Checks of a SeiNode's spec that the CRD cannot make or may have missed (objects older than its rules). Pure; run before
 * anything is planned. Each message starts with the mode, names field and value, and says what to do.
 */
import type { SeiNode } from "#api";
import type { DeepReadonly } from "#kube";
import { modes } from "./render/index.ts";

type Spec = DeepReadonly<SeiNode["spec"]>;
type Validator = NonNullable<Spec["validator"]>;
type Snapshot = NonNullable<Validator["snapshot"]>;

/** The problems of the spec, always in the same order; empty when there is none. */
export function validateSpec(spec: Spec | undefined): string[] {
  if (spec === undefined) return ["spec: is missing: set chainId, image and exactly one mode"];
  const found = modes.filter((mode) => spec[mode] !== undefined);
  if (found.length !== 1) {
    const state = found.length === 0 ? "none is set" : `${found.join(" and ")} are set`;
    return [`spec: exactly one mode is needed and ${state}: keep one of ${modes.join(", ")}`];
  }
  if (spec.fullNode !== undefined) return prefixed("fullNode", validateFullNode(spec.fullNode));
  if (spec.archive !== undefined) {
    return prefixed("archive", validateSnapshotGeneration(spec.archive.snapshotGeneration));
  }
  if (spec.replayer !== undefined) return prefixed("replayer", validateReplayer(spec.replayer, spec.peers));
  if (spec.validator !== undefined) return prefixed("validator", validateValidator(spec.validator));
  return [];
}

function prefixed(mode: string, problems: readonly string[]): string[] {
  return problems.map((problem) => `${mode}: ${problem}`);
}

function validateFullNode(fullNode: NonNullable<Spec["fullNode"]>): string[] {
  return [
    ...validateBootstrap(fullNode.snapshot),
    ...validateSnapshotGeneration(fullNode.snapshotGeneration),
  ];
}

/** The bootstrap Job runs seid up to a height, which only the s3 source names. */
function validateBootstrap(snapshot: Snapshot | undefined): string[] {
  const image = snapshot?.bootstrapImage;
  if (!image || isHeight(snapshot?.s3?.targetHeight)) return [];
  return [
    `snapshot.bootstrapImage is set (${quoted(image)}) without snapshot.s3.targetHeight > 0: ` +
      "set the height the bootstrap stops at, or remove bootstrapImage",
  ];
}

function validateSnapshotGeneration(
  generation: NonNullable<Spec["archive"]>["snapshotGeneration"] | undefined,
): string[] {
  if (generation === undefined) return [];
  if (generation.tendermint === undefined) {
    return [
      "snapshotGeneration is set but has no sub-struct: set snapshotGeneration.tendermint, or remove it",
    ];
  }
  const { keepRecent, publish } = generation.tendermint;
  // With one, the snapshot being uploaded would be pruned as soon as the next one is made.
  if (publish === undefined || keepRecent >= 2) return [];
  return [
    `snapshotGeneration.tendermint.keepRecent must be >= 2 when publish is set, and is ${keepRecent}: ` +
      "raise it, or remove publish",
  ];
}

function validateReplayer(replayer: NonNullable<Spec["replayer"]>, peers: Spec["peers"]): string[] {
  const problems: string[] = [];
  const snapshot: DeepReadonly<Snapshot> | undefined = replayer.snapshot;
  if (snapshot?.s3 === undefined) {
    const source = snapshot?.stateSync === undefined ? "is not set" : "is not set (snapshot.stateSync is)";
    problems.push(
      `snapshot.s3 is required and ${source}: a replayer starts from an archived height, set snapshot.s3.targetHeight`,
    );
  } else if (!isHeight(snapshot.s3.targetHeight)) {
    problems.push(
      `snapshot.s3.targetHeight must be > 0 and is ${snapshot.s3.targetHeight}: set the height to replay from`,
    );
  }
  if (peers === undefined || peers.length === 0) {
    problems.push(
      "at least one peer is required and spec.peers is empty: add a source of peers to fetch blocks from",
    );
  }
  if (replayer.resultExport !== undefined && replayer.resultExport.shadowResult === undefined) {
    problems.push("resultExport is set but has no sub-struct: set resultExport.shadowResult, or remove it");
  }
  return problems;
}

function validateValidator(validator: Validator): string[] {
  const keys = [...validateKeys(validator), ...validateKeyring(validator)];
  // A ceremony makes the chain it joins: there is no snapshot of it, and its plan looks at none.
  if (validator.genesisCeremony !== undefined) {
    return [...keys, ...validateCeremony(validator.genesisCeremony)];
  }
  return [...keys, ...validateBootstrap(validator.snapshot)];
}

function validateKeys({ signingKey, nodeKey, genesisCeremony }: Validator): string[] {
  const problems: string[] = [];
  const signing = signingKey?.secret?.secretName;
  const node = nodeKey?.secret?.secretName;
  if (signingKey !== undefined && genesisCeremony !== undefined) {
    problems.push(
      "signingKey is mutually exclusive with genesisCeremony, and both are set: " +
        "the ceremony generates the key, remove one of the two",
    );
  }
  if (signingKey !== undefined && !signing) {
    problems.push(
      "signingKey.secret.secretName is required and is empty: name the Secret with the consensus key",
    );
  }
  if (signingKey !== undefined && nodeKey === undefined) {
    problems.push(
      `nodeKey is required when signingKey is set (${quoted(signing)}): name the Secret with the P2P identity`,
    );
  }
  if (nodeKey !== undefined && !node) {
    problems.push(
      "nodeKey.secret.secretName is required and is empty: name the Secret with the P2P identity",
    );
  }
  if (signing && signing === node) {
    problems.push(
      `signingKey and nodeKey must reference distinct Secrets, and both name ${quoted(signing)}: move one key to its own`,
    );
  }
  if (nodeKey !== undefined && signingKey === undefined) {
    problems.push(
      `nodeKey requires signingKey to be set, and only nodeKey (${quoted(node)}) is: add signingKey, or remove nodeKey`,
    );
  }
  return problems;
}

/** Whoever may read one of these Secrets must not get another key with it. */
function validateKeyring({ signingKey, nodeKey, operatorKeyring }: Validator): string[] {
  const keyring = operatorKeyring?.secret?.secretName;
  const passphrase = operatorKeyring?.secret?.passphraseSecretRef?.secretName;
  const signing = signingKey?.secret?.secretName;
  const node = nodeKey?.secret?.secretName;
  const remedy = "move one of them to a Secret of its own";
  const collisions: [string | undefined, string | undefined, string][] = [
    [keyring, passphrase, "operatorKeyring Secret %s must differ from its passphrase Secret"],
    [keyring, signing, "operatorKeyring Secret %s must differ from signingKey Secret"],
    [keyring, node, "operatorKeyring Secret %s must differ from nodeKey Secret"],
    [passphrase, signing, "operatorKeyring passphrase Secret %s must differ from signingKey Secret"],
    [passphrase, node, "operatorKeyring passphrase Secret %s must differ from nodeKey Secret"],
  ];
  return collisions.flatMap(([one, other, text]) =>
    one && one === other ? [`${text.replace("%s", () => quoted(one))}: ${remedy}`] : [],
  );
}

function validateCeremony(ceremony: NonNullable<Validator["genesisCeremony"]>): string[] {
  return (["chainId", "stakingAmount"] as const)
    .filter((field) => !ceremony[field])
    .map(
      (field) =>
        `genesisCeremony.${field} is required and is empty: set genesis.${field} of the SeiNodeDeployment`,
    );
}

function isHeight(height: number | undefined): boolean {
  return height !== undefined && height > 0;
}

function quoted(value: string | undefined): string {
  return JSON.stringify(value ?? "");
}

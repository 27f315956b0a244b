import { type Draft, deployment, fullNode, keyedValidator } from "./drafts.ts";

export interface ImmutableCase {
  readonly path: string;
  readonly from: Draft;
  readonly changed: Draft;
  /** Without the optional parent. Leaves, so the rule on the leaf is not evaluated. */
  readonly dropped?: Draft;
}

const imported = (pvcName: string) => fullNode({ dataVolume: { import: { pvcName } } });

/** The leaves with `self == oldSelf`. */
export const immutableCases: readonly ImmutableCase[] = [
  {
    path: "spec.dataVolume.import.pvcName",
    from: imported("a"),
    changed: imported("b"),
    dropped: fullNode(),
  },
  {
    path: "spec.validator.signingKey.secret.secretName",
    from: keyedValidator(),
    changed: keyedValidator({ signing: "other" }),
  },
  {
    path: "spec.validator.nodeKey.secret.secretName",
    from: keyedValidator(),
    changed: keyedValidator({ node: "other" }),
  },
  {
    path: "spec.validator.operatorKeyring.secret.secretName",
    from: keyedValidator(),
    changed: keyedValidator({ keyring: "other" }),
  },
  {
    path: "spec.validator.operatorKeyring.secret.passphraseSecretRef.secretName",
    from: keyedValidator(),
    changed: keyedValidator({ passphrase: "other" }),
  },
  {
    path: "spec.template.spec.dataVolume.import.pvcName",
    from: deployment({}, imported("a")),
    changed: deployment({}, imported("b")),
    dropped: deployment(),
  },
];

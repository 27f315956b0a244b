/**
 * What the pod was made from, field by field of spec (design D23). Whether a pod is up to date is told by its revision;
 * which edit it lacks is not, and how its containers run is not in the cache. So the fields are recorded, as hashes, while
 * the pod has the newest revision: they are what that revision stands for. Pure.
 */
import { Labels, type SeiNode, type SeiNodeStatus } from "#api";
import type { DeepReadonly, Pod, StatefulSet } from "#kube";
import { revisionOf } from "./pod-state.ts";
import {
  claimName,
  nodeKeySecret,
  operatorKeyring,
  resourceLabels,
  sidecarPort,
  sidecarResources,
  signingKeySecret,
} from "./render/index.ts";
import { shortHash } from "./short-hash.ts";

const VOLUME = "dataVolume.import";

/**
 * Hash per field of spec that is rendered into the pod and takes effect with the next one. Not among them: images, which
 * start an update; chain and mode, which cannot be edited (D27); the label `sei.io/revision`, which a group moves with each
 * of its generations.
 */
export function podFieldHashes(node: DeepReadonly<SeiNode>): Record<string, string> {
  const { [Labels.revision]: _, ...labels } = resourceLabels(node);
  const keyring = operatorKeyring(node);
  const fields: Readonly<Record<string, unknown>> = {
    podLabels: labels,
    "sidecar.resources": sidecarResources(node),
    "sidecar.port": sidecarPort(node),
    "validator.signingKey": signingKeySecret(node),
    "validator.nodeKey": nodeKeySecret(node),
    // The key's name is not in the pod.
    "validator.operatorKeyring": keyring && [
      keyring.secretName,
      keyring.passphraseSecretName,
      keyring.passphraseSecretKey,
    ],
    [VOLUME]: claimName(node),
  };
  return Object.fromEntries(Object.entries(fields).map(([field, value]) => [field, shortHash(value)]));
}

/** Records in `status` what the pod was made from, as far as that is known. No pod changes nothing. */
export function recordPod(
  status: SeiNodeStatus,
  node: DeepReadonly<SeiNode>,
  pod: DeepReadonly<Pod> | undefined,
  statefulSet: DeepReadonly<StatefulSet>,
): void {
  const newest = statefulSet.status?.updateRevision;
  const observed = (statefulSet.status?.observedGeneration ?? 0) >= (statefulSet.metadata.generation ?? 0);
  if (pod === undefined || !observed || !newest) return;
  const revision = revisionOf(pod);
  const known = status.applied?.pod;
  if (revision === newest) {
    const fields = podFieldHashes(node);
    // On another volume is another configuration.
    if (known !== undefined && known.fields[VOLUME] !== fields[VOLUME]) delete status.applied?.config;
    status.applied = { ...status.applied, pod: { revision: newest, fields } };
  } else if (known !== undefined && known.revision !== revision) {
    // Neither the newest nor the one that was recorded: what it was made from, nobody knows.
    delete status.applied?.pod;
  }
}

/**
 * Accepts or refuses a volume the user brings (spec/seinode.md 5.1, import branch). Never changes the claim. Everything
 * is read live: these objects carry none of our labels, so they are not in the cache.
 */
import { type SeiNode, SeiNodeReasons } from "#api";
import {
  type Client,
  type DeepReadonly,
  type PersistentVolume,
  type PersistentVolumeClaim,
  parseQuantity,
  persistentVolumeClaims,
  persistentVolumes,
  unlessNotFound,
} from "#kube";
import type { Settings } from "../../settings.ts";
import { modeSettings } from "../render/index.ts";

export interface ImportVerdict {
  readonly reason: string;
  readonly message: string;
}

const ACCEPTED_MODES = ["ReadWriteOnce", "ReadWriteOncePod"];

export async function checkImportedVolume(
  client: Client,
  node: DeepReadonly<SeiNode>,
  settings: Settings,
  name: string,
  signal: AbortSignal,
): Promise<ImportVerdict> {
  const namespace = node.metadata.namespace ?? "";
  const claim = await unlessNotFound(client.live.get(persistentVolumeClaims, { namespace, name }, signal));
  const required = modeSettings(node, settings).storageSize;
  const early = judgeClaim(claim, name, required);
  if (early !== undefined || claim === undefined)
    return early ?? notReady(`PersistentVolumeClaim ${name} does not exist`);
  const volumeName = claim.spec?.volumeName ?? "";
  if (volumeName === "") return notReady(`PersistentVolumeClaim ${name} names no volume yet`);
  const volume = await unlessNotFound(client.live.get(persistentVolumes, { name: volumeName }, signal));
  return judgeVolume(claim, volume, volumeName);
}

function judgeClaim(
  claim: DeepReadonly<PersistentVolumeClaim> | undefined,
  name: string,
  required: string,
): ImportVerdict | undefined {
  if (claim === undefined)
    return notReady(
      `PersistentVolumeClaim ${name} does not exist; create it or correct spec.dataVolume.import.pvcName`,
    );
  if (claim.metadata.deletionTimestamp !== undefined)
    return notReady(`PersistentVolumeClaim ${name} is being deleted`);
  const phase = claim.status?.phase ?? "";
  if (phase === "Lost") return invalid(`PersistentVolumeClaim ${name} has lost its volume (phase Lost)`);
  if (phase !== "Bound")
    return notReady(`PersistentVolumeClaim ${name} is not bound (phase ${phase || "unset"})`);
  if (!(claim.spec?.accessModes ?? []).some((mode) => ACCEPTED_MODES.includes(mode))) {
    return invalid(`PersistentVolumeClaim ${name} must have access mode ReadWriteOnce or ReadWriteOncePod`);
  }
  const capacity = claim.status?.capacity?.storage;
  if (capacity === undefined) return notReady(`PersistentVolumeClaim ${name} reports no capacity yet`);
  if (amount(capacity) < amount(required)) {
    return invalid(`PersistentVolumeClaim ${name} has ${capacity}, less than required ${required}`);
  }
  return undefined;
}

function judgeVolume(
  claim: DeepReadonly<PersistentVolumeClaim>,
  volume: DeepReadonly<PersistentVolume> | undefined,
  volumeName: string,
): ImportVerdict {
  if (volume === undefined) return notReady(`PersistentVolume ${volumeName} does not exist`);
  if (volume.status?.phase === "Failed") return invalid(`PersistentVolume ${volumeName} is in phase Failed`);
  const [offered, claimed] = [volume.spec?.capacity?.storage, claim.status?.capacity?.storage];
  if (offered === undefined || claimed === undefined || amount(offered) !== amount(claimed)) {
    return invalid(
      `capacity ${offered ?? "unset"} of PersistentVolume ${volumeName} does not match ${claimed ?? "unset"} of its claim`,
    );
  }
  return {
    reason: SeiNodeReasons.pvcValidated,
    message: `PersistentVolumeClaim ${claim.metadata.name} is accepted`,
  };
}

function amount(quantity: string | number): bigint {
  return parseQuantity(String(quantity)) ?? 0n;
}

function notReady(message: string): ImportVerdict {
  return { reason: SeiNodeReasons.pvcNotReady, message };
}

function invalid(message: string): ImportVerdict {
  return { reason: SeiNodeReasons.pvcInvalid, message };
}

/** The node's volume: created once, never resized, never taken from somebody else (spec/seinode.md 5.1, design D25). */
import type { SeiNode } from "#api";
import {
  type Client,
  controllerOf,
  type DeepReadonly,
  isAlreadyExists,
  isControlledBy,
  keyOf,
  type PersistentVolumeClaim,
  persistentVolumeClaims,
  unlessNotFound,
} from "#kube";
import type { TaskOutcome } from "#plan";
import type { Settings } from "../../settings.ts";
import { renderDataVolumeClaim } from "../render/index.ts";

export async function ensureDataVolumeClaim(
  client: Client,
  node: DeepReadonly<SeiNode>,
  settings: Settings,
  signal: AbortSignal,
): Promise<TaskOutcome> {
  const manifest = renderDataVolumeClaim(node, settings);
  const cached = await unlessNotFound(client.get(persistentVolumeClaims, keyOf(manifest), signal));
  if (cached !== undefined && isUsable(cached, node)) return { state: "complete" };
  if (cached === undefined) {
    try {
      await client.create(persistentVolumeClaims, manifest, signal);
      return { state: "complete" };
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
    }
  }
  // Whose it is, is never decided on a cached object.
  const live = await unlessNotFound(client.live.get(persistentVolumeClaims, keyOf(manifest), signal));
  if (live === undefined)
    throw new Error(`PersistentVolumeClaim ${manifest.metadata.name} was changed concurrently`);
  return verdict(live, node);
}

function isUsable(claim: DeepReadonly<PersistentVolumeClaim>, node: DeepReadonly<SeiNode>): boolean {
  return isControlledBy(claim, node.metadata.uid) && claim.metadata.deletionTimestamp === undefined;
}

function verdict(claim: DeepReadonly<PersistentVolumeClaim>, node: DeepReadonly<SeiNode>): TaskOutcome {
  const { name } = claim.metadata;
  if (isUsable(claim, node)) return { state: "complete" };
  const owner = controllerOf(claim);
  const predecessor = owner?.kind === "SeiNode" && owner.name === node.metadata.name;
  if (claim.metadata.deletionTimestamp !== undefined || (predecessor && owner.uid !== node.metadata.uid)) {
    return {
      state: "running",
      waitingFor: `PersistentVolumeClaim ${name} of the previous SeiNode to be gone`,
    };
  }
  return {
    state: "terminal",
    error:
      `PersistentVolumeClaim ${name} already exists and is not owned by this SeiNode; ` +
      "to use it set spec.dataVolume.import.pvcName to its name, otherwise delete it",
  };
}

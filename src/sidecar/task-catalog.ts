/** Every sidecar task type this operator submits: its params, its retry budget, and how it ends. */
import { ParamsReader } from "./params-reader.ts";
import * as wire from "./wire-params.ts";

export interface SidecarTaskType {
  readonly params: wire.ParamsMapper;
  /** Retry budget in a plan (design 4.1; the rest as in spec/seinode.md 4.6). */
  readonly maxRetries: number;
  /** `result`: polled until the sidecar says completed or failed. `accept`: done when the POST is accepted. */
  readonly completesOn: "result" | "accept";
  /**
   * False for tasks that sign transactions: a second run may sign again. Once accepted they are never POSTed again on our
   * own account, neither when the sidecar forgot them nor when its shutdown interrupted them.
   */
  readonly resubmittable: boolean;
}

const polled = { maxRetries: 0, completesOn: "result", resubmittable: true } as const;

const catalog: Readonly<Record<string, SidecarTaskType>> = {
  "snapshot-restore": { ...polled, params: wire.snapshotRestore, maxRetries: 5 },
  "configure-genesis": { ...polled, params: wire.noParams, maxRetries: 180 },
  "config-apply": { ...polled, params: wire.configApply },
  "config-patch": { ...polled, params: wire.configPatch },
  "config-validate": { ...polled, params: wire.noParams },
  "configure-state-sync": { ...polled, params: wire.configureStateSync, maxRetries: 5 },
  "discover-peers": { ...polled, params: wire.discoverPeers, maxRetries: 20 },
  "mark-ready": { ...polled, params: wire.noParams },
  // It loops inside its handler and stays running for as long as the sidecar lives: there is no result to wait for.
  "snapshot-upload": { ...polled, params: wire.noParams, completesOn: "accept" },
  "generate-identity": { ...polled, params: wire.generateIdentity },
  "generate-gentx": { ...polled, params: wire.generateGentx },
  "upload-genesis-artifacts": { ...polled, params: wire.uploadGenesisArtifacts, maxRetries: 5 },
  // It races the upload of peers.json by the assembling node.
  "set-genesis-peers": { ...polled, params: wire.noParams, maxRetries: 20 },
  "assemble-and-upload-genesis": { ...polled, params: wire.assembleAndUploadGenesis, maxRetries: 180 },
  "await-condition": { ...polled, params: wire.awaitCondition },
  "restart-seid": { ...polled, params: wire.noParams },
  "gov-vote": { ...polled, params: wire.govVote, resubmittable: false },
  "gov-software-upgrade": { ...polled, params: wire.govSoftwareUpgrade, resubmittable: false },
};

/** `undefined` for a type that is not a sidecar task of this build. */
export function sidecarTaskType(type: string): SidecarTaskType | undefined {
  return Object.hasOwn(catalog, type) ? catalog[type] : undefined;
}

export const sidecarTaskTypes: readonly string[] = Object.keys(catalog);

/** Retry budget of a sidecar task in a plan; 0 for a type that is not one. */
export function maxRetriesOf(type: string): number {
  return sidecarTaskType(type)?.maxRetries ?? 0;
}

/**
 * The params to send for the params a plan stores (keys in any letter case); `undefined` when the request carries none.
 * Throws InvalidParamsError when the sidecar would never accept them.
 */
export function wireParams(type: string, stored: unknown): Readonly<Record<string, unknown>> | undefined {
  const known = sidecarTaskType(type);
  if (known === undefined) throw new Error(`wireParams: ${type} is not a sidecar task`);
  return known.params(new ParamsReader(type, stored));
}
